/// The automaton of a pattern: states in topological order and the transitions between them.
///
/// A step of one event is one state. `ANY ORDER` of *m* events is one state for each non-empty subset of them that has
/// happened, 2^m − 1. Optional steps and a final THEN NOT are no states.
///
/// ```
/// a THEN ANY ORDER (b, c) THEN d        0 --b--> 1 --c--> 3 --d--> 4
///                               --a--> 0 --c--> 2 --b--> 3
/// ```
struct SequenceStates: Sendable {
  /// The state `from` moves to the state `to` by a row that fulfils `bit`.
  struct Transition: Sendable {
    /// −1 where an attempt enters.
    var from: Int
    var to: Int
    var bit: UInt64
    /// Bounds in milliseconds of the time from the row of `from` to the row of `to`.
    var after: Int64?
    var within: Int64?
    var directly = false
    /// Milliseconds by which the row of `to` may lie before the row of `from`; 0: it comes later in the total order.
    var tolerance: Int64 = 0
  }

  /// The steps that have states, as indices into the pattern.
  private(set) var required: [Int] = []
  /// The state in which `required[level]` is reached.
  private(set) var end: [Int] = []
  /// The level that each state completes, or −1 inside an `ANY ORDER`.
  private(set) var completes: [Int] = []
  private(set) var transitions: [Transition] = []
  /// Transitions by the state they lead to, and by the state they leave.
  private(set) var incoming: [[Transition]] = []
  private(set) var outgoing: [[Transition]] = []
  private(set) var entries: [Transition] = []
  /// All bits that a step asks for.
  private(set) var bits: UInt64 = 0
  /// Whether two steps ask for the same event.
  private(set) var repeatsBit = false

  var count: Int { completes.count }

  init(_ pattern: SequencePattern) {
    for (index, step) in pattern.steps.enumerated() where step.mode == .then || step.mode == .directly {
      let before = end.last ?? -1
      required.append(index)
      for predicate in step.predicates {
        repeatsBit = repeatsBit || bits & (1 << UInt64(predicate)) != 0
        bits |= 1 << UInt64(predicate)
      }
      appendStates(step, before: before, tolerance: pattern.tolerance)
      end.append(completes.count - 1)
      completes[completes.count - 1] = end.count - 1
    }
    incoming = Array(repeating: [], count: count)
    outgoing = Array(repeating: [], count: count)
    for transition in transitions {
      incoming[transition.to].append(transition)
      if transition.from < 0 { entries.append(transition) } else { outgoing[transition.from].append(transition) }
    }
  }

  /// Adds the states of one step; state *base* + *s* − 1 stands for the subset *s* of its events.
  private mutating func appendStates(_ step: SequencePattern.Step, before: Int, tolerance: Int64) {
    let base = completes.count
    for subset in 1..<(1 << step.predicates.count) {
      completes.append(-1)
      for (member, predicate) in step.predicates.enumerated() where subset & (1 << member) != 0 {
        let rest = subset & ~(1 << member)
        var transition = Transition(
          from: rest == 0 ? before : base + rest - 1, to: base + subset - 1, bit: 1 << UInt64(predicate))
        if rest == 0 {
          transition.after = step.after
          transition.within = step.within
          transition.directly = step.mode == .directly
          transition.tolerance = step.after == nil && step.mode == .then ? tolerance : 0
        }
        transitions.append(transition)
      }
    }
  }
}
