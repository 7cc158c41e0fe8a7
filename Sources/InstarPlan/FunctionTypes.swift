internal import InstarColumns

extension Measure.Function {
  /// The word of a call; built-in attributes alone use the others.
  var callName: String? {
    switch self {
    case .medianGap, .gapSpread, .mode: nil
    default: rawValue
    }
  }

  init?(called name: String) {
    guard let function = Measure.Function(rawValue: name), function.callName != nil else { return nil }
    self = function
  }
}

extension AggregateCall.Function {
  var needsArgument: Bool {
    switch self {
    case .count, .rows, .users: false
    default: true
    }
  }

  func resultType(of value: ValueType) -> ValueType? {
    switch self {
    case .count, .rows, .users, .distinct: .integer
    case .sum: value.isNumber || value == .duration ? value : nil
    case .avg, .median, .quantile: value == .duration ? .duration : value.isNumber ? .real : nil
    case .min, .max: value == .boolean ? nil : value
    }
  }
}

extension Function {
  var argumentCounts: ClosedRange<Int> {
    switch self {
    case .bucket, .periodStart: 2...2
    case .round: 1...2
    case .least, .greatest, .coalesce: 2...64
    default: 1...1
    }
  }

  /// What the first argument must be, for messages.
  var wanted: String {
    switch self {
    case .dayOfWeek, .hourOfDay, .dayOfMonth, .monthOfYear, .date, .periodStart: "a time"
    case .bucket, .round, .floor, .ceil, .abs, .sqrt, .exp, .ln: "a number"
    case .lower, .upper, .length: "text"
    case .least, .greatest: "numbers or times"
    case .coalesce: "values"
    }
  }

  func accepts(_ type: ValueType, at position: Int) -> Bool {
    switch self {
    case .dayOfWeek, .hourOfDay, .dayOfMonth, .monthOfYear, .date: type == .time
    case .periodStart: position == 0 ? type == .time : type == .text
    case .bucket, .round, .floor, .ceil, .abs, .sqrt, .exp, .ln: type.isNumber
    case .lower, .upper, .length: type == .text
    case .least, .greatest: type.isNumber || type == .time || type == .duration
    case .coalesce: true
    }
  }

  /// The type of the result, or `nil` where it is that of the arguments.
  var resultType: ValueType? {
    switch self {
    case .dayOfWeek, .hourOfDay, .dayOfMonth, .monthOfYear, .length: .integer
    case .date, .periodStart: .time
    case .sqrt, .exp, .ln: .real
    case .lower, .upper: .text
    case .bucket, .round, .floor, .ceil, .abs, .least, .greatest, .coalesce: nil
    }
  }

  var keepsUnit: Bool {
    switch self {
    case .bucket, .round, .floor, .ceil, .abs, .least, .greatest, .coalesce: true
    default: false
    }
  }
}
