import InstarColumns
import InstarStorage
import Testing

/// LINK, UNLINK and SHOW LINKS: identities are joined where events are read.
@Suite struct IdentityTests {
  static let shop = """
    user    time             event    amount
    anon-1  2026-01-01T10:00 visit    -
    anon-1  2026-01-05T10:00 visit    -
    ann     2026-01-02T10:00 signup   -
    ann     2026-01-06T10:00 purchase 10
    anon-2  2026-01-03T10:00 visit    -
    bob     2026-01-04T10:00 purchase 5
    """

  @Test func aLinkedUserIsOneUser() throws {
    let log = try Log(Self.shop)
    #expect(try log.ask("FUNNEL visit THEN purchase WITHIN 30 DAYS", "users") == ["2", "0"])
    try log.run("LINK USER 'anon-1' TO 'ann'; LINK USER 'anon-2' TO 'anon-1'")
    #expect(try log.users("SEGMENT users") == "ann bob")
    #expect(try log.ask("FUNNEL visit THEN purchase WITHIN 30 DAYS", "users") == ["1", "1"])
    #expect(
      try log.ask("SEGMENT users ADD n = count(event), v = count(visit), s = sum(purchase.amount) KEEP user, n, v, s")
        == ["ann 5 3 10.0", "bob 1 0 5.0"])
    #expect(
      try log.ask("TIMELINE USER 'anon-2' KEEP time, event")
        == [
          "2026-01-01T10:00 visit", "2026-01-02T10:00 signup", "2026-01-03T10:00 visit", "2026-01-05T10:00 visit",
          "2026-01-06T10:00 purchase",
        ])
    #expect(try log.ask("PROFILE USER 'anon-2' WHERE property = 'visit events'", "value") == ["3"])
    let receipt = try log.run("SEGMENT users").receipt
    #expect(receipt.notes.contains("identity: 2 links applied"))
    try log.run("UNLINK USER 'anon-1'")
    #expect(try log.users("SEGMENT users") == "ann anon-1 bob", "anon-2 is still anon-1")
    try log.run("UNLINK USER 'anon-2'")
    #expect(try log.users("SEGMENT users") == "ann anon-1 anon-2 bob")
    #expect(try log.run("SEGMENT users").receipt.notes.isEmpty)
  }

  /// AS OF sees the links of its moment.
  @Test func linksAreDated() throws {
    let log = try Log(Self.shop)
    try log.run("LINK USER 'anon-1' TO 'ann' SINCE @2026-01-03")
    #expect(try log.users("AS OF @2026-01-03 SEGMENT users") == "ann anon-1", "a link is seen behind its moment")
    #expect(try log.users("AS OF @2026-01-04 SEGMENT users") == "ann anon-2")
    #expect(try log.ask("SHOW LINKS") == ["anon-1 ann 2026-01-03 -"])
    try log.run("UNLINK USER 'anon-1'")
    #expect(try log.users("SEGMENT users") == "ann anon-1 anon-2 bob")
    #expect(try log.users("AS OF @2026-01-05 SEGMENT users") == "ann anon-2 bob")
    #expect(try log.ask("SHOW LINKS") == ["anon-1 ann 2026-01-03 2026-01-06T10:00"])
    try log.run("LINK USER 'anon-1' TO 'bob' SINCE @2026-01-05")
    #expect(try log.ask("SHOW LINKS", "user linked_to") == ["anon-1 ann", "anon-1 bob"])
  }

  @Test func whatCannotBeLinkedIsRefused() throws {
    let log = try Log(Self.shop)
    #expect(log.refusal("LINK USER 'anon-1' TO 'nobody'") == "E0121")
    #expect(log.refusal("LINK USER 'ann' TO 'ann'") == "E0308")
    #expect(log.refusal("UNLINK USER 'ann'") == "E0132")
    #expect(log.refusal("LINK USER 'ann' TO 'bob' SINCE @2027-01-01") == "E0331")
    try log.run("LINK USER 'anon-1' TO 'ann'; LINK USER 'anon-2' TO 'anon-1'")
    #expect(log.refusal("LINK USER 'ann' TO 'anon-2'") == "E0131")
    #expect(log.refusal("SET PRIVACY THRESHOLD 5; SHOW LINKS") == "E0322")
  }

  /// Lists that were frozen before the link name the person by his old identity.
  @Test func frozenListsFollowTheLinks() throws {
    let log = try Log(Self.shop)
    try log.run("SEGMENT users WHERE did visit SNAPSHOT AS visitors")
    #expect(try log.users("SEGMENT visitors") == "anon-1 anon-2")
    try log.run("LINK USER 'anon-1' TO 'ann'")
    #expect(try log.users("SEGMENT visitors") == "ann anon-2")
  }

  @Test func everyChangeIsInTheAudit() throws {
    let log = try Log(Self.shop)
    try log.run("LINK USER 'anon-1' TO 'ann'; UNLINK USER 'anon-1'; CONSENT USER 'ann' TO analytics")
    #expect(
      try log.ask("SHOW AUDIT", "entry text") == [
        "0 linked user 0 to user 1", "1 ended the link of user 0", "2 user 1 consented to analytics",
      ])
  }

  /// A log with links answers as the log whose events name the person, over several runs and recent events.
  @Test func linksEqualRenamedUsers() throws {
    let seed = Int.random(in: 0..<100_000)
    var random = SplitMix(seed)
    let count = 400
    func name(_ user: Int) -> String { "u\(user)" }
    var root = Array(0..<count)
    for _ in 0..<80 {
      let (own, other) = (Int.random(in: 0..<count, using: &random), Int.random(in: 0..<count, using: &random))
      let hasMembers = root.indices.contains { root[$0] == own && $0 != own }
      if own != other, root[own] == own, root[other] == other, !hasMembers { root[own] = other }
    }
    // Every time occurs once, so that no order is left open.
    var times = Array(0..<Int64(6_000)).shuffled(using: &random)
    var parts: [[EventRecord]] = []
    for size in [4_000, 600, 300, 100] {
      parts.append(
        (0..<size).map { _ in
          EventRecord(
            user: name(Int.random(in: 0..<count, using: &random)),
            type: ["visit", "cart", "purchase"].randomElement(using: &random)!,
            time: Log.origin + times.removeLast() * 600_000,
            item: Bool.random(using: &random) ? "i\(Int.random(in: 0..<20, using: &random))" : nil,
            amount: Bool.random(using: &random) ? Double(Int.random(in: 1...99, using: &random)) : nil)
        })
    }
    let numbers = Dictionary(uniqueKeysWithValues: (0..<count).map { (name($0), $0) })
    let (linked, renamed) = (try Log([], threads: 2), try Log([], threads: 2))
    for (number, part) in parts.enumerated() {
      try linked.store.append(part)
      try renamed.store.append(
        part.map { event in
          var copy = event
          copy.user = name(root[numbers[event.user]!])
          return copy
        })
      guard number < parts.count - 1 else { continue }
      for log in [linked, renamed] { try log.store.write { try $0.sealRecentEvents() } }
    }
    // With 5,000 events of 400 users hardly one has none, and a store does not know that one.
    let known = Set(parts.joined().map(\.user))
    for own in 0..<count where root[own] != own && known.contains(name(own)) && known.contains(name(root[own])) {
      try linked.run("LINK USER '\(name(own))' TO '\(name(root[own]))' SINCE @2026-01-01")
    }
    for question in [
      "SEGMENT users ADD n = count(event), s = sum(purchase.amount), f = first(event.time) KEEP user, n, s, f SORT BY user",
      "FUNNEL visit THEN cart THEN purchase WITHIN 5 DAYS", "STICKINESS OF visit DAYS PER WEEK",
      "SEGMENT users WHERE count(purchase) > 4 ADD v = count(visit) AGGREGATE users(), avg(v)",
      "EVENTS purchase AGGREGATE users(), count(), sum(amount) BY item",
      "RETENTION FROM FIRST visit RETURN purchase BY WEEK",
      "AS OF @2026-01-20 SEGMENT users AGGREGATE users()",
      "TIMELINE USER '\(name(root[7]))' KEEP time, event, item, amount",
    ] {
      #expect(try linked.ask(question) == renamed.ask(question), "seed \(seed): \(question)")
    }
    try linked.store.compact()
    let question = "SEGMENT users ADD n = count(event) KEEP user, n SORT BY user"
    #expect(try linked.ask(question) == renamed.ask(question), "seed \(seed)")
  }
}

/// CONSENT, WITHDRAW and SET CONSENT REQUIRED.
@Suite struct ConsentTests {
  @Test func onlyThoseWhoAgreeAreRead() throws {
    let log = try Log(IdentityTests.shop)
    try log.run("CONSENT USER 'ann' TO analytics, predict")
    #expect(try log.users("SEGMENT users") == "ann anon-1 anon-2 bob", "nothing is asked yet")
    try log.run("SET CONSENT REQUIRED FOR analytics")
    let table = try log.run("SEGMENT users")
    #expect(table.receipt.notes.contains("consent: 1 users agree to analytics; all others are left out"))
    #expect(try log.users("SEGMENT users") == "ann")
    #expect(try log.ask("EVENTS purchase AGGREGATE sum(amount)") == ["10.0"])
    #expect(try log.ask("FUNNEL visit THEN purchase", "users") == ["0", "0"])
    #expect(log.refusal("PROFILE USER 'bob'") == "E0133")
    #expect(try log.ask("TIMELINE USER 'bob' KEEP event").isEmpty)
    try log.run("WITHDRAW USER 'ann' FROM analytics")
    #expect(try log.users("SEGMENT users") == "")
    try log.run("SET CONSENT REQUIRED FOR nothing")
    #expect(try log.users("SEGMENT users") == "ann anon-1 anon-2 bob")
  }

  /// The last word by its date counts, of whichever identity of the person, and at every AS OF.
  @Test func theLastWordCounts() throws {
    let log = try Log(IdentityTests.shop)
    try log.run("SET CONSENT REQUIRED FOR analytics; CONSENT USER 'ann' TO analytics SINCE @2026-01-05")
    try log.run("WITHDRAW USER 'ann' FROM analytics SINCE @2026-01-03")
    #expect(try log.users("SEGMENT users") == "ann", "the withdrawal is the older word")
    #expect(try log.users("AS OF @2026-01-03 SEGMENT users") == "ann", "it is processing of today")
    try log.run("LINK USER 'anon-1' TO 'ann' SINCE @2026-01-01")
    #expect(try log.ask("SEGMENT users ADD n = count(event) KEEP user, n") == ["ann 4"])
    try log.run("WITHDRAW USER 'anon-1' FROM analytics SINCE @2026-01-06")
    #expect(try log.users("SEGMENT users") == "")
  }

  @Test func purposesAreApart() throws {
    let log = try Log(
      """
      user time event item
      ann  1d   purchase cup
      ann  2d   purchase pot
      bob  1d   purchase cup
      """)
    let question = "SEGMENT users RECOMMEND 1 USING popular"
    #expect(try log.ask(question, "user item") == ["bob pot"])
    try log.run("SET CONSENT REQUIRED FOR recommend; CONSENT USER 'bob' TO recommend")
    #expect(try log.ask(question, "user").isEmpty, "what ann bought is not learnt from")
    #expect(try log.users("SEGMENT users") == "ann bob")
    try log.run("CONSENT USER 'ann' TO recommend")
    #expect(try log.ask(question, "user item") == ["bob pot"])
    try log.run("WITHDRAW USER 'bob' FROM recommend")
    #expect(try log.ask(question, "user").isEmpty)
    #expect(try log.ask("RECOMMEND 1 FOR USER 'bob' USING popular", "user").isEmpty)
  }

  @Test func modelsLearnFromThoseWhoAgree() throws {
    let log = try PredictTests.log()
    let all = try log.ask("SEGMENT users WHERE did event IN LAST 60 DAYS KEEP user")
    for user in try log.ask("SEGMENT users KEEP user") { try log.run("CONSENT USER '\(user)' TO predict") }
    for user in all.suffix(20) { try log.run("WITHDRAW USER '\(user)' FROM predict") }
    try log.run("SET CONSENT REQUIRED FOR predict")
    let table = try log.run(
      "SEGMENT users WHERE did event IN LAST 60 DAYS PREDICT did not event IN NEXT 30 DAYS AS churn WITH every = 30 DAYS"
    )
    #expect(table.rowCount == all.count)
    let scores = table.column("churn")!
    #expect((0..<table.rowCount).count { scores[$0] == .missing } == 20)
    #expect(table.receipt.notes.contains { $0.hasPrefix("consent: ") && $0.contains("agree to predict") })
  }
}
