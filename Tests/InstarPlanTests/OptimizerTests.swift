import InstarPlan
import Testing

/// Each rule is tested by the plan that it prints.
@Suite struct OptimizerTests {
  func optimized(_ text: String, _ rules: [Optimizer.Rule]) throws -> String {
    let plan = Optimizer(rules: rules).optimize(try plan(text))
    return PlanText(Shop()).lines(plan).dropLast().map { String($0.trimmingPrefix(while: { $0 == " " })) }
      .joined(separator: " | ")
  }

  @Test func constantsAreFolded() throws {
    #expect(
      try optimized("SEGMENT users WHERE age > 10 + 2 * 4 AND (true OR did purchase) KEEP user", [.foldConstants])
        == "users | filter user.age > 18 | keep user = user")
    #expect(try optimized("SEGMENT users KEEP age / 0, 7 / 2", [.foldConstants]).hasSuffix("\"7 / 2\" = 3.5"))
    #expect(
      try optimized("SEGMENT users ADD x = 9223372036854775807 + 1 KEEP x", [.foldConstants])
        == "users | add x = 9223372036854775807 + 1 | keep x = #1")
  }

  @Test func neighbouringFiltersMerge() throws {
    #expect(
      try optimized("SEGMENT vip_2025 WHERE premium WHERE age > 3 KEEP user", [.mergeFilters])
        == "snapshot vip_2025 | filter user.premium and user.age > 3 | keep user = user")
    #expect(
      try optimized("SEGMENT users WHERE premium WHERE age > 3 KEEP user", [.mergeFilters])
        == "users where user.premium and user.age > 3 | keep user = user")
    #expect(
      try optimized("SEGMENT users LIMIT 3 WHERE premium KEEP user", [.mergeFilters])
        == "users | limit 3 | filter user.premium | keep user = user")
    #expect(
      try optimized("ITEMS[stock > 0] WHERE price < 5 KEEP item", [.mergeFilters])
        == "items where item.stock > 0 and item.price < 5 | keep item = item")
  }

  @Test func cheapConditionsComeFirst() throws {
    #expect(
      try optimized(
        "SEGMENT users WHERE loyalty > 0.7 AND did (visit THEN purchase) AND did purchase AND country = 'TR' KEEP user",
        [.orderConditions])
        == "users | filter user.country = 'TR' and count(purchase) >= 1 and did (visit then purchase) and score loyalty > 0.7 | keep user = user"
    )
  }

  /// Thousands of conditions make a shallow tree: nothing that walks it runs out of stack.
  @Test func manyConditionsNestLittle() throws {
    let conditions = (0..<5_000).map { "age != \($0)" }.joined(separator: " AND ")
    let plan = Optimizer.standard.optimize(try plan("SEGMENT users WHERE \(conditions)"))
    #expect(PlanText(Shop()).text(plan).contains("user.age != 0 and user.age != 1 and user.age != 2"))
  }

  @Test func theStandardRulesKeepColumnsAndMoment() throws {
    for text in ["SEGMENT vip WHERE premium", "EVENTS purchase WHERE amount > 2 + 3", "SEGMENT stuck WHERE premium"] {
      let before = try plan(text)
      let after = Optimizer.standard.optimize(before)
      #expect(after.columns == before.columns)
      #expect(after.moment == before.moment)
    }
  }
}
