import InstarBehavior
import InstarCalendar
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
    /// The totals of the first group, then those of the next.
    fileprivate var totals: [Int64]
  }

  private let noise: NoisePlan
  private let figures: [(name: String, parts: [Total], isAverage: Bool)]
  private let totals: [Total]
  private let nodes: [Int]
  private let groups: DeclaredGroups?

  init(_ plan: AggregatePlan, _ noise: NoisePlan, _ builder: inout ProgramBuilder, calendar: Calendar) throws {
    self.noise = noise
    groups = try noise.groups.map { try DeclaredGroups($0, plan.by[0], &builder, calendar: calendar) }
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

  private var groupCount: Int { groups?.count ?? 1 }

  func makeState() -> State { State(totals: [Int64](repeating: 0, count: groupCount * totals.count)) }

  // MARK: - What users add

  /// Adds users of the batch: one row each.
  func update(_ state: inout State, _ evaluator: BatchEvaluator, users: [Int]) {
    let numbers = groups?.numbers(users.count, times: []) { evaluator.users($0).gathered(users) }
    add(users.count, owners: users, numbers, nodes.map { evaluator.users($0).gathered(users) }, to: &state)
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
      let numbers = groups?.numbers(events.count, times: evaluator.batch.times(at: events.rows), evaluator.events)
      add(events.count, owners: events.owners, numbers, nodes.map(evaluator.events), to: &state)
    }
  }

  /// - Parameter numbers: the group of each row, negative for none; `nil` where all are one.
  private func add(_ count: Int, owners: [Int], _ numbers: [Int]?, _ values: [Vector], to state: inout State) {
    let numbers = numbers ?? [Int](repeating: 0, count: count)
    for (index, total) in totals.enumerated() {
      switch total {
      case .rows: for row in 0..<count where numbers[row] >= 0 { state.totals[place(numbers[row], index)] += 1 }
      case .users:
        // The rows of one user are neighbours, those of one of his groups need not be.
        var last = [Int](repeating: -1, count: groupCount)
        for row in 0..<count where numbers[row] >= 0 && last[numbers[row]] != owners[row] {
          state.totals[place(numbers[row], index)] += 1
          last[numbers[row]] = owners[row]
        }
      case .sum(let argument):
        let reals = values[argument].reals(count)
        for row in 0..<count where numbers[row] >= 0 && values[argument].isPresent(row) {
          let bounded = min(noise.high, max(noise.low, reals[row]))
          state.totals[place(numbers[row], index)] += Int64((bounded * 100).rounded())
        }
      case .present(let argument):
        for row in 0..<count where numbers[row] >= 0 && values[argument].isPresent(row) {
          state.totals[place(numbers[row], index)] += 1
        }
      }
    }
  }

  private func place(_ group: Int, _ total: Int) -> Int { group * totals.count + total }

  // MARK: - What is told

  /// A row for each group: each figure with the bounds between which the true one lies in 95 of 100 cases.
  func table(_ states: [State], using random: inout some RandomNumberGenerator) -> Table {
    let distributions = totals.map(distribution)
    var noisy = [Int64](repeating: 0, count: groupCount * totals.count)
    for index in noisy.indices {
      let exact = states.reduce(Int64(0)) { $0 + $1.totals[index] }
      noisy[index] = exact + distributions[index % totals.count].sample(using: &random)
    }
    var columns = groups.map { [$0.column] } ?? []
    var next = 0
    for figure in figures {
      let parts = (next..<next + figure.parts.count).map { total in
        NoisyTotal(
          values: (0..<groupCount).map { noisy[place($0, total)] }, noise: distributions[total])
      }
      next += figure.parts.count
      columns += figure.isAverage ? average(figure.name, parts) : total(figure.name, figure.parts[0], parts[0])
    }
    return Table(columns: columns, rowCount: groupCount)
  }

  /// One total of all groups with its noise.
  private struct NoisyTotal {
    var values: [Int64]
    var noise: DiscreteLaplace
  }

  private func distribution(of total: Total) -> DiscreteLaplace {
    let sensitivity =
      switch total {
      // A user is in as many groups as events of his count.
      case .users: groups == nil ? 1 : noise.maxEvents
      case .rows, .present: noise.maxEvents
      case .sum: noise.sumSensitivity
      }
    let (numerator, denominator) = (UInt64(noise.epsilon), UInt64(1_000_000 * totals.count * max(1, sensitivity)))
    var (a, b) = (numerator, denominator)
    while b > 0 { (a, b) = (b, a % b) }
    return DiscreteLaplace(numerator: numerator / a, denominator: denominator / a)
  }

  private func total(_ name: String, _ total: Total, _ noisy: NoisyTotal) -> [Column] {
    let width = noisy.noise.halfWidth(0.95)
    return zip([name, "\(name)_low", "\(name)_high"], [0, -width, width]).map { name, distance in
      let values = noisy.values.map { $0 + distance }
      guard case .sum = total else { return Column(name, type: .integer, values: .integers(values)) }
      return Column(name, type: .real, values: .reals(values.map { Double($0) / 100 }))
    }
  }

  private func average(_ name: String, _ parts: [NoisyTotal]) -> [Column] {
    let (sums, counts) = (parts[0], parts[1])
    let (wide, few) = (sums.noise.halfWidth(0.975), counts.noise.halfWidth(0.975))
    func mean(_ sum: Int64, _ count: Int64) -> Double {
      min(noise.high, max(noise.low, Double(sum) / 100 / Double(max(1, count))))
    }
    var (values, lows, highs) = ([Double](), [Double](), [Double]())
    for (sum, count) in zip(sums.values, counts.values) {
      let corners = [-1, 1].flatMap { a in [-1, 1].map { b in mean(sum + a * wide, count + b * few) } }
      values.append(mean(sum, count))
      lows.append(corners.min()!)
      highs.append(corners.max()!)
    }
    return zip([name, "\(name)_low", "\(name)_high"], [values, lows, highs]).map {
      Column($0, type: .real, values: .reals($1))
    }
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
