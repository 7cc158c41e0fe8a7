import Testing

/// CLUSTER as statements. Ten users bought once for 10, five bought five times for 100 each.
@Suite struct ClusterStatementTests {
  /// The last two of the five came only after the middle of the year.
  private func log(threads: Int = 1) throws -> Log {
    var lines = ["user time event amount"]
    for user in 0..<10 { lines.append("s\(user) 2026-01-0\(1 + user % 9) purchase 10") }
    for user in 0..<5 {
      for time in 0..<5 {
        let month = user < 3 ? 1 + time : 5
        lines.append("b\(user) 2026-0\(month)-2\(time) purchase 100")
      }
    }
    lines.append("v 2026-01-01 visit -")
    var users = "user country"
    for user in 0..<10 { users += "\n s\(user) \(user < 5 ? "TR" : "DE")" }
    for user in 0..<5 { users += "\n b\(user) TR" }
    return try Log(
      lines.joined(separator: "\n"), users: users, settings: ["SET GOAL EVENT purchase"], threads: threads)
  }

  /// Centres in orders and money. 30 days before the end of 2026-05-24 three had bought four times and ten once; the
  /// three bought again.
  @Test(arguments: [1, 2]) func centresAndForwardRate(_ threads: Int) throws {
    let log = try log(threads: threads)
    let statement = "SEGMENT users WHERE did purchase CLUSTER INTO 2 ON frequency, monetary WITH horizon = 30 DAYS"
    #expect(
      try log.ask(statement, "cluster users share frequency monetary silhouette forward_users forward_rate") == [
        "1 10 0.666667 1.0 10.0 1.0 10 0.0", "2 5 0.333333 5.0 500.0 1.0 3 1.0",
      ])
    #expect(
      try log.run(statement).columns.map(\.name) == [
        "cluster", "users", "share", "frequency", "monetary", "silhouette", "forward_users", "forward_rate",
      ])
  }

  /// Of 2 to 6 two has the best silhouette: there are only two different users.
  @Test func auto() throws {
    #expect(
      try log().ask(
        "SEGMENT users WHERE did purchase CLUSTER INTO AUTO ON count(purchase), sum(purchase.amount)", "users")
        == ["10", "5"])
    let table = try log().run("SEGMENT users WHERE did purchase CLUSTER INTO 6 ON frequency")
    #expect(table.rowCount == 2)
    #expect(table.receipt.notes.contains("only 2 different users: as many clusters"))
    #expect(table.receipt.notes.contains("silhouette 1.0 over 15 users"))
  }

  @Test func perUser() throws {
    let log = try log()
    let statement = "SEGMENT users WHERE did purchase CLUSTER INTO 2 ON frequency, monetary PER USER"
    #expect(try log.users("\(statement) WHERE cluster = 2") == "b0 b1 b2 b3 b4")
    #expect(try log.run(statement).columns.map(\.name) == ["user", "cluster", "distance"])
    #expect(
      try log.ask("\(statement) AGGREGATE users() AS n, max(distance) AS far BY cluster SORT BY cluster") == [
        "1 10 0.0", "2 5 0.0",
      ])
  }

  /// Who has no value is in no cluster, and the receipt counts him.
  @Test func missingFigures() throws {
    let table = try log().run("CLUSTER INTO 2 ON recency(purchase)")
    #expect(table.receipt.notes.contains("1 users have no recency_purchase: they are in no cluster"))
  }

  /// Each value of BY is clustered by itself.
  @Test func by() throws {
    #expect(
      try log().ask("SEGMENT users WHERE did purchase CLUSTER INTO 2 ON frequency BY country", "country cluster users")
        == ["DE 1 5", "TR 1 5", "TR 2 5"])
  }

  /// In January three of the five had bought once, as the ten had; the other two had not bought.
  @Test func during() throws {
    #expect(
      try log().ask("SEGMENT users WHERE did purchase CLUSTER INTO 3 ON frequency DURING @2026-01", "users frequency")
        == ["13 1.0", "2 0.0"])
  }

  /// Conditions count as 0 and 1.
  @Test func conditions() throws {
    #expect(
      try log().ask("CLUSTER INTO 2 ON did purchase AT LEAST 2 TIMES", "users").sorted() == ["11", "5"])
  }

  @Test func ofATable() throws {
    #expect(
      try log().ask("RFM OF purchase.amount WHERE label != 'none' CLUSTER INTO 2 ON count(purchase)", "users")
        == ["10", "5"])
  }

  @Test func badInput() throws {
    let log = try log()
    #expect(log.refusal("CLUSTER INTO 0 ON frequency") == "E0308")
    #expect(log.refusal("CLUSTER INTO 4 ON country") == "E0303")
    #expect(log.refusal("CLUSTER INTO 4 ON frequency USING dbscan") == "E0308")
    #expect(log.refusal("CLUSTER INTO 4 ON frequency WITH restarts = 3") == "E0110")
    #expect(log.refusal("CLUSTER INTO 4 ON frequency, frequency") == "E0314")
    #expect(try log.run("SEGMENT users WHERE country = 'FR' CLUSTER INTO 4 ON frequency").rowCount == 0)
  }

  @Test func privacy() throws {
    let log = try log()
    try log.run("SET PRIVACY THRESHOLD 6")
    #expect(try log.ask("SEGMENT users WHERE did purchase CLUSTER INTO 2 ON frequency", "users") == ["10"])
    #expect(log.refusal("CLUSTER INTO 2 ON frequency PER USER") == "E0322")
  }
}
