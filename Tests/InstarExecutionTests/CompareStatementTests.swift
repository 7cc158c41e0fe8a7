import Testing

/// COMPARE and PROFILE SEGMENT as statements. Of the four who bought, three are from TR and one from DE; of the six who
/// did not, two are from TR, three from DE and one from nowhere known.
@Suite struct CompareStatementTests {
  private func log() throws -> Log {
    var lines = ["user time event amount item"]
    for (user, amount) in [("a", 10), ("b", 20), ("c", 30), ("d", 40)] {
      lines.append("\(user) 2026-03-02T20:00 visit - -")
      lines.append("\(user) 2026-03-02T20:10 purchase \(amount) book")
    }
    for user in ["e", "f", "g", "h", "i", "j"] { lines.append("\(user) 2026-03-03T09:00 visit - pen") }
    lines.append("a 2026-04-01 purchase 10 book")
    return try Log(
      lines.joined(separator: "\n"),
      users: """
        user country age
        a TR 20 \n b TR 30 \n c TR 40 \n d DE 50
        e TR 20 \n f TR 20 \n g DE 30 \n h DE 30 \n i DE - \n j - -
        """, items: "item category \n book paper \n pen office",
      settings: [
        "SET GOAL EVENT purchase", "DEFINE SEGMENT buyers AS SEGMENT users WHERE did purchase",
        "DEFINE SEGMENT others AS SEGMENT users WHERE did not purchase",
      ])
  }

  /// Shares 3/4 and 2/6, 1/4 and 3/6, 0/4 and 1/6; the intervals are Newcombe's. h = 2 asin(root a) - 2 asin(root b):
  /// TR 2.0943951 - 1.2309594, DE 1.0471976 - 1.5707963, missing 0 - 0.8410687.
  @Test func texts() throws {
    #expect(
      try log().ask("COMPARE buyers WITH others ON country", "what value a b difference effect") == [
        "country TR 0.75 0.333333 0.416667 0.863436", "country - 0.0 0.166667 -0.166667 -0.841069",
        "country DE 0.25 0.5 -0.25 -0.523599",
      ])
    let interval = try log().rows("COMPARE buyers WITH others ON country WHERE value = 'TR'", "low high")[0]
    let (low, high) = (interval[0].number ?? 0, interval[1].number ?? 0)
    #expect(low < 0 && low > -0.3 && high > 0.6 && high < 0.8)
  }

  /// Ages 20 30 40 50 against 20 20 30 30: means 35 and 25, variances 500/3 and 100/3, so the effect is 10 / 10 = 1.
  @Test func numbers() throws {
    #expect(
      try log().ask("COMPARE buyers WITH others ON age", "what value a b difference effect")
        == ["age - 35.0 25.0 10.0 1.0"])
    let notes = try log().run("COMPARE buyers WITH others ON age").receipt.notes
    #expect(notes.contains("a = buyers (4 users), b = others (6 users)"))
    #expect(notes.contains("without age: 0 users of a, 2 of b"))
  }

  @Test func conditionsAndOrder() throws {
    #expect(
      try log().ask("COMPARE buyers WITH users ON did visit, age, country SORT BY effect DESC LIMIT 1", "what a")
        == ["country 0.75"])
    #expect(
      try log().ask("COMPARE buyers WITH others ON did purchase", "what value a b") == ["did purchase true 1.0 0.0"])
    #expect(
      try log().run("COMPARE buyers WITH users ON age").receipt.notes.contains(
        "4 users are on both sides; the intervals treat the sides as independent"))
  }

  /// At noon of 2 March nobody had bought; on the next day four had. DURING bounds what has no window of its own.
  @Test func moments() throws {
    let log = try log()
    #expect(
      try log.ask("COMPARE buyers WITH buyers AT @2026-03-15 ON count(purchase)", "a b") == ["1.25 1.0"])
    #expect(
      try log.run("COMPARE buyers WITH buyers AT @2026-03-01 ON age").receipt.notes.contains(
        "buyers AT @2026-03-01 has no users: there is nothing to compare"))
    #expect(
      try log.ask("COMPARE buyers WITH others ON count(purchase), count(visit EVER) DURING @2026-04", "what a b")
        .sorted() == ["count_purchase 0.25 0.0", "count_visit 0.0 0.0"])
    #expect(log.refusal("COMPARE buyers WITH buyers AT @2030-01-01 ON age") == "E0313")
  }

  /// Frozen lists and analyses are segments too.
  @Test func snapshotsAndChains() throws {
    let log = try log()
    try log.run("SEGMENT buyers SNAPSHOT AS first_buyers")
    try log.run("FUNNEL visit THEN purchase WITHIN 1 DAY PER USER WHERE reached = 1 SAVE AS SEGMENT stuck")
    #expect(try log.ask("COMPARE first_buyers WITH stuck ON age", "a b") == ["35.0 25.0"])
    #expect(try log.ask("COMPARE stuck AT @2026-03-10 WITH stuck ON count(visit)", "a b") == ["1.0 1.0"])
  }

  @Test func badInput() throws {
    let log = try log()
    #expect(log.refusal("COMPARE buyer WITH others ON age") == "E0103")
    #expect(log.refusal("COMPARE buyers WITH others ON first_seen") == "E0303")
    #expect(log.refusal("COMPARE buyers WITH others ON age WITH top = 3") == "E0110")
    #expect(log.refusal("COMPARE buyers WITH others ON age, age") == "E0314")
  }

  @Test func privacy() throws {
    let log = try log()
    try log.run("SET PRIVACY THRESHOLD 2")
    // One from DE among the buyers, one from nowhere among the others.
    #expect(try log.ask("COMPARE buyers WITH others ON country", "value") == ["TR"])
    #expect(try log.run("COMPARE buyers WITH others ON country").receipt.suppressedRows == 2)
    try log.run("SET PRIVACY THRESHOLD 5")
    #expect(try log.ask("PROFILE SEGMENT buyers", "property") == ["segment"])
  }

  // MARK: - Portraits

  @Test func portrait() throws {
    let lines = try log().rows("PROFILE SEGMENT buyers").map { $0.map(\.cell).joined(separator: " | ") }
    #expect(lines[0] == "segment | buyers | everybody")
    #expect(lines[1] == "users | 4 (40 %) | 10")
    #expect(lines.contains("revenue | 110 (100 %) | 110"))
    #expect(lines.contains("frequency, mean | 1.25 | 0.5"))
    #expect(lines.contains("age, mean | 35 | 30"))
    // Closed: 29 days from 2 March to 1 April. Open gaps: none is longer, so at 29 days the three others are at risk too.
    #expect(lines.contains("purchase again, half within | never (of closed gaps 29) | never (of closed gaps 29)"))
    // Eight of their nine events were on a Monday; of all fifteen six on a Tuesday and one on a Wednesday.
    #expect(lines.contains("busiest weekday | Monday (88.9 %) | Monday (53.3 %)"))
    #expect(lines.contains("busiest hour | 20:00 to 21:00 (88.9 %) | 20:00 to 21:00 (53.3 %)"))
    #expect(lines.contains("country | TR (75 %), DE (25 %) | TR (50 %), DE (40 %)"))
    #expect(lines.contains("top_category | paper (100 %) | office (60 %), paper (40 %)"))
    // The eight with the largest effects: h = -1.77 for the stage, 1.37 for the category.
    #expect(lines.filter { $0.hasPrefix("differs") }.count == 8)
    #expect(lines.contains("differs: stage = acquired | 0 % | 60 %"))
    #expect(lines.contains("differs: top_category = paper | 100 % | 40 %"))
  }

  @Test func portraitOfNobodyAndOfAll() throws {
    let log = try log()
    try log.run("DEFINE SEGMENT nobody AS SEGMENT users WHERE age > 99")
    #expect(try log.ask("PROFILE SEGMENT nobody", "property value") == ["segment nobody", "users 0 (0 %)"])
    let all = try log.ask("PROFILE SEGMENT users", "property value everybody")
    #expect(all.contains("users 10 (100 %) 10") && !all.contains { $0.hasPrefix("differs") })
    #expect(log.refusal("PROFILE SEGMENT buyer") == "E0103")
  }
}
