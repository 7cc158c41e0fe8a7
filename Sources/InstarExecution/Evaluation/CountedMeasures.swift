import InstarBehavior
import InstarColumns
import InstarPlan

/// The figures of a program that count events of given types in a window that is the same for all users, and their
/// comparisons with whole numbers: walks over the rows of a batch give all of them together, without a list of rows for
/// each.
///
/// Of one or two such figures the lists are cheaper: they read the times of their own rows only.
struct CountedMeasures {
  private static let fewest = 3

  private struct Figure {
    var walk: Int
    var window: WindowCounts.Window
    /// What the number is compared with, if it is.
    var range: ClosedRange<Int64>?
  }

  /// What a node counts.
  private struct Wanted {
    var node: Int
    var set: Int
    var from: Int64
    /// `nil` where the scan has cut what lies behind the window.
    var to: Int64?
  }

  /// By node; `nil` where the node is something else.
  private var figures: [Figure?] = []
  private var walks: [WindowCounts] = []
  private var areCounted = false

  init(_ program: Program, _ context: EvaluationContext) {
    guard program.absences.isEmpty else { return }
    var sets: [[UInt8]] = []
    let wanted = program.nodes.indices.compactMap { Self.wanted($0, of: program, context, &sets) }
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
    for one in wanted {
      let walk = one.set / WindowCounts.mostSets
      let instants = walks[walk].instants
      let window = WindowCounts.Window(
        set: one.set % WindowCounts.mostSets, from: instants.firstIndex(of: one.from) ?? 0,
        to: one.to.flatMap { instants.firstIndex(of: $0) })
      figures[one.node] = Figure(walk: walk, window: window)
    }
    for (node, compiled) in program.nodes.enumerated() {
      guard case .binary(let symbol, let left, let right) = compiled.operation, let figure = figures[left],
        figure.range == nil, case .literal(.integer(let bound)) = program.nodes[right].operation,
        let range = symbol.range(of: bound)
      else { continue }
      figures[node] = Figure(walk: figure.walk, window: figure.window, range: range)
    }
  }

  private static func wanted(
    _ node: Int, of program: Program, _ context: EvaluationContext, _ sets: inout [[UInt8]]
  ) -> Wanted? {
    guard case .measure(let measure) = program.nodes[node].operation, case .fixed(let moment) = measure.moment,
      measure.function == .count || measure.function == .rows,
      let bounds = context.bounds(of: measure.window, at: moment),
      let types = program.patterns[measure.pattern].countedTypes(eventTypes: context.eventTypes.count)
    else { return nil }
    let set = sets.firstIndex(of: types) ?? sets.count
    if set == sets.count { sets.append(types) }
    let upper = min(bounds.to, moment)
    return Wanted(node: node, set: set, from: min(bounds.from, upper), to: upper < context.moment ? upper : nil)
  }

  /// Forgets the last batch.
  mutating func forget() { areCounted = false }

  /// The value of a node for each user of `batch`, or `nil` where the node is something else.
  mutating func vector(_ node: Int, of batch: EventBatch) -> Vector? {
    guard !figures.isEmpty, let figure = figures[node] else { return nil }
    if !areCounted {
      let (starts, times, types) = (batch.starts, batch.times, batch.types)
      for walk in walks.indices { walks[walk].update(starts: starts.span, times: times.span, types: types.span) }
      areCounted = true
    }
    let users = batch.userCount
    guard let range = figure.range else {
      return Vector(.integer, .integers(walks[figure.walk].counts(figure.window, users: users)))
    }
    return Vector(.boolean, .booleans(walks[figure.walk].holds(figure.window, range, users: users)))
  }
}

extension BinaryOperator {
  /// The whole numbers that compare so with `bound`, or `nil` where they are not one stretch.
  fileprivate func range(of bound: Int64) -> ClosedRange<Int64>? {
    switch self {
    case .equal: return bound...bound
    case .less where bound > Int64.min: return Int64.min...(bound - 1)
    case .lessOrEqual: return Int64.min...bound
    case .greater where bound < Int64.max: return (bound + 1)...Int64.max
    case .greaterOrEqual: return bound...Int64.max
    default: return nil
    }
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
