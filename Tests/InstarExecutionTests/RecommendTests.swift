import InstarColumns
import InstarStorage
import Testing

/// RECOMMEND on stores where the answer is known.
@Suite struct RecommendTests {
  private static let purchases = ["SET GOAL EVENT purchase", "DEFINE CATALOG purchase WEIGHT 5 CONSUMES"]

  /// Four buyers of milk and bread; `new` has done nothing with items; `back` returned bread.
  private func shop(items: String = "", users: String = "") throws -> Log {
    try Log(
      """
      user time event item
      a 1d purchase milk
      a 2d purchase bread
      a 3d purchase jam
      b 1d purchase milk
      b 2d purchase bread
      c 1d purchase milk
      c 4d purchase jam
      back 1d purchase milk
      back 2d purchase bread
      back 3d return bread
      new 5d visit -
      """, users: users, items: items, settings: Self.purchases)
  }

  // MARK: What may be shown

  @Test func aReturnedItemDoesNotComeBack() throws {
    let log = try shop()
    #expect(try log.ask("RECOMMEND 5 FOR USER 'back'", "item") == ["jam"])
    #expect(try log.ask("RECOMMEND 5 USERS FOR ITEM 'bread'", "user") == ["c"])
  }

  @Test func severalOnlyMustAllHold() throws {
    let log = try shop()
    let both = "RECOMMEND 5 FOR USER 'back' ONLY purchase ONLY return USING taste, popular"
    #expect(try log.ask(both, "item") == ["bread"])
  }

  @Test func aFilterMayCompareTheItemWithTheUser() throws {
    let log = try shop(
      items: "item risk \n milk 1 \n bread 2 \n jam 3", users: "user limit \n b 3 \n c 1 \n back 2 \n new 2")
    let plan = "SEGMENT users RECOMMEND 5 ITEMS[risk <= user.limit] EXCLUDING NOTHING USING popular"
    let rows = try log.ask(plan, "user item").sorted()
    #expect(
      rows == [
        "b bread", "b jam", "b milk", "back bread", "back milk", "c milk", "new bread", "new milk",
      ])
  }

  // MARK: Cold start

  @Test func aNewUserGetsWhatIsPopular() throws {
    let log = try shop()
    let result = try log.run("RECOMMEND 2 FOR USER 'new'")
    #expect(result.receipt.notes.contains { $0.contains("rows by source: popular 2") })
    #expect(try log.ask("RECOMMEND 2 FOR USER 'new'", "item source") == ["milk popular", "bread popular"])
  }

  @Test func aNewItemIsFoundByItsDescription() throws {
    let log = try shop(items: "item kind \n milk drink \n juice drink \n bread food \n jam spread")
    let rows = try log.ask("RECOMMEND 5 FOR USER 'a'", "item source")
    #expect(rows == ["juice content"], "nobody had juice, and it is a drink like milk")
  }

  /// Five have milk and bread; a has milk alone, and of the two new items juice is a drink.
  @Test func aShelfOfNovelties() throws {
    let known = (0..<5).map { "u\($0) 1d purchase milk \n u\($0) 2d purchase bread" }.joined(separator: " \n ")
    let log = try Log(
      "user time event item \n \(known) \n a 3d purchase milk",
      items: "item kind \n milk drink \n juice drink \n bread food \n rice food", settings: Self.purchases)
    let rows = try log.ask("RECOMMEND 5 FOR USER 'a' USING transfer", "item source")
    #expect(rows.contains("juice transfer"))
    #expect(rows.allSatisfy { !$0.hasPrefix("milk") && !$0.hasPrefix("bread") }, "known items are not new")
    let result = try log.run("RECOMMEND 5 FOR USER 'a' USING hybrid, transfer, popular")
    #expect(result.receipt.notes.contains { $0.hasPrefix("rows by source: hybrid 1, transfer ") })
  }

  @Test func aFilterThatLeavesThreeGivesThree() throws {
    let log = try shop(items: "item price \n milk 1 \n bread 2 \n jam 3 \n gold 900")
    let result = try log.run("RECOMMEND 10 ITEMS[price < 100] FOR USER 'new'")
    #expect(result.rowCount == 3)
    #expect(result.receipt.notes.contains { $0.contains("1 list is shorter than 10") })
  }

  @Test func whoHasEverythingGetsNothing() throws {
    let log = try shop()
    let result = try log.run("RECOMMEND 5 FOR USER 'a'")
    #expect(result.rowCount == 0)
    #expect(result.receipt.notes.contains { $0.contains("1 list is shorter than 5: no further item may be shown") })
  }

  @Test func oneItemForMany() throws {
    let log = try Log("user time event item \n a 1d purchase milk \n b 2d visit -", settings: Self.purchases)
    let result = try log.run("SEGMENT users RECOMMEND 5")
    #expect(try log.ask("SEGMENT users RECOMMEND 5", "user item source") == ["b milk popular"])
    #expect(result.receipt.notes.contains("rows by source: popular 1"))
    #expect(result.receipt.notes.contains { $0.contains("2 lists are shorter than 5") })
  }

  @Test func aCatalogueThatNobodyBoughtFrom() throws {
    let log = try Log(
      "user time event item \n a 1d view milk \n a 2d purchase -", items: "item kind \n milk drink \n juice drink",
      settings: Self.purchases)
    let result = try log.run("RECOMMEND 5 FOR USER 'a'")
    #expect(result.rowCount == 0, "nobody has bought anything, and a view is no purchase")
    #expect(result.receipt.notes.contains { $0.contains("1 list is shorter than 5") })
  }

  @Test func oneUserWithOneItem() throws {
    let log = try Log("user time event item \n a 1d purchase milk", settings: Self.purchases)
    #expect(try log.ask("RECOMMEND 5 FOR USER 'a'", "item") == [])
    #expect(try log.ask("RECOMMEND 5 FOR USER 'a' EXCLUDING NOTHING", "item source") == ["milk popular"])
  }

  @Test func aStoreWithoutItemsSaysSo() throws {
    let log = try Log("user time event \n a 1d visit")
    #expect(log.refusal("SEGMENT users RECOMMEND 5") != "")
  }

  // MARK: Methods

  @Test(arguments: ["next", "taste", "cooc", "userknn", "als", "trend", "popular", "hybrid"])
  func everyMethodKnowsTheShop(method: String) throws {
    // jam is all that b has not had.
    #expect(try shop().ask("RECOMMEND 5 FOR USER 'b' USING \(method)", "item source") == ["jam \(method)"])
  }

  @Test(arguments: ["normalised", "cosine", "conditional", "rp3beta", "gfcf"]) func measuresOfCooc(measure: String)
    throws
  {
    let log = try shop()
    let score = Double(
      try log.value("RECOMMEND 5 LIKE ITEM 'jam' EXCLUDING NOTHING USING cooc WITH measure = \(measure)", "score")
        .split(separator: ",").first ?? "")
    // Of the two who like jam, a (3 items) and c (2 items), both like milk, whom four like (back's bread fell to zero).
    let (a, c, milk, jam) = (3.0, 2.0, 4.0, 2.0)
    func expected(_ source: Double, _ user: Double, _ target: Double) -> Double {
      func power(_ base: Double, _ exponent: Double) -> Double {
        exponent == 0 ? 1 : exponent == 1 ? base : exponent == 0.5 ? base.squareRoot() : .nan
      }
      return (1 / power(a, user) + 1 / power(c, user)) / (power(jam, source) * power(milk, target))
    }
    switch measure {
    case "cosine": #expect(abs((score ?? 0) - expected(0.5, 0, 0.5)) < 1e-5)
    case "conditional": #expect(abs((score ?? 0) - expected(1, 0, 0)) < 1e-5)
    case "rp3beta": #expect(abs((score ?? 0) - expected(1, 1, 0.5)) < 1e-5)
    case "gfcf": #expect(abs((score ?? 0) - expected(0.5, 1, 0.5)) < 1e-5)
    default: #expect((score ?? 0) > 0)
    }
  }

  @Test func communityServesThoseWhoFollow() throws {
    let log = try Log(
      """
      user time event item
      a 1d purchase milk
      a 2d purchase jam
      b 1d purchase milk
      new 3d follow a
      new 3d follow b
      new 3d follow nobody
      alone 3d visit -
      """, settings: Self.purchases)
    let plan = "USING community, popular WITH relation = follow"
    #expect(
      try log.ask("RECOMMEND 5 FOR USER 'new' \(plan)", "item score source") == [
        "milk 1.0 community", "jam 0.5 community",
      ])
    #expect(try log.ask("RECOMMEND 1 FOR USER 'alone' \(plan)", "item source") == ["milk popular"])
    #expect(
      try log.value("RECOMMEND 1 FOR USER 'new' \(plan) WHY", "why")
        == "because of liked by those whom the user follows (1.0)")
    #expect(log.refusal("RECOMMEND 5 FOR USER 'new' USING community") == "E0308")
  }

  @Test func usersLikeThoseOfASegment() throws {
    // Of the group v1, v2 everybody has gold; w has it too, x has milk as most do, y has gold and milk.
    let log = try Log(
      """
      user time event item
      v1 1d purchase gold
      v2 1d purchase gold
      w 1d purchase gold
      x 1d purchase milk
      y 1d purchase gold
      y 2d purchase milk
      z 1d purchase milk
      """, users: "user vip \n v1 true \n v2 true \n w false \n x false \n y false \n z false",
      settings: Self.purchases + ["DEFINE SEGMENT best AS SEGMENT users WHERE vip = true"])
    // gold: n = 4, s = 2; milk: n = 3, s = 0; with one more each N = 9, S = 4. ln(3 x 9 / (5 x 4)) = .300, and
    // ln(1 x 9 / (4 x 4)) = -.575, so y has (.300 - .575)/sqrt(2) < 0.
    #expect(try log.ask("RECOMMEND 5 USERS LIKE SEGMENT best", "user score source") == ["w 0.300105 lookalikes"])
    #expect(try log.ask("RECOMMEND 5 USERS LIKE USER 'x'", "user") == ["z"])
    #expect(log.refusal("RECOMMEND 5 LIKE SEGMENT best") == "E0306")
  }

  /// Nor on how the log lies in the file: in one piece, in two appends, or compacted.
  @Test func resultsDoNotDependOnThreads() throws {
    let events = Log.trialEvents()
    let plan = "SEGMENT users RECOMMEND 5 WITH diversity = 0.2, rerank = dpp WHY 2"
    let one = try Log(events, settings: Self.purchases, threads: 1).ask(plan)
    let two = try Log(events, settings: Self.purchases, threads: 2).ask(plan)
    #expect(one == two)
    #expect(!one.isEmpty)
    let parts = try Log(Array(events.prefix(40)), settings: Self.purchases, threads: 2)
    try parts.store.append(Array(events.dropFirst(40)))
    #expect(try parts.ask(plan) == one)
    try parts.store.compact()
    #expect(try parts.ask(plan) == one)
  }

  // MARK: EVALUATE RECOMMEND

  /// On day 9 the user of the pair (a, b) who had a alone turns to b: taste knows, popularity does not.
  @Test func aTrialJudgesByWhatCameAfter() throws {
    let log = try Log(Log.trialEvents(), settings: Self.purchases)
    let rows = try log.ask(
      "EVALUATE RECOMMEND 1 USING taste WITH holdout = 2 DAYS", "method metric users value standard_error")
    #expect(rows.contains("taste ndcg 6 1.0 0.0"), "\(rows)")
    #expect(rows.contains("taste precision 6 1.0 0.0"))
    #expect(rows.contains("popular ndcg 6 0.0 0.0"), "the most popular item is not among those that follow")
    #expect(rows.contains { $0.hasPrefix("trend coverage 6 ") })
    #expect(rows.count == 30)
    let differences = try log.ask(
      "EVALUATE RECOMMEND 1 USING taste WITH holdout = 2 DAYS", "method metric difference lower upper")
    #expect(differences.contains("taste ndcg - - -"))
    #expect(differences.contains("popular ndcg -1.0 -1.0 -1.0"))
  }

  /// Of the six who buy on day 9 two belong to the pair 0, and one of them had looked at what he bought.
  @Test func aTrialMayJudgeSomeUsersOrItems() throws {
    var events = Log.trialEvents()
    events.append(EventRecord(user: "late0_0", type: "view", time: Log.origin + 6 * 86_400_000, item: "q0"))
    let log = try Log(events, settings: Self.purchases)
    func judged(_ sentence: String) throws -> [String] {
      try log.ask("EVALUATE \(sentence) USING taste WITH holdout = 2 DAYS", "method metric users value")
        .filter { $0.hasPrefix("taste ndcg") }
    }
    #expect(try judged("SEGMENT users WHERE did purchase[item = 'p0'] RECOMMEND 1") == ["taste ndcg 2 1.0"])
    #expect(try judged("RECOMMEND 1 EXCLUDING view IN LAST 5 DAYS") == ["taste ndcg 5 1.0"])
    #expect(try judged("RECOMMEND 1 ONLY view") == ["taste ndcg 1 1.0"])
    #expect(try judged("RECOMMEND 1 EXCLUDING view IN LAST 12 HOURS") == ["taste ndcg 6 1.0"])
    #expect(log.refusal("EVALUATE SEGMENT users WHERE did nothing RECOMMEND 1") != "")
  }

  @Test func leaveLastIsLabelledLeaky() throws {
    let log = try Log(Log.trialEvents(), settings: Self.purchases)
    let result = try log.run("EVALUATE RECOMMEND 3 USING hybrid, taste WITH protocol = leave_last")
    #expect(result.receipt.notes.contains { $0.hasPrefix("LEAKY") })
    #expect(result.rowCount == 40)
  }

  @Test func whatATrialCannotJudgeIsRefused() throws {
    let log = try Log(Log.trialEvents(), settings: Self.purchases)
    #expect(log.refusal("EVALUATE RECOMMEND 3 WITH holdout = 400 DAYS") == "E0408")
    #expect(log.refusal("EVALUATE RECOMMEND 3 FOR USER 'u1'") == "E0306")
    #expect(log.refusal("EVALUATE RECOMMEND 3 ONLY purchase WITH protocol = leave_last") == "E0306")
    #expect(log.refusal("EVALUATE RECOMMEND 3 WITH protocol = random") == "E0308")
    #expect(log.refusal("EVALUATE RECOMMEND 3 WITH holdout = 0 DAYS") == "E0308")
  }
}

extension Log {
  /// Days 0 to 7: 8 users have both items of the pair p0/q0, 8 others those of p1/q1, and so on for three pairs; 20 users
  /// have the item `hit`. Two users of each pair have p alone, and buy q on day 9.
  static func trialEvents() -> [EventRecord] {
    var events: [EventRecord] = []
    func buy(_ user: String, _ item: String, day: Int64) {
      events.append(EventRecord(user: user, type: "purchase", time: origin + day * 86_400_000, item: item))
    }
    for pair in 0..<3 {
      for user in 0..<8 {
        buy("both\(pair)_\(user)", "p\(pair)", day: Int64(user % 4))
        buy("both\(pair)_\(user)", "q\(pair)", day: Int64(4 + user % 4))
      }
      for user in 0..<2 {
        buy("late\(pair)_\(user)", "p\(pair)", day: 3)
        buy("late\(pair)_\(user)", "q\(pair)", day: 9)
      }
    }
    for user in 0..<20 { buy("fan\(user)", "hit", day: Int64(user % 7)) }
    return events
  }
}
