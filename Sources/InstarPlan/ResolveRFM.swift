internal import InstarColumns
internal import InstarSyntax

extension Resolution {
  func rfm(_ tree: RFMStep, at range: SourceRange, in builder: inout ChainBuilder) throws(Failure) {
    try checkUserSet(builder.scope, "RFM", at: range)
    let options = try Options(tree.options, of: "RFM", allowed: ["weights"], in: self)
    let event = try pattern(tree.value.event)
    let value = try eventValue(WordPath(tree.value.property))
    guard value.type.isNumber else {
      throw fail(
        .operandType, at: tree.value.property.range,
        "RFM needs a number to add up, and \(text(at: tree.value.property.range)) is \(value.type.phrase)",
        help: "write RFM OF purchase.amount")
    }
    let window = try self.range(tree.during).map { Window.range(from: $0.from, to: $0.to) } ?? .ever
    func figure(_ function: Measure.Function, _ value: Expression? = nil, _ type: ValueType) -> Expression {
      let measure = Measure(function, of: event, value: value, in: window, at: .statement)
      return .measure(measure, type: type, unit: function.unit)
    }
    var plan = RFMPlan(
      event: event, recency: figure(.recency, nil, .real), frequency: figure(.count, nil, .integer),
      monetary: figure(.sum, value, value.type), scores: try scores(tree.into, at: range))
    plan.by = try breakdown(ofUsers: tree.by, after: builder)
    plan.weights = try weights(options)
    try checkDistinct(plan.columns, at: range)
    builder.append(.rfm(plan))
    builder.becomeTable(plan.columns, hasUser: true, by: "RFM")
    if plan.by.isEmpty { builder.plan.shape = .rfm }
  }

  private func scores(_ into: GroupCount?, at range: SourceRange) throws(Failure) -> Int {
    switch into {
    case nil:
      useDefault("into = 5")
      return 5
    case .auto:
      throw fail(.optionValue, at: range, "RFM goes INTO a number of scores from 2 to 9", help: "write INTO 5")
    case .count(let count):
      let number = try self.count(count)
      guard (2...9).contains(number) else {
        throw fail(.optionValue, at: count.range, "RFM goes INTO 2 to 9 scores", help: "write INTO 5")
      }
      return number
    }
  }

  private func weights(_ options: Options) throws(Failure) -> [Double]? {
    guard let weights = try options.numbers("weights") else { return nil }
    guard weights.count == 3, weights.allSatisfy({ $0 >= 0 }), weights.contains(where: { $0 > 0 }) else {
      throw options.wrong("weights", "three numbers from 0 for r, f and m, such as (1, 2, 1)")
    }
    return weights
  }
}

extension RFMPlan {
  /// The columns of the result.
  package var columns: [PlanColumn] {
    by.map { PlanColumn($0.name, $0.key.type, unit: $0.key.unit) } + [
      PlanColumn("user", .text), PlanColumn("recency", .real, unit: "days"), PlanColumn("frequency", .integer),
      PlanColumn("monetary", .real),
      PlanColumn("r", .integer), PlanColumn("f", .integer), PlanColumn("m", .integer),
      PlanColumn("score", weights == nil ? .integer : .real), PlanColumn("label", .text),
    ]
  }
}
