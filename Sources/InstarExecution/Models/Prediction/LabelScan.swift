import InstarColumns
import InstarPlan
import InstarStorage

/// Reads whether a target came true in the windows that begin at past anchors.
struct LabelScan {
  let environment: QueryEnvironment
  let model: PredictionModel

  /// For each anchor one byte for each user, 1 where the target came true.
  ///
  /// - Precondition: the window of every anchor has closed by the moment of the environment.
  func run(at anchors: [Int64], in snapshot: borrowing Snapshot) throws -> [[UInt8]] {
    var builder = environment.builder()
    let nodes = anchors.map { builder.add(model.target(at: $0, until: end(of: $0))) }
    let context = try ContextBuilder(environment: environment).context(builder, in: snapshot)
    let program = builder.program
    var request = ScanRequest(columns: program.columns, threads: environment.threads)
    request.before = environment.moment
    request.purpose = .predict
    request.isCancelled = environment.isCancelled
    struct State {
      var evaluator: BatchEvaluator
      var users: [UInt32] = []
      var flags: [[UInt8]]
    }
    let states = try snapshot.scan(
      request,
      makeState: { _ in
        State(
          evaluator: BatchEvaluator(program: program, context: context),
          flags: [[UInt8]](repeating: [], count: nodes.count))
      },
      body: { state, batch in
        state.evaluator.begin(batch)
        state.users += batch.users
        for (index, node) in nodes.enumerated() {
          state.flags[index] += state.evaluator.users(node).flags(batch.userCount)
        }
      })
    // Of users without any event a negated target is true.
    let absent: UInt8 = model.isAbsence ? 1 : 0
    var labels = [[UInt8]](repeating: [UInt8](repeating: absent, count: snapshot.userCount), count: anchors.count)
    for state in states {
      for index in labels.indices {
        for (row, user) in state.users.enumerated() { labels[index][Int(user)] = state.flags[index][row] }
      }
    }
    return labels
  }

  /// Where the window of an anchor ends.
  func end(of anchor: Int64) -> Int64 { environment.calendar.adding(model.horizon, to: anchor) }
}

extension PredictionModel {
  /// The target as of one past moment: its window lies between `anchor` and `end`, and it looks back from the end.
  func target(at anchor: Int64, until end: Int64) -> Expression {
    target.rewritten { part in
      var copy = part
      switch part.node {
      case .measure(var measure):
        if case .next = measure.window { measure.window = .range(from: anchor, to: end) }
        measure.moment = .fixed(end)
        copy.node = .measure(measure)
      case .sequence(var condition):
        if case .next = condition.window { condition.window = .range(from: anchor, to: end) }
        condition.moment = .fixed(end)
        copy.node = .sequence(condition)
      default: return nil
      }
      return copy
    }
  }
}
