import InstarBehavior
import InstarColumns
import InstarPlan
import InstarStorage

/// The gaps between the goal events of a set of users, and of everybody.
struct CycleScan {
  let environment: QueryEnvironment
  let goal: EventPattern
  /// Whether a user belongs to the set, of level `user`.
  let member: Expression

  struct Cycles {
    var members = PurchaseCycle()
    var everybody = PurchaseCycle()
  }

  private struct State {
    var evaluator: BatchEvaluator
    var cycles = Cycles()
  }

  func run(in snapshot: borrowing Snapshot) throws -> Cycles {
    var builder = environment.builder()
    let goal = builder.add(goal)
    let member = builder.add(member)
    let context = try ContextBuilder(environment: environment).context(builder, in: snapshot)
    let program = builder.program
    var request = ScanRequest(columns: program.columns, threads: environment.threads)
    request.before = environment.moment
    request.isCancelled = environment.isCancelled
    let moment = environment.moment
    let states = try snapshot.scan(
      request, makeState: { _ in State(evaluator: BatchEvaluator(program: program, context: context)) },
      body: { state, batch in
        state.evaluator.begin(batch)
        let list = state.evaluator.rows(of: goal).occurrences
        let flags = state.evaluator.users(member).flags(batch.userCount)
        for user in 0..<batch.userCount {
          let times = Array(list.times[list.starts[user]..<list.starts[user + 1]])
          state.cycles.everybody.add(times.span, moment: moment)
          if flags[user] != 0 { state.cycles.members.add(times.span, moment: moment) }
        }
      })
    var total = Cycles()
    for state in states {
      total.members.merge(state.cycles.members)
      total.everybody.merge(state.cycles.everybody)
    }
    return total
  }
}
