import InstarCalendar
import InstarColumns
import InstarPlan
import InstarStorage
import Synchronization

/// What every operator of one statement shares.
struct QueryEnvironment: Sendable {
  var schema: Schema
  var settings: Settings
  var calendar: Calendar
  /// The moment of the chain, milliseconds since 1970.
  var moment: Int64
  var threads: Int
  var isCancelled: @Sendable () -> Bool
  var models: ModelCache
  /// The moment that a statement without AS OF has.
  var present: Int64
  var aging = ModelAging()
  /// Whether models fitted now may be kept in the store: it is writable, and the moment is the present.
  var keepsModels = false
  var exporter: Engine.TableExporter?
  /// The statement in canonical form, for what is written to files.
  var statement = ""
  var log = ModelLog()
  var limits = StatementLimits()
  /// The events that the statement made up.
  var absences: [Absence] = []
  /// The types of what campaigns showed, where the statement asks for it: then its rows stand among those of the log.
  var exposureTypes: [UInt32] = []
  /// What a statement WITH epsilon asks, word by word: its noise follows from it.
  var question = ""
  var missing = MissingValues()

  /// The times that events before the moment can have.
  var range: Range<Int64> {
    let first = schema.commit.eventCount > 0 ? schema.commit.firstTime : moment
    return min(first, moment)..<moment
  }

  var hasOrders: Bool { schema.eventColumns.contains(.order) }

  /// - Parameter hasOwnMoments: whether the moment is one of each user.
  func builder(hasOwnMoments: Bool = false) -> ProgramBuilder {
    ProgramBuilder(
      moment: moment, eventTypeCount: schema.eventTypes.count, hasOrders: hasOrders, absences: absences,
      exposureTypes: exposureTypes, hasOwnMoments: hasOwnMoments)
  }

  /// For what reads the log as it is: scores.
  var withoutAbsences: QueryEnvironment { reading([]) }

  /// For what reads the log with the events that its own statement made up: models.
  func reading(_ absences: [Absence]) -> QueryEnvironment {
    var copy = self
    copy.absences = absences
    copy.exposureTypes = []
    return copy
  }

  /// The range of DURING, as far as events before the moment reach.
  func range(during: TimeRange?) -> Range<Int64> {
    guard let during else { return range }
    let upper = min(during.to, moment)
    return min(during.from, upper)..<upper
  }
}

/// Counts users who have no value that a condition compares.
final class MissingValues: Sendable {
  private let users = Atomic<Int>(0)

  var count: Int { users.load(ordering: .relaxed) }
  func add(_ number: Int) { users.add(number, ordering: .relaxed) }
}

/// What a chain gave: its table, what the receipt says of it, and what is to be written once the result stands.
struct QueryOutcome {
  var table: Table
  var shape = ResultTable.Shape.table
  var population = 0
  var suppressedRows = 0
  var usersWithMissingValues = 0
  var incompletePeriods = 0
  var models: [String] = []
  var notes: [String] = []
  var effects: [Effect] = []
  var stages: [StageReport] = []

  /// What a step writes after the result stands, in one write transaction.
  enum Effect: Sendable {
    case saveDefinition(DefinitionEntry)
    case campaign(Campaign, Exposures)
    case saveTable(name: String, [UInt8])
    case snapshot(name: String, users: [UInt32], asOf: Int64)
    case modelVersion(name: String, [UInt8], promoted: Bool)
    /// What a statement WITH epsilon takes from the privacy budget, in millionths.
    case spend(epsilon: Int, question: [UInt8])
    /// An entry of the audit.
    case audit(String)

    /// Whether the effect only records what was done: a store open for reading goes without.
    var isRecord: Bool { if case .audit = self { true } else { false } }
  }
}

/// One line of EXPLAIN ANALYZE.
struct StageReport: Sendable {
  var name: String
  var rows: Int
  var milliseconds: Double
  var statistics: ScanStatistics?
  /// The names of the columns of the scan, in the order of ``ScanStatistics/columnBytes``.
  var columns: [String] = []
}
