import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// Reads what users did with items from the batches of one scan: the one place that builds the matrix.
struct InteractionReader {
  let environment: QueryEnvironment
  let catalog: CatalogDefinition
  /// Events whose items are wanted as sets for each user: EXCLUDING and ONLY.
  let conditions: [RecommendPlan.EventCondition]
  /// What the events are read for.
  var purpose = ConsentPurpose.recommend

  struct Reading: Sendable {
    var interactions: Interactions
    /// What each user has ever consumed.
    var consumed: UserItems
    /// One for each condition.
    var sets: [UserItems]
  }

  private struct State {
    var evaluator: BatchEvaluator
    var builder: InteractionsBuilder
    var sets: [[(user: UInt32, item: UInt32)]]
  }

  /// - Parameter users: whose events are read, ascending; `nil` for all.
  func read(_ users: [UInt32]? = nil, in snapshot: borrowing Snapshot) throws -> Reading {
    var environment = self.environment
    if environment.exposureTypes.isEmpty { environment.exposureTypes = catalog.exposureTypes }
    var builder = environment.builder()
    let items = builder.column(.item)
    let rules = catalog.interactions.map { interaction in
      Rule(
        pattern: builder.add(interaction.events), weight: builder.add(interaction.weight),
        effect: interaction.consumes ? .consumes : interaction.revokes ? .revokes : .none)
    }
    let patterns = conditions.map { builder.add($0.events) }
    let context = try ContextBuilder(environment: environment).context(builder, in: snapshot)
    let program = builder.program
    let windows = conditions.map(\.window)
    let itemCount = snapshot.itemCount
    let moment = environment.moment
    var request = ScanRequest(columns: program.columns, threads: environment.threads)
    request.before = moment
    request.users = users
    request.purpose = purpose
    request.includesExposures = !environment.exposureTypes.isEmpty
    request.isCancelled = environment.isCancelled
    let states = try snapshot.scan(
      request,
      makeState: { _ in
        State(
          evaluator: BatchEvaluator(program: program, context: context),
          builder: InteractionsBuilder(itemCount: itemCount, catalog: CatalogWeights(), before: moment),
          sets: [[(user: UInt32, item: UInt32)]](repeating: [], count: patterns.count))
      },
      body: { state, batch in
        state.evaluator.begin(batch)
        Self.append(rules, items, &state, batch)
        for (index, pattern) in patterns.enumerated() {
          Self.collect(pattern, windows[index], items, &state.sets[index], state.evaluator, context)
        }
      })
    return finish(states, users, in: snapshot)
  }

  private struct Rule: Sendable {
    var pattern: Int
    var weight: Int
    var effect: CatalogRule.Effect
  }

  /// Adds the batch's interactions in the order of its rows; of several rules for one row the last wins.
  private static func append(_ rules: [Rule], _ items: Int, _ state: inout State, _ batch: EventBatch) {
    let count = batch.rowCount
    var ruleOfRow = [UInt8](repeating: 0, count: count)
    var weights = [Float](repeating: 0, count: count)
    let evaluator = state.evaluator
    for (index, rule) in rules.enumerated() {
      let rows = evaluator.rows(of: rule.pattern).all
      let selection = EventRows(rows: rows.rows, owners: rows.owners)
      let values = evaluator.withSelection(selection) { evaluator.events(rule.weight) }
      for (position, row) in rows.rows.enumerated() where values.isPresent(position) {
        ruleOfRow[row] = UInt8(index + 1)
        weights[row] = Float(values.realValue(position))
      }
    }
    let codes = batch.column(items)
    let (users, starts, times) = (batch.users, batch.starts, batch.times)
    for user in users.indices {
      for row in starts[user]..<starts[user + 1] where ruleOfRow[row] > 0 {
        guard codes.present.isEmpty || codes.present[row] != 0 else { continue }
        state.builder.append(
          user: users[user], item: codes.codes[row], weight: weights[row], time: times[row],
          effect: rules[Int(ruleOfRow[row]) - 1].effect)
      }
    }
  }

  private static func collect(
    _ pattern: Int, _ window: Window, _ items: Int, _ set: inout [(user: UInt32, item: UInt32)],
    _ evaluator: BatchEvaluator, _ context: EvaluationContext
  ) {
    let batch = evaluator.batch
    let codes = batch.column(items)
    let list = evaluator.rows(of: pattern).all
    let (owners, users, starts, times) = (list.owners, batch.users, batch.starts, batch.times)
    for (position, row) in list.rows.enumerated() {
      let user = owners[position]
      let bounds = context.bounds(of: window, at: context.moment, firstEvent: times[starts[user]])
      guard times[row] >= bounds.from, times[row] < bounds.to else { continue }
      guard codes.present.isEmpty || codes.present[row] != 0 else { continue }
      set.append((users[user], codes.codes[row]))
    }
  }

  private func finish(_ states: [State], _ users: [UInt32]?, in snapshot: borrowing Snapshot) -> Reading {
    var total = InteractionsBuilder(
      itemCount: snapshot.itemCount, catalog: CatalogWeights(), before: environment.moment)
    for state in states { total.append(contentsOf: state.builder) }
    let all = 0..<UInt32(snapshot.userCount)
    let range = users.map { $0.isEmpty ? 0..<0 : $0[0]..<($0[$0.count - 1] + 1) } ?? all
    let sets = conditions.indices.map { index in Self.userItems(states.flatMap { $0.sets[index] }, of: range) }
    let interactions = total.finish(users: range)
    return Reading(interactions: interactions, consumed: interactions.everConsumed(), sets: sets)
  }

  /// - Parameter pairs: users ascending.
  private static func userItems(_ pairs: [(user: UInt32, item: UInt32)], of users: Range<UInt32>) -> UserItems {
    var starts = [0]
    starts.reserveCapacity(users.count + 1)
    var items: [UInt32] = []
    var position = 0
    for user in users {
      let from = position
      while position < pairs.count, pairs[position].user == user { position += 1 }
      var own = pairs[from..<position].map(\.item)
      own.sort()
      for place in own.indices where place == 0 || own[place] != own[place - 1] { items.append(own[place]) }
      starts.append(items.count)
    }
    return UserItems(firstUser: users.lowerBound, starts: starts, items: items)
  }
}
