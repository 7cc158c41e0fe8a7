import InstarColumns
import InstarExecution
import InstarStorage
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Names that a store or a session keeps, and scripts.
@Suite struct DefinitionTests {
  private func shop() throws -> Log {
    try Log(
      """
      user time       event amount
      a    2026-01-10 buy   10
      a    2026-02-10 buy   200
      b    2026-02-15 buy   30
      c    2026-02-20 visit -
      """, users: "user country \n a TR \n b DE \n c TR")
  }

  private func append(_ log: Log, _ events: String) throws { try log.store.append(Log.records(events)) }

  @Test func aSegmentIsADefinition() throws {
    let log = try shop()
    try log.run("DEFINE SEGMENT buyers AS SEGMENT users WHERE did buy")
    #expect(try log.users("SEGMENT buyers") == "a b")
    #expect(try log.users("SEGMENT buyers WHERE country = 'TR'") == "a")
    #expect(try log.who("NOT IN buyers") == "c")
    #expect(try log.users("AS OF @2026-02-01 SEGMENT buyers") == "a")
    #expect(try log.who("IN buyers AT @2026-02-12") == "a")
    #expect(try log.who("IN buyers AND NOT IN buyers AT @2026-02-12") == "b")
    try append(log, "user time event \n c 2026-03-01 buy")
    #expect(try log.users("SEGMENT buyers") == "a b c")
    // A new definition takes the place of the old one.
    try log.run("DEFINE SEGMENT buyers AS SEGMENT users WHERE count(buy) >= 2")
    #expect(try log.users("SEGMENT buyers") == "a")
    try log.run("DROP SEGMENT buyers")
    #expect(log.refusal("SEGMENT buyers") != "")
  }

  @Test func aSnapshotIsAFrozenList() throws {
    let log = try shop()
    try log.run("SEGMENT users WHERE did buy SNAPSHOT AS spring")
    try append(log, "user time event \n c 2026-03-01 buy")
    #expect(try log.users("SEGMENT spring") == "a b")
    #expect(try log.who("NOT IN spring") == "c")
    #expect(try log.users("SEGMENT spring WHERE country = 'DE'") == "b")
    #expect(log.refusal("SEGMENT users SNAPSHOT AS spring") != "")
  }

  @Test func aChainSavedAsSegmentIsTheWholeChain() throws {
    let log = try shop()
    try log.run("FUNNEL visit THEN buy WITHIN 30 DAYS PER USER WHERE reached = 1 SAVE AS SEGMENT stuck")
    #expect(try log.users("SEGMENT stuck") == "c")
    #expect(try log.who("IN stuck AND country = 'TR'") == "c")
    try append(log, "user time event \n c 2026-03-01 buy \n d 2026-03-02 visit")
    #expect(try log.users("SEGMENT stuck") == "d")
    #expect(try log.users("AS OF @2026-02-25 SEGMENT stuck") == "c")
    #expect(try log.who("IN stuck AT @2026-02-25") == "c")
    try log.run("SEGMENT users ADD s = sum(buy.amount) SORT BY s DESC LIMIT 1 SAVE AS SEGMENT best")
    #expect(try log.users("SEGMENT best") == "a")
    #expect(try log.ask("SEGMENT best AGGREGATE users() AS n BY country") == ["TR 1"])
  }

  @Test func anEventIsAPattern() throws {
    let log = try shop()
    try log.run("DEFINE EVENT big AS buy[amount > 100] OR visit")
    #expect(try log.who("did big") == "a c")
    #expect(try log.who("did big[amount > 150]") == "a")
    #expect(try log.ask("EVENTS big AGGREGATE count() AS n", "n") == ["2"])
    #expect(try log.ask("FUNNEL buy THEN big", "users") == ["2", "1"])
  }

  @Test func anAttributeIsAnExpression() throws {
    let log = try shop()
    try log.run("DEFINE ATTRIBUTE mean AS sum(buy.amount) / count(buy)")
    try log.run("DEFINE ATTRIBUTE tier AS CASE WHEN mean > 100 THEN 'gold' WHEN mean > 0 THEN 'basic' ELSE 'none' END")
    #expect(try log.each("mean") == "105.0 30.0 -")
    #expect(try log.each("tier") == "gold basic none")
    #expect(try log.users("AS OF @2026-02-01 SEGMENT users WHERE tier = 'basic'") == "a")
    #expect(try log.who("tier AT @2026-02-01 = 'basic'") == "a")
    #expect(try log.ask("SEGMENT users AGGREGATE users() AS n BY tier") == ["basic 1", "gold 1", "none 1"])
  }

  @Test func aLifecycleOfOnesOwn() throws {
    let log = try shop()
    try log.run(
      "DEFINE LIFECYCLE shop AS STAGE prospect WHEN did not buy STAGE fresh WHEN count(buy) = 1 STAGE loyal WHEN did buy"
    )
    #expect(try log.each("shop") == "loyal fresh prospect")
    #expect(try log.ask("SEGMENT users AGGREGATE users() AS n BY shop") == ["fresh 1", "loyal 1", "prospect 1"])
  }

  @Test func letHoldsForTheSessionWithItsParameters() throws {
    let log = try shop()
    try log.run("LET recent = SEGMENT users WHERE did buy SINCE $since", ["since": .text("2026-02-12")])
    #expect(try log.users("SEGMENT recent") == "b")
    #expect(try log.who("IN recent") == "b")
    #expect(log.refusal("SEGMENT users WHERE did buy SINCE $since") != "")
    let other = Session()
    #expect(other.definitions.entries.isEmpty)
  }

  @Test func parametersAreValues() throws {
    let log = try shop()
    #expect(try log.who("country = $c", ["c": "TR"]) == "a c")
    #expect(try log.who("country = $c", ["c": "TR' OR 'a' = 'a"]) == "")
    #expect(try log.who("count(buy) >= $n", ["n": 2]) == "a")
    #expect(try log.who("did buy AT LEAST $n TIMES IN LAST $d DAYS", ["n": 1, "d": 11]) == "a b")
    #expect(try log.who("did buy IN LAST $d DAYS", ["d": 6]) == "b")
  }

  @Test func unknownEventsAreErrorsUnlessSetOtherwise() throws {
    let log = try shop()
    #expect(log.refusal("SEGMENT users WHERE did byu") == "E0102")
    try log.run("SET UNKNOWN EVENTS warn")
    #expect(try log.who("did not byu") == "a b c")
    #expect(try log.run("SEGMENT users WHERE did byu").receipt.notes.contains { $0.contains("byu") })
  }

  @Test func aNameIsTakenOnce() throws {
    let log = try Log("user time event \n a 1s buy", users: "user aov \n a 7")
    #expect(log.refusal("DEFINE ATTRIBUTE aov AS count(buy)") != "")
    #expect(try log.each("property.aov") == "7")
    #expect(try log.ask("DEFINE SEGMENT s AS SEGMENT users WHERE did buy") == ["segment s defined"])
    #expect(try log.ask("DEFINE SEGMENT s AS SEGMENT users") == ["segment s replaced"])
    #expect(log.refusal("DEFINE ATTRIBUTE s AS count(buy)") != "")
  }

  @Test func aScriptRunsStatementByStatement() throws {
    let log = try shop()
    var template = Array("/tmp/instar-script-XXXXXX".utf8CString)
    let file = mkstemp(&template)
    #expect(file >= 0)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    let script = """
      -- Buyers since a day.
      LET recent = SEGMENT users WHERE did buy SINCE $since;
      SEGMENT recent AGGREGATE users() AS n;
      """
    let written = script.utf8CString.withUnsafeBufferPointer { write(file, $0.baseAddress, $0.count - 1) }
    close(file)
    #expect(written == script.utf8.count)
    #expect(try log.ask("RUN '\(path)' WITH since = @2026-02-12") == ["1"])
    #expect(try log.ask("RUN '\(path)' WITH since = @2026-01-01") == ["2"])
    #expect(log.refusal("RUN '\(path).missing'") != "")
  }

  @Test func explainSaysTheMeaningBeforeThePlan() throws {
    let log = try shop()
    let rows = try log.rows("AS OF @2026-03-01 EXPLAIN SEGMENT users WHERE count(buy) >= 2", "part text")
    #expect(rows.first?[0] == "meaning")
    #expect(rows.contains { $0[0] == "plan" })
    #expect(rows.contains { $0[0] == "meaning" && $0[1].cell.contains("2026-03-01") })
    let ran = try log.rows("EXPLAIN ANALYZE FUNNEL visit THEN buy WITHIN 7 DAYS", "part rows")
    #expect(ran.contains { $0[0] == "ran" })
    #expect(ran.last == ["total", 2])
  }

  /// Three conditions, two attributes and three aggregates over the same columns: each block of each is read once.
  @Test func aStatementReadsEachColumnOnce() throws {
    let log = try shop()
    try log.run("SET GOAL EVENT buy")
    try log.store.compact()
    let one = "EXPLAIN ANALYZE SEGMENT users WHERE count(buy) >= 1 AGGREGATE sum(monetary)"
    let many = """
      EXPLAIN ANALYZE SEGMENT users WHERE count(buy) >= 1 AND did visit AND did buy IN LAST 900 DAYS AND monetary >= 0
      ADD a = sum(buy.amount), b = recency(buy) AGGREGATE users(), sum(a), avg(b), sum(monetary)
      """
    let read = try log.rows(many, "part text bytes blocks_read").filter { $0[0] == "read" }
    #expect(read.map { $0[1] } == ["users", "time", "event", "amount"])
    #expect(read.allSatisfy { $0[3] == 1 })
    let least = try log.rows(one, "part text bytes blocks_read").filter { $0[0] == "read" }
    for row in least { #expect(read.contains(row)) }
  }

  @Test func theReceiptSaysHowTheResultCameAbout() throws {
    let log = try shop()
    let receipt = try log.run("segment users where did buy in last 90 days").receipt
    #expect(receipt.statement == "SEGMENT users WHERE did buy IN LAST 90 DAYS")
    #expect(receipt.timeZone == "UTC")
    #expect(receipt.weekStart == "monday")
    #expect(!receipt.dataHash.isEmpty)
    let funnel = try log.run("FUNNEL visit THEN buy").receipt
    #expect(funnel.defaults.contains("entry = best"))
    #expect(funnel.population == 3)
    #expect(try log.run("SEGMENT users WHERE country = 'TR' FUNNEL visit THEN buy").receipt.population == 2)
  }
}
