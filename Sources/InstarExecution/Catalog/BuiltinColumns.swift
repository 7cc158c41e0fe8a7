import InstarPlan
import InstarSyntax

/// The attributes that every user has, asked for in the language itself.
enum BuiltinColumns {
  /// Name and meaning, as PROFILE and DESCRIBE show them.
  static let attributes: [(name: String, meaning: String)] = [
    ("stage", "the built-in life cycle: lost, at_risk, loyal, customer, acquired or active; the first that fits"),
    ("first_seen", "time of the first event"),
    ("last_seen", "time of the last event"),
    ("tenure", "days since the first event"),
    ("active_days", "distinct days with an event"),
    ("recency", "days since the last goal event"),
    ("frequency", "number of goal events"),
    ("monetary", "sum of the amounts of goal events"),
    ("aov", "mean amount of a goal event"),
    ("cycle", "median days between goal events: the purchase cycle"),
    ("cycle_spread", "interquartile range of the days between goal events"),
  ]

  static func meaning(of name: String) -> String? { attributes.first { $0.name == name }?.meaning }

  /// The attributes that the store can compute, as of `moment`.
  static func profile(_ catalog: StoreCatalog, moment: Int64) -> [InstarPlan.NamedExpression] {
    attributes.compactMap { attribute in
      guard let expression = expression(attribute.name, catalog, moment) else { return nil }
      return InstarPlan.NamedExpression(attribute.name, expression)
    }
  }

  /// The resolved attribute, or `nil` where the store lacks what it needs (a goal event, amounts).
  static func expression(_ name: String, _ catalog: StoreCatalog, _ moment: Int64) -> InstarPlan.Expression? {
    let text = "SEGMENT users ADD value = \(name);"
    guard let tree = Parser.parse(text).statements.first,
      case .success(.query(let plan)) = Resolver.resolve(tree, source: text, in: catalog, systemTime: moment)
    else { return nil }
    for step in plan.steps {
      if case .add(let columns) = step, let value = columns.first(where: { $0.name == "value" }) {
        return value.expression
      }
    }
    return nil
  }
}
