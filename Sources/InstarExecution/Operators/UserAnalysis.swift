import InstarCalendar
import InstarColumns
import InstarPlan

/// An analysis of users: fed batch by batch on every worker, then summed up once.
protocol UserAnalysis: Sendable {
  /// What one chunk of users adds up.
  associatedtype State

  func makeState() -> State

  /// Adds one batch.
  /// - Parameter users: one byte for each user of the batch, 1 for those that are meant; empty means all.
  func update(_ state: inout State, _ evaluator: BatchEvaluator, users: [UInt8])

  /// The table of all chunks, which come in the order of users.
  func finish(_ states: [State], _ context: EvaluationContext) throws -> AnalysisResult
}

/// What an analysis gives.
struct AnalysisResult {
  /// With ``Table/users`` where its rows speak of users; the column `user` is put in front of it.
  var table: Table
  /// Periods or cells that later events can still change.
  var incomplete = 0
  /// What the receipt should say.
  var notes: [String] = []

  /// Adds the columns of WITH baseline.
  ///
  /// - Parameters:
  ///   - breakdowns: how many columns of the table, from the first, are those of BY.
  ///   - others: the columns that tell rows of one group apart.
  mutating func compare(_ lift: LiftPlan, breakdowns: Int, others: [String], rows: [LiftColumns.Row]) {
    let (columns, notes) = LiftColumns(plan: lift).compare(
      breakdowns: Array(table.columns.prefix(breakdowns)),
      others: table.columns.dropFirst(breakdowns).filter { others.contains($0.name) }, rows: rows)
    table.columns += columns
    self.notes += notes
  }
}

extension PeriodTable {
  /// How many periods the moment or the range of DURING cuts.
  func cutPeriods(during: Range<Int64>?, moment: Int64) -> Int {
    (0..<count).count { index in
      let period = period(index)
      if period.upperBound > moment { return true }
      return during.map { period.lowerBound < $0.lowerBound || period.upperBound > $0.upperBound } ?? false
    }
  }
}

extension Column {
  /// A column of values that may be missing.
  init(_ name: String, type: ValueType, unit: String? = nil, integers: [Int64?]) {
    self.init(
      name, type: type, unit: unit, values: .integers(integers.map { $0 ?? 0 }),
      present: Column.presence(integers.map { $0 != nil }))
  }

  init(_ name: String, unit: String? = nil, reals: [Double?]) {
    self.init(
      name, type: .real, unit: unit, values: .reals(reals.map { $0 ?? 0 }),
      present: Column.presence(reals.map { $0 != nil }))
  }

  init(_ name: String, texts: [String?]) {
    self.init(
      name, type: .text, values: .texts(texts.map { $0 ?? "" }), present: Column.presence(texts.map { $0 != nil }))
  }

  private static func presence(_ known: [Bool]) -> [UInt8] { known.contains(false) ? known.map { $0 ? 1 : 0 } : [] }
}
