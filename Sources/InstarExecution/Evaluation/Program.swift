import InstarCalendar
import InstarColumns
import InstarPlan

/// The expressions of one statement, compiled into one graph in which equal parts are one node.
///
/// This is the shared scan: eight conditions over purchases find their rows once, and a figure that both WHERE and
/// ADD ask for is computed once a batch. Nodes refer to each other by position; children come before parents.
struct Program: Sendable {
  var nodes: [ProgramNode] = []
  var patterns: [PatternNode] = []
  /// The event columns that the nodes read, in the order of the batch's columns.
  var columns: [EventColumn] = []
  /// Events that the log does not hold: they are rows of every batch.
  var absences: [AbsenceNode] = []
}

/// A compiled ``Absence``.
struct AbsenceNode: Sendable {
  /// Position of the pattern of what did not come.
  var pattern: Int
  var length: CalendarDuration
  /// The type of the rows: a code behind those of the store.
  var type: UInt32
}

struct ProgramNode: Sendable {
  var operation: Operation
  var type: ValueType
  var level: Expression.Level

  indirect enum Operation: Sendable {
    case literal(Value)
    case column(Int)
    case eventTime, eventType
    /// Position among ``Program/columns``.
    case eventColumn(Int)
    case user
    /// The moment that the reader gave each user of the batch.
    case momentOfUser
    case userProperty(UInt16, at: MomentNode)
    case item
    /// Of the row's item; the operand gives item codes (level event), or none for rows of ITEMS.
    case itemProperty(UInt16, items: Int?)
    case measure(MeasureNode)
    case sequence(SequenceNode)
    case snapshotMember(String)
    case chainMember(Int)
    case score(ScoreNode)
    case not(Int)
    case negate(Int)
    case binary(BinaryOperator, Int, Int)
    case oneOf(Int, [Value])
    case isMissing(Int)
    case textTest(TextTest, Int, String)
    case call(Function, [Int])
    /// A time moved by a calendar length.
    case shifted(Int, by: CalendarDuration)
    case choice([(condition: Int, value: Int)], otherwise: Int?)
    case overRows(RowFunction, [Int])
  }
}

enum MomentNode: Sendable, Hashable {
  /// Milliseconds since 1970, the same for all.
  case fixed(Int64)
  case row
  /// A node of level user.
  case user(Int)
}

/// A compiled ``EventPattern``.
struct PatternNode: Sendable {
  struct Alternative: Sendable {
    /// One byte for each event type code, 1 where it is meant; `nil` means any type.
    var types: [UInt8]?
    var filter: Int?
  }

  var alternatives: [Alternative]
  var ordinal: EventPattern.Ordinal?
  var then: Int?
  /// Whether rows of one order are one occurrence.
  var occurrences: Bool

  /// Whether the pattern means each row there is.
  var isEveryEvent: Bool {
    alternatives.count == 1 && alternatives[0].types == nil && alternatives[0].filter == nil && then == nil
      && (ordinal == nil || ordinal == .each)
  }
}

struct MeasureNode: Sendable {
  var function: Measure.Function
  var pattern: Int
  var value: Int?
  var window: Window
  var moment: MomentNode
}

struct SequenceNode: Sendable {
  var plan: SequencePlan
  /// One list of patterns for each step, as in the plan.
  var steps: [[Int]]
  var without: [Int]
  var keys: [Int]
  var least: Int
  var most: Int?
  var window: Window
  var moment: MomentNode
}

struct ScoreNode: Sendable, Hashable {
  var name: String
  var version: Int?
  var moment: MomentNode
}
