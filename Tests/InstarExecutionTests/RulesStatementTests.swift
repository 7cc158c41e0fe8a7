import Testing

/// RULES as statements. Orders: Ann {bread, butter} and {bread, butter, jam}, Bob {bread, jam} and {milk}.
@Suite struct RulesStatementTests {
  private func log(threads: Int = 1) throws -> Log {
    try Log(
      """
      user time             event    item   order
      ann  2026-03-01T10:00 purchase bread  o1
      ann  2026-03-01T10:00 purchase butter o1
      ann  2026-03-01T10:00 purchase butter o1
      ann  2026-03-08T10:00 purchase bread  o2
      ann  2026-03-08T10:00 purchase butter o2
      ann  2026-03-08T10:00 purchase jam    o2
      ann  2026-03-08T11:00 refund   jam    o2
      bob  2026-03-02T10:00 purchase bread  o3
      bob  2026-03-02T10:20 purchase jam    o3
      bob  2026-03-02T12:00 purchase milk   o4
      """, users: "user country \n ann TR \n bob DE", items: "item group \n bread food \n jam food \n milk drink",
      threads: threads)
  }

  /// Bread is in 3 of 4 orders, butter in 2, both in 2: confidence 2/3, lift (2/3) / (2/4) = 4/3, leverage
  /// 1/2 - 3/4 x 1/2 = 1/8, conviction (1 - 1/2) / (1 - 2/3) = 3/2. Turned around it never fails.
  @Test(arguments: [1, 2]) func byOrder(_ threads: Int) throws {
    #expect(
      try log(threads: threads).ask("RULES OF purchase.item SAME order WITH min_support = 0.5, min_confidence = 0.6")
        == [
          "bread butter 2 1 0.5 0.666667 1.333333 0.125 1.5", "bread jam 2 2 0.5 0.666667 1.333333 0.125 1.5",
          "butter bread 2 1 0.5 1.0 1.333333 0.125 -", "jam bread 2 2 0.5 1.0 1.333333 0.125 -",
        ])
    #expect(
      try log().run("RULES OF purchase.item SAME order").columns.map(\.name) == [
        "if", "then", "orders", "users", "support", "confidence", "lift", "leverage", "conviction",
      ])
  }

  /// Without SAME all that a user bought is one basket: bread and jam of both users.
  @Test func byUser() throws {
    #expect(
      try log().ask("RULES OF purchase.item", "if then orders lift") == ["bread jam 2 1.0", "jam bread 2 1.0"])
  }

  /// Ann's second order has a refund. Then butter and jam are each in one order.
  @Test func withoutLeavesBasketsOut() throws {
    #expect(try log().ask("RULES OF purchase.item WITHOUT refund SAME order WITH min_confidence = 0", "if").isEmpty)
    #expect(try log().ask("RULES OF purchase.item WITHOUT refund").isEmpty)
  }

  /// Bob's milk comes more than half an hour after his jam, in a session of its own.
  @Test func bySession() throws {
    let rules = try log().ask("RULES OF purchase.item SAME SESSION WITH min_confidence = 0", "if then orders")
    #expect(rules.count == 4 && rules.contains("bread jam 2") && rules.contains("bread butter 2"))
  }

  /// WITHIN 1 HOUR cuts what one user bought into the same baskets as the orders.
  @Test func within() throws {
    #expect(
      try log().ask(
        "RULES OF purchase.item WITHIN 1 HOUR WITH min_support = 0.5, min_confidence = 0.6", "if then orders")
        == ["bread butter 2", "bread jam 2", "butter bread 2", "jam bread 2"])
  }

  /// The second order of Ann begins after the range.
  @Test func during() throws {
    #expect(
      try log().ask("RULES OF purchase.item SAME order DURING @2026-03-01 TO @2026-03-02 WITH min_confidence = 0")
        .isEmpty)
    #expect(
      try log().ask("RULES OF purchase.item SAME order DURING @2026-03-02 TO @2026-03-08", "if then orders")
        == ["bread jam 2", "jam bread 2"])
  }

  /// Each value of BY is mined by itself: Ann has two orders with bread and butter, Bob none alike.
  @Test func by() throws {
    #expect(
      try log().ask("RULES OF purchase.item SAME order BY country", "country if then orders support") == [
        "TR bread butter 2 1.0", "TR butter bread 2 1.0",
      ])
  }

  /// Ann's orders follow all four rules of two orders, Bob's the two of jam.
  @Test func perUser() throws {
    let statement = "RULES OF purchase.item SAME order WITH min_support = 0.5, min_confidence = 0.6 PER USER"
    #expect(try log().ask(statement) == ["ann 4", "bob 2"])
    #expect(try log().users("\(statement) WHERE rules_matched > 2") == "ann")
  }

  /// Butter has no group. A property of items is mined as well: of users, food is in both baskets.
  @Test func propertyOfItems() throws {
    #expect(try log().ask("RULES OF purchase.group WITH min_confidence = 0").isEmpty)
    #expect(
      try log().ask("SEGMENT users WHERE country = 'TR' RULES OF purchase.item SAME order", "if then")
        == ["bread butter", "butter bread"])
  }

  /// Bob's jam came after his bread; Ann's came at the same moment.
  @Test func ordered() throws {
    let log = try Log(
      """
      user time             event item
      ann  2026-03-01T10:00 view  a
      ann  2026-03-01T10:05 view  b
      bob  2026-03-01T10:00 view  a
      bob  2026-03-01T10:05 view  b
      cid  2026-03-01T10:00 view  b
      cid  2026-03-01T10:05 view  a
      """)
    #expect(
      try log.ask("RULES OF view.item WITH ordered = true", "if then orders confidence lift")
        == ["a b 2 0.666667 0.666667"])
  }

  /// Four orders and no rule: the receipt says what stands in the way.
  @Test func anEmptyResultExplainsItself() throws {
    let log = try log()
    #expect(
      try log.run("RULES OF purchase.item SAME order WITH min_support = 0.9").receipt.notes == [
        "4 baskets", "no two things come together in 4 baskets of 4: try a lower min_support",
      ])
    // Ann's two orders make rules, and of several values none is explained.
    let byCountry = try log.run("RULES OF purchase.item SAME order BY country WITH min_support = 0.9").receipt.notes
    #expect(byCountry.contains("4 baskets") && !byCountry.contains { $0.contains("try a lower") })
    #expect(
      try log.run("SEGMENT users WHERE country = 'DE' RULES OF purchase.item WITH min_support = 0.9").receipt.notes
        .count
        == 2)
    #expect(
      try log.run("RULES OF purchase.item SAME order WITH ordered = true, min_confidence = 0.9").receipt.notes == [
        "4 baskets", "2 sets come together often enough, and none is a rule: try a lower min_confidence",
      ])
  }

  @Test func badOptions() throws {
    let log = try log()
    #expect(log.refusal("RULES OF purchase.item WITH min_support = 2") == "E0308")
    #expect(log.refusal("RULES OF purchase.item WITH max_length = 1") == "E0308")
    #expect(log.refusal("RULES OF purchase.item WITH supports = 0.1") == "E0110")
    #expect(log.refusal("RULES OF purchase.time") == "E0303")
    #expect(log.refusal("EVENTS purchase RULES OF purchase.item") == "E0306")
    #expect(log.refusal("RULES OF purchase.item SAME colour") == "E0105")
  }

  /// A rule of few users tells who they are.
  @Test func privacy() throws {
    let log = try log()
    try log.run("SET PRIVACY THRESHOLD 2")
    #expect(
      try log.ask("RULES OF purchase.item SAME order WITH min_support = 0.5, min_confidence = 0.6", "if then")
        == ["bread jam", "jam bread"])
    #expect(log.refusal("RULES OF purchase.item PER USER") == "E0322")
  }
}
