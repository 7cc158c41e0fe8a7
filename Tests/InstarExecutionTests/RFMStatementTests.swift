import Testing

/// RFM as statements, on five buyers whose scores are easy to tell: the k-th bought k times, the last time k days later
/// than the first, for k each time. The sixth user buys nothing.
@Suite struct RFMStatementTests {
  private func log(threads: Int = 1) throws -> Log {
    var events = "user time event amount\n"
    for buyer in 1...5 {
      for number in 0..<buyer { events += "u\(buyer) 2026-03-0\(buyer)T0\(number):00 purchase \(buyer)\n" }
    }
    events += "u6 2026-03-01T00:00 visit -\n"
    return try Log(
      events, users: "user country \n u1 TR \n u2 TR \n u3 DE \n u4 DE \n u5 DE \n u6 DE",
      settings: ["SET CLOCK @2026-03-11"], threads: threads)
  }

  @Test func scores() throws {
    #expect(
      try log().ask("RFM OF purchase.amount INTO 5", "user frequency monetary r f m score label") == [
        "u1 1 1.0 1 1 1 111 lost",
        "u2 2 4.0 2 2 2 222 loyal",
        "u3 3 9.0 3 3 3 333 potential loyalist",
        "u4 4 16.0 4 4 4 444 potential loyalist",
        "u5 5 25.0 5 5 5 555 champions",
      ])
    #expect(
      try log().run("RFM OF purchase.amount").columns.map(\.name) == [
        "user", "recency", "frequency", "monetary", "r", "f", "m", "score", "label",
      ])
    // u1 bought on 1 March at midnight, ten days before.
    #expect(try log().value("RFM OF purchase.amount WHERE user = 'u1'", "recency") == "10.0")
  }

  /// Two users: midranks 1 and 2 of two scores; labels still speak of fifths.
  @Test func otherNumbersOfScores() throws {
    #expect(
      try log().ask("SEGMENT users WHERE count(purchase) IN (1, 5) RFM OF purchase.amount INTO 2", "user score") == [
        "u1 111", "u5 222",
      ])
  }

  @Test func during() throws {
    #expect(
      try log().ask("RFM OF purchase.amount DURING @2026-03-04 TO @2026-03-05", "user frequency") == ["u4 4", "u5 5"])
  }

  /// Scores within each country. Of two users the scores are 1 + floor(5 (1 - 1/2) / 2) = 2 and
  /// 1 + floor(5 (2 - 1/2) / 2) = 4; of three 1, 3 and 5.
  @Test func withinGroups() throws {
    #expect(
      try log().ask("RFM OF purchase.amount BY country", "country user r") == [
        "TR u1 2", "TR u2 4", "DE u3 1", "DE u4 3", "DE u5 5",
      ])
  }

  /// (r + 2 f + m) / 4.
  @Test func weights() throws {
    #expect(
      try log().ask("RFM OF purchase.amount WITH weights = (1, 2, 1)", "user score") == [
        "u1 1.0", "u2 2.0", "u3 3.0", "u4 4.0", "u5 5.0",
      ])
    #expect(try log().refusal("RFM OF purchase.amount WITH weights = (1, 2)") == "E0308")
  }

  @Test func aSetOfUsers() throws {
    let log = try log()
    try log.run("RFM OF purchase.amount WHERE label = 'champions' SAVE AS SEGMENT best")
    #expect(try log.users("SEGMENT best") == "u5")
  }

  @Test func refusals() throws {
    let log = try log()
    #expect(log.refusal("RFM OF purchase.amount INTO 1") == "E0308")
    #expect(log.refusal("RFM OF purchase.amount INTO AUTO") == "E0308")
    #expect(log.refusal("RFM OF purchase.event") == "E0303")
    #expect(log.refusal("RFM OF purchase.amount BY WEEK") == "E0321")
  }

  @Test func explains() throws {
    #expect(
      try log().ask("EXPLAIN RFM OF purchase.amount", "text").joined(separator: "\n").contains(
        "users scored 1 to 5 by recency(purchase), count(purchase) and sum(purchase.amount)"))
  }
}
