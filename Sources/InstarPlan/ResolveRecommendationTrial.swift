internal import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

/// EVALUATE RECOMMEND.
extension Resolution {
  private static let trialOptions: Set = ["holdout", "protocol", "seed"]

  func trial(_ tree: RecommendStep, _ definition: ModelDefinition) throws(Failure) -> RecommendationTrial {
    if let part = tree.anchor.map({ _ in "FOR and LIKE" }) ?? tree.why.map({ _ in "WHY" }) {
      throw fail(
        .wrongRows, at: definition.range, "EVALUATE RECOMMEND has no \(part): it judges lists of items for all users")
    }
    var step = tree
    step.options.removeAll { Self.trialOptions.contains($0.name.text) }
    let request = try recommendation(step, at: definition.range, defaultChain: ["hybrid"])
    if request.relation != nil {
      throw fail(
        .wrongRows, at: definition.range, "community cannot be judged: whom users follow is known as of now alone")
    }
    if let filter = request.itemFilter, speaksOfUsers(filter) {
      throw fail(.wrongRows, at: definition.range, "the filter of EVALUATE RECOMMEND is about items alone")
    }
    let own = tree.options.filter { Self.trialOptions.contains($0.name.text) }
    let options = try Options(own, of: "RECOMMEND", allowed: ["holdout", "protocol", "seed"], in: self)
    let form = try options.word("protocol", RecommendationTrial.Scheme.self) ?? .holdout
    let holdout = try options.length("holdout") ?? 30 * 86_400_000
    if holdout == 0 { throw options.wrong("holdout", "a length such as 30 DAYS") }
    if form == .holdout, !options.has("holdout") { useDefault("holdout = 30 days") }
    if form == .leaveLast, !(request.excluding.isEmpty && request.only.isEmpty) {
      throw fail(
        .wrongRows, at: definition.range,
        "with leave_last each user is judged at a moment of his own, and EXCLUDING event or ONLY needs one for all",
        help: "WITH holdout = 30 DAYS")
    }
    var plan = RecommendationTrial(request: request, division: form == .leaveLast ? .leaveLast : .holdout(holdout))
    if definition.population != nil || definition.condition != nil { plan.population = try population(definition) }
    if let seed = try options.number("seed", in: 0...9e15) { plan.seed = UInt64(seed) }
    return plan
  }

  private func speaksOfUsers(_ expression: Expression) -> Bool {
    expression.level == .user || expression.operands.contains(where: speaksOfUsers)
  }
}
