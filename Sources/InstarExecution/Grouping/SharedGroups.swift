import InstarCalendar
import InstarColumns
import InstarPlan
import Synchronization

/// Breakdown groups that all workers number together, for kernels that count in arrays indexed by a small group code.
///
/// The numbers depend on which worker came first; the counts of a group do not, and results are ordered by the keys.
final class SharedGroups: Sendable {
  private let aggregation: GroupedAggregation
  private let state: Mutex<GroupedAggregation.State>
  private let names: [String]

  /// - Parameter range: the times that rows can have, for calendar buckets.
  init(_ buckets: [Bucket], calendar: Calendar, range: Range<Int64>) throws {
    var keys: [GroupedAggregation.Key] = []
    for bucket in buckets {
      switch bucket.key {
      case .period(let unit): keys.append(.period(try PeriodTable(unit, over: range, in: calendar)))
      case .every(let count, let unit):
        keys.append(.period(try PeriodTable(unit, every: count, over: range, in: calendar)))
      case .expression(let expression): keys.append(.expression(type: expression.type, unit: expression.unit))
      }
    }
    aggregation = GroupedAggregation(keys: keys, calls: [], types: [])
    state = Mutex(aggregation.makeState())
    names = buckets.map(\.name)
  }

  /// The group of each row: one vector of keys for each bucket, times for periods.
  func codes(_ keys: [Vector], count: Int) -> [UInt32] {
    guard count > 0 else { return [] }
    let rows = GroupedAggregation.Rows(count: count, keys: keys, arguments: [], users: [], occurrences: nil)
    return state.withLock { aggregation.number(&$0, rows) }.map { UInt32(bitPattern: $0) }
  }

  /// The values of the first bucket, one for each group in the order of their codes.
  var values: ColumnValues? {
    let state = self.state.withLock { $0 }
    return aggregation.groupCount(state) == 0 ? nil : aggregation.keyVector(state, 0).values
  }

  /// The key columns for the groups at `codes`, and the order of those groups by key.
  func columns(_ codes: [UInt32]) -> (columns: [Column], order: [Int]) {
    let state = self.state.withLock { $0 }
    let positions = codes.map(Int.init)
    let keys = names.indices.map { aggregation.keyVector(state, $0).gathered(positions) }
    let order = RowOrder.positions(keys.map { RowOrder($0, count: codes.count, descending: false) }, count: codes.count)
    let columns = names.indices.map { position -> Column in
      switch aggregation.keys[position] {
      case .period(let table):
        let labels = keys[position].integers(codes.count).map { table.label(Int($0)) }
        return Column(names[position], type: .text, values: .texts(labels))
      case .expression(type: _, let unit): return keys[position].column(names[position], unit: unit, count: codes.count)
      }
    }
    return (columns, order)
  }
}
