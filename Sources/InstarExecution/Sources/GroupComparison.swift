import InstarColumns
import InstarModels
import InstarPlan

/// What differs between two tables of users with the same columns, one line for each number and each value of a text.
struct GroupComparison {
  struct Line {
    var what: String
    var value: String?
    var a: Double
    var b: Double
    var low: Double?
    var high: Double?
    var effect: Double?

    var difference: Double { a - b }
  }

  private(set) var lines: [Line] = []
  /// Lines left out because they speak of fewer users than the privacy threshold.
  private(set) var hidden = 0
  private let threshold: Int

  /// - Parameter threshold: the fewest users that a line may speak of, apart from nobody.
  init(_ left: Table, _ right: Table, columns: Range<Int>, threshold: Int) {
    self.threshold = threshold
    for place in columns {
      let (a, b) = (left.columns[place], right.columns[place])
      switch a.type {
      case .text: texts(a.name, a, left.rowCount, b, right.rowCount)
      case .boolean: flags(a.name, Vector(a).flags(a.count), Vector(b).flags(b.count))
      case .integer, .real, .duration, .time: numbers(a.name, a, b)
      }
    }
    lines = lines.enumerated().sorted { left, right in
      let (a, b) = (abs(left.element.effect ?? 0), abs(right.element.effect ?? 0))
      return a != b ? a > b : left.offset < right.offset
    }.map(\.element)
  }

  private mutating func share(_ what: String, _ value: String?, _ a: Int, of m: Int, _ b: Int, of n: Int) {
    guard m > 0, n > 0 else { return }
    if (a > 0 && a < threshold) || (b > 0 && b < threshold) {
      hidden += 1
      return
    }
    let difference = ShareDifference(a, of: m, and: b, of: n)
    lines.append(
      Line(
        what: what, value: value, a: difference.first, b: difference.second, low: difference.low,
        high: difference.high, effect: difference.effect))
  }

  private mutating func texts(_ what: String, _ a: Column, _ m: Int, _ b: Column, _ n: Int) {
    let (left, right) = (Self.counts(a), Self.counts(b))
    for value in Set(left.keys).union(right.keys).sorted() {
      share(what, value, left[value] ?? 0, of: m, right[value] ?? 0, of: n)
    }
    let known = (left.values.reduce(0, +), right.values.reduce(0, +))
    if known.0 < m || known.1 < n { share(what, nil, m - known.0, of: m, n - known.1, of: n) }
  }

  /// How often each text occurs.
  static func counts(_ column: Column) -> [String: Int] {
    var counts: [String: Int] = [:]
    switch column.values {
    case .codes(let codes, let dictionary):
      var byCode: [UInt32: Int] = [:]
      for (row, code) in codes.enumerated() where column.isPresent(row) { byCode[code, default: 0] += 1 }
      for (code, count) in byCode { counts[dictionary.text(code), default: 0] += count }
    case .texts(let texts):
      for (row, text) in texts.enumerated() where column.isPresent(row) { counts[text, default: 0] += 1 }
    default: preconditionFailure("no texts in a column of \(column.type.phrase)")
    }
    return counts
  }

  private mutating func flags(_ what: String, _ a: [UInt8], _ b: [UInt8]) {
    func count(_ flags: [UInt8]) -> Int { flags.reduce(0) { $0 + Int($1) } }
    share(what, "true", count(a), of: a.count, count(b), of: b.count)
  }

  private mutating func numbers(_ what: String, _ a: Column, _ b: Column) {
    let (left, right) = (Self.known(a), Self.known(b))
    guard !left.isEmpty, !right.isEmpty else { return }
    if left.count < threshold || right.count < threshold {
      hidden += 1
      return
    }
    let difference = MeanDifference(left, and: right)
    lines.append(
      Line(
        what: what, value: nil, a: difference.first, b: difference.second, low: difference.interval?.lowerBound,
        high: difference.interval?.upperBound, effect: difference.effect))
  }

  /// The values that are not missing.
  static func known(_ column: Column) -> [Double] {
    let values = Vector(column).reals(column.count)
    return column.present.isEmpty ? values : values.indices.filter { column.isPresent($0) }.map { values[$0] }
  }
}
