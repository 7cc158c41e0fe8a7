import InstarPlan
import Testing

@Suite struct AttributeTests {
  @Test func everyAttributeOfAStore() {
    let entries = Resolver.attributes(in: Shop())
    #expect(
      entries.map(\.name) == [
        "first_seen", "last_seen", "tenure", "active_days", "recency", "frequency", "monetary", "aov", "cycle",
        "cycle_spread", "stage", "loyalty", "purchase_probability", "churn_risk", "p_alive", "ltv_365", "spend_year",
        "tier", "shop",
      ])
    #expect(entries.first { $0.name == "aov" }?.definition == "sum(purchase.amount) / count(purchase)")
    #expect(entries.first { $0.name == "spend_year" }?.origin == .defined)
    #expect(entries.allSatisfy { $0.expression.level <= .user })
  }

  @Test func withoutAGoalOnlyWhatAnyEventTells() {
    var shop = Shop()
    shop.settings.goalEvent = nil
    shop.definitions = []
    #expect(Resolver.attributes(in: shop).map(\.name) == ["first_seen", "last_seen", "tenure", "active_days"])
  }

  @Test(arguments: [
    (["view", "add_to_cart", "purchase"], "purchase"),
    (["Order Completed", "Order Cancelled", "Page Viewed"], "Order Completed"),
    (["visit", "product_view"], "visit"),
    (["rating"], "rating"),
    (["login", "logout"], nil),
    (["admission", "visit", "discharge"], "admission"),
  ])
  func goals(names: [String], expected: String?) {
    let types = names.enumerated().map { EventTypeEntry(code: UInt32($0.offset), name: $0.element, count: 10) }
    #expect(GoalGuess.name(among: types) == expected)
  }
}
