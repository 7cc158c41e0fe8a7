import InstarBehavior
import InstarColumns
import InstarPlan

/// AGGREGATE WITH epsilon: what each user adds is bounded, and the totals get noise from the discrete Laplace
/// distribution, so that nobody can tell whether a user is in the data.
///
/// The figures of a statement share its epsilon evenly: one part for each count or sum, two for an average. Values are
/// counted in hundredths, because the noise is made of integers.
struct NoisyFigures {
  /// One integer that gets noise.
  private enum Total: Hashable {
    case users, rows
    /// The sum and the number of the present values of an argument, by its place among the nodes.
    case sum(Int)
    case present(Int)
  }

  struct State {
    fileprivate var totals: [Int64]
  }

  private let noise: NoisePlan
  private let figures: [(name: String, parts: [Total], isAverage: Bool)]
  private let totals: [Total]
  private let nodes: [Int]

  init(_ plan: AggregatePlan, _ noise: NoisePlan, _ builder: inout ProgramBuilder) {
    self.noise = noise
    var nodes: [Int] = []
    var figures: [(name: String, parts: [Total], isAverage: Bool)] = []
    for item in plan.aggregates {
      guard case .aggregate(let call) = item.expression.node else { preconditionFailure("the resolver checked it") }
      let place = nodes.count
      if let argument = call.argument, call.function == .sum || call.function == .avg {
        nodes.append(builder.add(argument))
      }
      switch call.function {
      case .users: figures.append((item.name, [.users], false))
      case .sum: figures.append((item.name, [.sum(place)], false))
      case .avg: figures.append((item.name, [.sum(place), .present(place)], true))
      default: figures.append((item.name, [.rows], false))
      }
    }
    self.nodes = nodes
    self.figures = figures
    totals = figures.flatMap(\.parts)
  }

  func makeState() -> State { State(totals: [Int64](repeating: 0, count: totals.count)) }

  // MARK: - What users add

  /// Adds users of the batch: one row each.
  func update(_ state: inout State, _ evaluator: BatchEvaluator, users: [Int]) {
    add(users.count, owners: users, nodes.map { evaluator.users($0).gathered(users) }, to: &state)
  }

  /// Adds the earliest of the selected events of each user.
  func update(_ state: inout State, _ evaluator: BatchEvaluator, events chosen: EventRows) {
    guard chosen.count > 0 else { return }
    let owners = chosen.owners
    var (owner, taken) = (-1, 0)
    let events = chosen.filtered { position in
      if owners[position] != owner { (owner, taken) = (owners[position], 0) }
      taken += 1
      return taken <= noise.maxEvents
    }
    evaluator.withSelection(events) {
      add(events.count, owners: events.owners, nodes.map(evaluator.events), to: &state)
    }
  }

  private func add(_ count: Int, owners: [Int], _ values: [Vector], to state: inout State) {
    for (index, total) in totals.enumerated() {
      switch total {
      case .rows: state.totals[index] += Int64(count)
      case .users:
        var last = -1
        for owner in owners where owner != last {
          state.totals[index] += 1
          last = owner
        }
      case .sum(let place):
        let numbers = values[place].reals(count)
        for row in 0..<count where values[place].isPresent(row) {
          state.totals[index] += Int64((min(noise.high, max(noise.low, numbers[row])) * 100).rounded())
        }
      case .present(let place):
        for row in 0..<count where values[place].isPresent(row) { state.totals[index] += 1 }
      }
    }
  }

  // MARK: - What is told

  /// One row: each figure with the bounds between which the true one lies in 95 of 100 cases.
  func table(_ states: [State], using random: inout some RandomNumberGenerator) -> Table {
    var noisy: [(value: Int64, noise: DiscreteLaplace)] = []
    for (index, total) in totals.enumerated() {
      let distribution = distribution(of: total)
      let exact = states.reduce(Int64(0)) { $0 + $1.totals[index] }
      noisy.append((exact + distribution.sample(using: &random), distribution))
    }
    var columns: [Column] = []
    var next = 0
    for figure in figures {
      let parts = noisy[next..<next + figure.parts.count]
      next += figure.parts.count
      columns += figure.isAverage ? average(figure.name, parts) : total(figure.name, figure.parts[0], parts.first!)
    }
    return Table(columns: columns, rowCount: 1)
  }

  private func distribution(of total: Total) -> DiscreteLaplace {
    let sensitivity =
      switch total {
      case .users: 1
      case .rows, .present: noise.maxEvents
      case .sum: noise.sumSensitivity
      }
    let (numerator, denominator) = (UInt64(noise.epsilon), UInt64(1_000_000 * totals.count * max(1, sensitivity)))
    var (a, b) = (numerator, denominator)
    while b > 0 { (a, b) = (b, a % b) }
    return DiscreteLaplace(numerator: numerator / a, denominator: denominator / a)
  }

  private func total(_ name: String, _ total: Total, _ noisy: (value: Int64, noise: DiscreteLaplace)) -> [Column] {
    let width = noisy.noise.halfWidth(0.95)
    let values = [noisy.value, noisy.value - width, noisy.value + width]
    let names = [name, "\(name)_low", "\(name)_high"]
    guard case .sum = total else {
      return zip(names, values).map { Column($0, type: .integer, values: .integers([$1])) }
    }
    return zip(names, values).map { Column($0, type: .real, values: .reals([Double($1) / 100])) }
  }

  private func average(_ name: String, _ parts: ArraySlice<(value: Int64, noise: DiscreteLaplace)>) -> [Column] {
    let (sum, count) = (parts.first!, parts.last!)
    let (wide, few) = (sum.noise.halfWidth(0.975), count.noise.halfWidth(0.975))
    func mean(_ sum: Int64, _ count: Int64) -> Double {
      min(noise.high, max(noise.low, Double(sum) / 100 / Double(max(1, count))))
    }
    let corners = [-1, 1].flatMap { a in [-1, 1].map { b in mean(sum.value + a * wide, count.value + b * few) } }
    let values = [mean(sum.value, count.value), corners.min()!, corners.max()!]
    return zip([name, "\(name)_low", "\(name)_high"], values).map { Column($0, type: .real, values: .reals([$1])) }
  }
}

extension Expression {
  /// Whether the value of one user depends on other users: lists, chains and scores are made from all of them.
  var dependsOnOthers: Bool {
    contains { part in
      switch part.node {
      case .snapshotMember, .chainMember, .score, .overRows: true
      default: false
      }
    }
  }
}
