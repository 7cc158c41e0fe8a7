import InstarColumns
import InstarPlan
import InstarStorage

/// Reads what came of a target in the windows that begin at past anchors.
struct LabelScan {
  let environment: QueryEnvironment
  let model: PredictionModel
  /// Only these users, ascending; `nil` for all.
  var users: [UInt32]?
  /// What the labels are for.
  var purpose = ConsentPurpose.predict

  /// The labels of each anchor.
  ///
  /// - Precondition: the window of every anchor has closed by the moment of the environment.
  func run(at anchors: [Int64], in snapshot: borrowing Snapshot) throws -> [Labels] {
    let environment = self.environment.reading(model.absences)
    var builder = environment.builder()
    let nodes = anchors.map { builder.add(model.target(at: $0, until: end(of: $0))) }
    let context = try ContextBuilder(environment: environment).context(builder, in: snapshot)
    let program = builder.program
    var request = ScanRequest(columns: program.columns, threads: environment.threads)
    request.before = environment.moment
    request.purpose = purpose
    request.isCancelled = environment.isCancelled
    request.users = users
    struct State {
      var evaluator: BatchEvaluator
      var users: [UInt32] = []
      var values: [[Double]]
    }
    let states = try snapshot.scan(
      request,
      makeState: { _ in
        State(
          evaluator: BatchEvaluator(program: program, context: context),
          values: [[Double]](repeating: [], count: nodes.count))
      },
      body: { state, batch in
        state.evaluator.begin(batch)
        state.users += batch.users
        for (index, node) in nodes.enumerated() {
          let vector = state.evaluator.users(node)
          var values = vector.reals(batch.userCount)
          for row in values.indices where !vector.isPresent(row) { values[row] = 0 }
          state.values[index] += values
        }
      })
    // Of users without any event a negated target is true, and a sum is nothing.
    let absent = model.isAbsence ? 1.0 : 0
    return anchors.indices.map { index in
      Labels(users: states.flatMap(\.users), values: states.flatMap { $0.values[index] }, absent: absent)
    }
  }

  /// Where the window of an anchor ends.
  func end(of anchor: Int64) -> Int64 { environment.calendar.adding(model.horizon, to: anchor) }
}

/// One number for each user, by user.
struct Labels: Sendable {
  /// Ascending.
  fileprivate var users: [UInt32]
  fileprivate var values: [Double]
  /// The number of users who are not among them.
  fileprivate var absent: Double

  /// The numbers of `wanted`, which ascend. Complexity: O(both).
  func values(of wanted: [UInt32]) -> [Double] {
    var place = 0
    return wanted.map { user in
      while place < users.count, users[place] < user { place += 1 }
      return place < users.count && users[place] == user ? values[place] : absent
    }
  }
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
