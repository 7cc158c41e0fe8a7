import InstarBehavior
import InstarColumns
import InstarPlan

/// RFM: users scored by how recently, how often and for how much.
struct RFMOperator: UserAnalysis {
  private let plan: RFMPlan
  private let recency: Int
  private let frequency: Int
  private let monetary: Int
  private let breakdown: Breakdown

  /// The figures of the users who have the event.
  struct State {
    var users: [UInt32] = []
    var groups: [UInt32] = []
    var recency: [Double] = []
    var frequency: [Double] = []
    var monetary: [Double] = []
  }

  init(_ plan: RFMPlan, _ builder: inout ProgramBuilder, _ environment: QueryEnvironment) throws {
    self.plan = plan
    recency = builder.add(plan.recency)
    frequency = builder.add(plan.frequency)
    monetary = builder.add(plan.monetary)
    breakdown = try Breakdown(plan.by, &builder, calendar: environment.calendar, range: environment.range)
  }

  func makeState() -> State { State() }

  func update(_ state: inout State, _ evaluator: BatchEvaluator, users: [UInt8]) {
    let batch = evaluator.batch
    let count = batch.userCount
    let counts = evaluator.users(frequency).reals(count)
    let chosen = (0..<count).filter { counts[$0] > 0 && (users.isEmpty || users[$0] != 0) }
    guard !chosen.isEmpty else { return }
    let codes = breakdown.codes(evaluator)
    let sums = evaluator.users(monetary)
    state.users += gather(batch.users, chosen)
    if !codes.isEmpty { state.groups += gather(codes, chosen) }
    state.recency += gather(evaluator.users(recency).reals(count), chosen)
    state.frequency += gather(counts, chosen)
    let values = sums.reals(count)
    state.monetary += chosen.map { sums.isPresent($0) ? values[$0] : 0 }
  }

  // MARK: - Result

  func finish(_ states: [State], _ context: EvaluationContext) -> AnalysisResult {
    var total = State()
    for state in states {
      total.users += state.users
      total.groups += state.groups
      total.recency += state.recency
      total.frequency += state.frequency
      total.monetary += state.monetary
    }
    let scores = scores(total)
    let columns =
      breakdown.columns(total.groups) + [
        Column("recency", type: .real, unit: "days", values: .reals(total.recency)),
        Column("frequency", type: .integer, values: .integers(total.frequency.map { Int64($0) })),
        Column("monetary", type: .real, values: .reals(total.monetary)),
        Column("r", type: .integer, values: .integers(scores.r)),
        Column("f", type: .integer, values: .integers(scores.f)),
        Column("m", type: .integer, values: .integers(scores.m)),
        score(scores),
        Column("label", type: .text, values: .texts(scores.labels)),
      ]
    return AnalysisResult(table: Table(columns: columns, rowCount: total.users.count, users: total.users))
  }

  private struct Scores {
    var r: [Int64]
    var f: [Int64]
    var m: [Int64]
    var labels: [String]
  }

  /// Users are scored among those of their group. Labels speak of fifths, whatever the number of scores.
  private func scores(_ total: State) -> Scores {
    let count = total.users.count
    let zeros = [Int64](repeating: 0, count: count)
    var result = Scores(r: zeros, f: zeros, m: zeros, labels: [String](repeating: "", count: count))
    var members: [UInt32: [Int]] = [:]
    if total.groups.isEmpty {
      members[0] = Array(0..<count)
    } else {
      for (row, group) in total.groups.enumerated() { members[group, default: []].append(row) }
    }
    for rows in members.values where !rows.isEmpty {
      func scored(_ scores: Int) -> RecencyFrequencyMonetary {
        RecencyFrequencyMonetary(
          recency: gather(total.recency, rows), frequency: gather(total.frequency, rows),
          monetary: gather(total.monetary, rows), scores: scores)
      }
      let own = scored(plan.scores)
      let fifths = plan.scores == 5 ? own : scored(5)
      for (place, row) in rows.enumerated() {
        result.r[row] = Int64(own.r[place])
        result.f[row] = Int64(own.f[place])
        result.m[row] = Int64(own.m[place])
        result.labels[row] = fifths.label(place)
      }
    }
    return result
  }

  private func score(_ scores: Scores) -> Column {
    guard let weights = plan.weights else {
      let digits = scores.r.indices.map { scores.r[$0] * 100 + scores.f[$0] * 10 + scores.m[$0] }
      return Column("score", type: .integer, values: .integers(digits))
    }
    let sum = weights.reduce(0, +)
    let means = scores.r.indices.map { row in
      (weights[0] * Double(scores.r[row]) + weights[1] * Double(scores.f[row]) + weights[2] * Double(scores.m[row]))
        / sum
    }
    return Column("score", type: .real, values: .reals(means))
  }
}
