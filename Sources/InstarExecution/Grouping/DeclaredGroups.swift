import InstarCalendar
import InstarColumns
import InstarPlan

/// The groups of AGGREGATE .. BY .. WITH epsilon, known without looking at the data: each is a row, whoever is in it.
struct DeclaredGroups {
  private enum Kind {
    case periods(PeriodTable)
    /// A condition, as a node of the program.
    case flags(Int)
    case texts(Int, [String])
  }

  private let kind: Kind
  private let name: String

  /// Noise for more rows than this would drown in the time that it takes.
  private static let mostPeriods = 1_000

  init(_ groups: NoisePlan.Groups, _ bucket: Bucket, _ builder: inout ProgramBuilder, calendar: Calendar) throws {
    name = bucket.name
    switch (groups, bucket.key) {
    case (.periods(let range), .period(let unit)): kind = .periods(try Self.periods(range, unit, 1, calendar))
    case (.periods(let range), .every(let count, let unit)):
      kind = .periods(try Self.periods(range, unit, count, calendar))
    case (.flags, .expression(let condition)): kind = .flags(builder.add(condition))
    case (.texts(let texts), .expression(let value)): kind = .texts(builder.add(value), texts)
    default: preconditionFailure("the resolver checked it")
    }
  }

  private static func periods(_ range: TimeRange, _ unit: PeriodUnit, _ every: Int, _ calendar: Calendar) throws
    -> PeriodTable
  {
    let table = try PeriodTable(unit, every: every, over: range.from..<max(range.from, range.to), in: calendar)
    guard table.count <= mostPeriods else {
      throw ExecutionError(
        "E0807", "WITH epsilon tells at most \(mostPeriods) periods, and these are \(table.count)",
        help: "choose a longer unit or a shorter range")
    }
    return table
  }

  var count: Int {
    switch kind {
    case .periods(let table): table.count
    case .flags: 2
    case .texts(_, let texts): texts.count
    }
  }

  /// The column of the groups.
  var column: Column {
    switch kind {
    case .periods(let table):
      Column(name, type: .time, values: .integers((0..<table.count).map { table.period($0).lowerBound }))
    case .flags: Column(name, type: .boolean, values: .booleans([0, 1]))
    case .texts(_, let texts): Column(name, type: .text, values: .texts(texts))
    }
  }

  /// The group of each of `count` rows, negative for none.
  ///
  /// - Parameter values: the values of a node in these rows.
  func numbers(_ count: Int, times: [Int64], _ values: (_ node: Int) -> Vector) -> [Int] {
    switch kind {
    case .periods(let table): times.map { table.range.contains($0) ? table.index(of: $0) : -1 }
    case .flags(let node): values(node).flags(count).map { Int($0) }
    case .texts(let node, let texts): Self.numbers(count, values(node).expanded(count), texts)
    }
  }

  private static func numbers(_ count: Int, _ vector: Vector, _ texts: [String]) -> [Int] {
    var numbers = [Int](repeating: -1, count: count)
    switch vector.values {
    case .codes(let rows, let dictionary):
      let codes = texts.map { dictionary.code(of: $0) }
      for row in 0..<count where vector.isPresent(row) { numbers[row] = codes.firstIndex(of: rows[row]) ?? -1 }
    case .texts(let rows):
      for row in 0..<count where vector.isPresent(row) { numbers[row] = texts.firstIndex(of: rows[row]) ?? -1 }
    default: preconditionFailure("the resolver checked that these are texts")
    }
    return numbers
  }
}
