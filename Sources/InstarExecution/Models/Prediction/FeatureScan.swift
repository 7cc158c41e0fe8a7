import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// What the features of a model are made of: fixed when it is trained, and kept with it.
struct FeatureSpecification: Sendable, Hashable {
  /// Numbers or conditions of users: properties with dates, and what the model's definition names.
  var expressions: [NamedExpression]

  var names: [String] { LoyaltyFeatures.names + expressions.map(\.name) }

  /// The features of `model`: rhythm of its events and dated properties of users by default. A property without dates
  /// may have been written after the anchor, so it enters only where the statement vouches for it.
  init(_ model: PredictionModel, schema: Schema) {
    expressions = []
    for property in schema.properties(of: .user) where property.type.isNumber || property.type == .boolean {
      guard property.isDated || model.options.timeless.contains(property.id) else { continue }
      let value = Expression(.userProperty(property.id, at: .statement), type: property.type, level: .user)
      expressions.append(NamedExpression(property.name, value))
    }
    // A name that a feature of rhythm or another one has is told apart by a number.
    var taken = Set(names)
    for feature in model.options.features {
      var (name, number) = (feature.name, 2)
      while !taken.insert(name).inserted {
        name = "\(feature.name) \(number)"
        number += 1
      }
      expressions.append(NamedExpression(name, feature.expression))
    }
  }
}

/// The users of a population at one moment, with their features.
struct FeatureRows: Sendable {
  var users: [UInt32] = []
  var features: FeatureMatrix

  mutating func append(_ other: FeatureRows) {
    users += other.users
    features.append(contentsOf: other.features)
  }
}

/// Reads who belongs to a population at a moment and what was known of them then.
///
/// The scan cuts every user's events at the moment before anything looks at them, so neither the conditions of the
/// population nor the features can see what came later.
struct FeatureScan {
  /// Its moment is the anchor.
  let environment: QueryEnvironment
  let model: PredictionModel
  let specification: FeatureSpecification
  /// Only these users, ascending; `nil` for all.
  var users: [UInt32]?

  private struct State {
    var evaluator: BatchEvaluator
    var extractor = LoyaltyFeatures(goal: 1)
    /// 1 for the rows that the target speaks of.
    var marks: [UInt32] = []
    var row: [Double]
    var rows: FeatureRows
  }

  func run(in snapshot: borrowing Snapshot) throws -> FeatureRows {
    var builder = environment.builder()
    guard let stream = StreamPlan(model.population.plan) else { preconditionFailure("a population starts from users") }
    // Users without a value at past anchors are not those of the statement.
    let selection = RowSelection(stream, &builder, missing: MissingValues())
    let subject = builder.add(model.subject)
    let nodes = specification.expressions.map { builder.add($0.expression) }
    let columns = environment.schema.eventColumns
    let amount = columns.contains(.amount) ? builder.column(.amount) : nil
    let order = columns.contains(.order) ? builder.column(.order) : nil
    let context = try ContextBuilder(environment: environment).context(builder, in: snapshot)
    let (program, names) = (builder.program, specification.names)
    var request = ScanRequest(columns: program.columns, threads: environment.threads)
    request.before = environment.moment
    request.isCancelled = environment.isCancelled
    request.users = users
    let anchor = environment.moment
    let states = try snapshot.scan(
      request,
      makeState: { _ in
        State(
          evaluator: BatchEvaluator(program: program, context: context),
          row: [Double](repeating: .nan, count: LoyaltyFeatures.names.count),
          rows: FeatureRows(features: FeatureMatrix(names: names)))
      },
      body: { state, batch in
        state.evaluator.begin(batch)
        let members = selection.selectedUsers(state.evaluator)
        guard !members.isEmpty else { return }
        Self.mark(state.evaluator.rows(of: subject).all.rows, of: batch.rowCount, &state.marks)
        let own = nodes.map { Self.numbers(state.evaluator.users($0), batch.userCount) }
        for user in members {
          guard Self.extract(&state, batch, user, amount: amount, order: order, before: anchor) else { continue }
          state.rows.users.append(batch.users[user])
          state.rows.features.append(state.row + own.map { $0[user] })
        }
      })
    var result = FeatureRows(features: FeatureMatrix(names: names))
    for state in states { result.append(state.rows) }
    return result
  }

  private static func mark(_ rows: [Int], of count: Int, _ marks: inout [UInt32]) {
    marks.removeAll(keepingCapacity: true)
    marks.append(contentsOf: repeatElement(0, count: count))
    for row in rows { marks[row] = 1 }
  }

  private static func extract(
    _ state: inout State, _ batch: EventBatch, _ user: Int, amount: Int?, order: Int?, before anchor: Int64
  ) -> Bool {
    let rows = batch.starts[user]..<batch.starts[user + 1]
    let none = 0..<0
    let (times, marks) = (batch.times, state.marks)
    let amounts = amount.map { batch.column($0) } ?? EventColumnBuffer(type: .real)
    let orders = order.map { batch.column($0) } ?? EventColumnBuffer(type: .text)
    return state.extractor.extract(
      times: times.span.extracting(rows), types: marks.span.extracting(rows),
      amounts: amounts.reals.span.extracting(amount == nil ? none : rows),
      amountsPresent: amounts.present.span.extracting(amounts.present.isEmpty ? none : rows),
      orders: orders.codes.span.extracting(order == nil ? none : rows),
      ordersPresent: orders.present.span.extracting(orders.present.isEmpty ? none : rows), before: anchor,
      into: &state.row)
  }

  /// One number for each user of the batch, NaN where there is none.
  private static func numbers(_ vector: Vector, _ count: Int) -> [Double] {
    var values = vector.reals(count)
    for row in values.indices where !vector.isPresent(row) { values[row] = .nan }
    return values
  }
}
