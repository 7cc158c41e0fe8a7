extension Formatter {
  static func parts(of step: RecommendStep) -> [String] {
    let target =
      switch step.target {
      case .items(let filter): " ITEMS" + self.filter(filter)
      case .noun(let noun, let filter): " " + name(noun) + self.filter(filter)
      case .users: " USERS"
      case nil: ""
      }
    let anchor: [String] =
      switch step.anchor {
      case .like(let value): ["LIKE " + subject(value)]
      case .for(let value): ["FOR " + entity(value)]
      case nil: []
      }
    let atMost = step.atMost.map { ["AT MOST " + count($0.count) + " PER " + name($0.key)] } ?? []
    return ["RECOMMEND " + count(step.count) + target] + anchor + step.restrictions.map(restriction) + atMost
      + using(step.methods) + with(step.options) + why(step.why)
  }

  private static func restriction(_ restriction: RecommendStep.Restriction) -> String {
    switch restriction {
    case .excluding(let value, let window): "EXCLUDING " + event(value) + (window.map { " " + self.window($0) } ?? "")
    case .excludingNothing: "EXCLUDING NOTHING"
    case .only(let value, let window): "ONLY " + event(value) + (window.map { " " + self.window($0) } ?? "")
    }
  }

  static func parts(of step: PredictStep) -> [String] {
    let target =
      switch step.target {
      case .condition(let value): expression(value)
      case .measure(let value): call(value)
      case .model(let value): model(value)
      case .timeTo(let value): "TIME TO " + event(value)
      }
    return ["PREDICT " + target + alias(step.name)] + by(step.by) + using(step.methods) + with(step.options)
      + why(step.why)
  }

  /// The population and its condition on lines of their own, then the task.
  static func lines(of model: ModelDefinition) -> [[String]] {
    var lines: [[String]] = []
    if let population = model.population { lines.append(["SEGMENT " + name(population)]) }
    if let condition = model.condition { lines.append(["WHERE " + expression(condition)]) }
    switch model.task {
    case .predict(let step): lines.append(parts(of: step))
    case .recommend(let step): lines.append(parts(of: step))
    }
    return lines
  }
}
