import InstarCalendar
import InstarColumns
import InstarPlan
import InstarStorage

/// What the evaluators of one statement share: plain values taken from one snapshot, safe on every worker.
struct EvaluationContext: Sendable {
  /// Milliseconds since 1970; the scan has already cut the events at or after it.
  var moment: Int64
  var calendar: Calendar
  var eventTypes: any TextDictionary
  var users: any TextDictionary
  var items: any TextDictionary
  /// Columns indexed by user, by property number and moment.
  var userProperties: [UserPropertyKey: Column] = [:]
  /// Dated properties that are asked for at moments of rows or of users.
  var userHistories: [UInt16: PropertyHistory] = [:]
  /// Columns indexed by item.
  var itemProperties: [UInt16: Column] = [:]
  /// Frozen lists and chains: one byte for each user, 1 for a member.
  var snapshots: [String: [UInt8]] = [:]
  var chains: [[UInt8]] = []
  /// Scores, indexed by user.
  var scores: [ScoreNode: Column] = [:]
  /// Types and dictionaries of the scanned columns, in the order of ``Program/columns``.
  var columnTypes: [ValueType] = []
  var columnDictionaries: [(any TextDictionary)?] = []
}

struct UserPropertyKey: Hashable, Sendable {
  var property: UInt16
  /// `nil` is the statement's moment.
  var moment: Int64?
}

/// A selection of the rows of a batch, ascending, with the position in the batch of the user of each.
struct EventRows {
  let rows: [Int]
  private let list: OwnerList
  /// Whether a row may occur several times, as where each event counts in several trailing windows.
  var repeats = false

  init(rows: [Int], owners: [Int], repeats: Bool = false) {
    self.rows = rows
    list = OwnerList(owners)
    self.repeats = repeats
  }

  init(rows: [Int], owners: OwnerList) {
    self.rows = rows
    list = owners
  }

  var count: Int { rows.count }

  /// Found when it is asked for: bind it outside of a loop.
  var owners: [Int] { list.owners }
}

/// The user of each row of a list, found once and only where somebody asks: most breakdowns of events do not.
final class OwnerList {
  private var known: [Int]?
  private let starts: [Int]

  init(_ owners: [Int]) {
    known = owners
    starts = []
  }

  /// - Parameter starts: where the rows of each user begin in the list, and its end.
  init(starts: [Int]) { self.starts = starts }

  var owners: [Int] {
    if let known { return known }
    let owners = PatternList.owners(starts: starts)
    known = owners
    return owners
  }
}
