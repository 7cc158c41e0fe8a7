import InstarBehavior
import InstarColumns
import InstarPlan

/// The figures of a program that count events of given types in a window that is the same for all users: walks over the
/// rows of a batch give all of them together, without a list of rows for each.
///
/// Of one or two such figures the lists are cheaper: they read the times of their own rows only.
struct CountedMeasures {
  private static let fewest = 3

  private struct Figure {
    var walk: Int
    var set: Int
    /// Places among the instants of the walk.
    var from: Int
    var to: Int?
  }

  /// By node; `nil` where the node is something else.
  private var figures: [Figure?] = []
  private var walks: [WindowCounts] = []
  private var areCounted = false

  init(_ program: Program, _ context: EvaluationContext) {
    guard program.absences.isEmpty else { return }
    var wanted: [(node: Int, set: Int, from: Int64, to: Int64?)] = []
    var sets: [[UInt8]] = []
    for (index, node) in program.nodes.enumerated() {
      guard case .measure(let measure) = node.operation, case .fixed(let moment) = measure.moment,
        measure.function == .count || measure.function == .rows,
        let bounds = context.bounds(of: measure.window, at: moment),
        let types = program.patterns[measure.pattern].countedTypes(eventTypes: context.eventTypes.count)
      else { continue }
      let upper = min(bounds.to, moment)
      let set = sets.firstIndex(of: types) ?? sets.count
      if set == sets.count { sets.append(types) }
      // The scan has cut what lies at or after the moment of the statement.
      wanted.append((index, set, min(bounds.from, upper), upper < context.moment ? upper : nil))
    }
    guard wanted.count >= Self.fewest else { return }
    for first in stride(from: 0, to: sets.count, by: WindowCounts.mostSets) {
      let own = sets[first..<min(sets.count, first + WindowCounts.mostSets)]
      let masks = (0..<context.eventTypes.count).map { type in
        own.enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element[type]) << UInt64($1.offset) }
      }
      let instants = wanted.filter { own.indices.contains($0.set) }.flatMap { [$0.from] + ($0.to.map { [$0] } ?? []) }
      walks.append(WindowCounts(instants: instants, masks: masks))
    }
    figures = Array(repeating: nil, count: program.nodes.count)
    for (node, set, from, to) in wanted {
      let walk = set / WindowCounts.mostSets
      let instants = walks[walk].instants
      figures[node] = Figure(
        walk: walk, set: set % WindowCounts.mostSets, from: instants.firstIndex(of: from) ?? 0,
        to: to.flatMap { instants.firstIndex(of: $0) })
    }
  }

  /// Forgets the last batch.
  mutating func forget() { areCounted = false }

  /// The figure of a node for each user of `batch`, or `nil` where the node is something else.
  mutating func vector(_ node: Int, of batch: EventBatch) -> Vector? {
    guard !figures.isEmpty, let figure = figures[node] else { return nil }
    if !areCounted {
      let (starts, times, types) = (batch.starts, batch.times, batch.types)
      for walk in walks.indices { walks[walk].update(starts: starts.span, times: times.span, types: types.span) }
      areCounted = true
    }
    let counts = walks[figure.walk].counts(of: figure.set, from: figure.from, to: figure.to, users: batch.userCount)
    return Vector(.integer, .integers(counts))
  }
}

extension PatternNode {
  /// One byte for each event type, 1 where it is meant; `nil` where more than the type of a row decides.
  fileprivate func countedTypes(eventTypes: Int) -> [UInt8]? {
    guard !occurrences, ordinal == nil || ordinal == .each, then == nil else { return nil }
    var result = [UInt8](repeating: 0, count: eventTypes)
    for alternative in alternatives {
      guard alternative.filter == nil else { return nil }
      for type in result.indices where alternative.types.map({ type < $0.count && $0[type] != 0 }) ?? true {
        result[type] = 1
      }
    }
    return result
  }
}
