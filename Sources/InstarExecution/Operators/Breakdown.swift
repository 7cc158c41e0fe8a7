import InstarBehavior
import InstarCalendar
import InstarColumns
import InstarPlan

/// The breakdowns of an analysis: a group for each user or row, and the key columns of the result.
struct Breakdown: Sendable {
  let grouping: Grouping
  private let groups: SharedGroups?
  private let nodes: [Int?]

  /// - Parameter range: the times that rows can have, for calendar buckets.
  init(_ by: [Bucket], _ builder: inout ProgramBuilder, calendar: Calendar, range: Range<Int64>) throws {
    var nodes: [Int?] = []
    for bucket in by {
      if case .expression(let expression) = bucket.key {
        nodes.append(builder.add(expression))
      } else {
        nodes.append(nil)
      }
    }
    self.nodes = nodes
    groups = by.isEmpty ? nil : try SharedGroups(by, calendar: calendar, range: range)
    grouping = by.isEmpty ? .none : by.allSatisfy(\.isOfUsers) ? .user : .row
  }

  /// The same groups, with their values compiled into another program: those of another moment.
  func compiled(_ by: [Bucket], _ builder: inout ProgramBuilder) -> Breakdown {
    let nodes = by.map { bucket -> Int? in
      if case .expression(let expression) = bucket.key { builder.add(expression) } else { nil }
    }
    return Breakdown(grouping: grouping, groups: groups, nodes: nodes)
  }

  private init(grouping: Grouping, groups: SharedGroups?, nodes: [Int?]) {
    (self.grouping, self.groups, self.nodes) = (grouping, groups, nodes)
  }

  /// The group of each user or of each row of the batch, as the grouping says; nothing without breakdowns.
  func codes(_ evaluator: BatchEvaluator) -> [UInt32] {
    guard let groups else { return [] }
    let batch = evaluator.batch
    if case .user = grouping {
      return groups.codes(nodes.compactMap { $0.map(evaluator.users) }, count: batch.userCount)
    }
    return evaluator.withSelection(evaluator.allRows) {
      groups.codes(
        nodes.map { $0.map(evaluator.events) ?? Vector(.time, .integers(batch.times)) }, count: batch.rowCount)
    }
  }

  /// The distinct ones of `codes` in the order of their keys.
  func ordered(_ codes: [UInt32]) -> [UInt32] {
    let distinct = Set(codes).sorted()
    guard let groups else { return distinct }
    return groups.columns(distinct).order.map { distinct[$0] }
  }

  /// The key columns of rows that belong to these groups.
  func columns(_ codes: [UInt32]) -> [Column] {
    guard let groups else { return [] }
    let distinct = Set(codes).sorted()
    var places: [UInt32: Int] = [:]
    for (place, code) in distinct.enumerated() { places[code] = place }
    let positions = codes.map { places[$0] ?? 0 }
    return groups.columns(distinct).columns.map { column in
      Vector(column).gathered(positions).column(column.name, unit: column.unit, count: codes.count)
    }
  }
}
