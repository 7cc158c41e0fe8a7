import InstarColumns
import InstarExecution
import InstarStorage
import InstarSyntax
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// DROP IMPORT: what one file brought goes, and nothing else.
@Suite struct DropImportTests {
  private let log: Log
  private let folder: String

  init() throws {
    log = try Log("user time event\n ann 2026-01-01 visit")
    var template = Array("/tmp/instar-drop-XXXXXX".utf8CString)
    let made = mkdtemp(&template)
    folder = String(cString: try #require(made))
    try write("a.csv", "user,time,event,amount\nann,2026-01-02,purchase,10\nbob,2026-01-03,purchase,20\n")
    try write("b.csv", "user,time,event,amount\nann,2026-01-04,purchase,1\ncyd,2026-01-05,purchase,2\n")
    try write("plans.csv", "user,time,plan\nann,2026-01-01,free\nann,2026-01-03,pro\nbob,2026-01-02,free\n")
    try write("plans2.csv", "user,time,plan\nann,2026-01-03,gold\nbob,2026-01-02,free\nbob,2026-01-04,pro\n")
    try write("users.csv", "user,country\nann,TR\n")
    try write("spend.csv", "channel,cost\nmail,3\n")
  }

  private func write(_ name: String, _ text: String) throws {
    let file = try #require(fopen("\(folder)/\(name)", "w"))
    fputs(text, file)
    fclose(file)
  }

  private func load(_ kind: String, _ name: String, _ rest: String = "") throws {
    try log.run("IMPORT \(kind) FROM '\(folder)/\(name)' \(rest)")
  }

  /// Two files with 10 + 20 and 1 + 2 beside an appended visit: without the first there are 3 of 2 purchases.
  @Test func theEventsOfOneFileGo() throws {
    try load("EVENTS", "a.csv")
    try load("EVENTS", "b.csv")
    try log.store.compact()
    let table = try log.run("DROP IMPORT 1")
    #expect(table.receipt.notes.first == "2 events removed")
    #expect(try log.ask("EVENTS purchase AGGREGATE count() AS n, sum(amount) AS m", "n m") == ["2 3.0"])
    #expect(try log.users("SEGMENT users") == "ann cyd", "bob has no event any more")
    #expect(try log.ask("SEGMENT users AGGREGATE users() AS n", "n") == ["2"])
    #expect(try log.ask("EVENTS visit AGGREGATE count() AS n", "n") == ["1"])
    #expect(try log.ask("SHOW IMPORTS", "import rows") == ["1 2", "2 2"])
    #expect(try log.ask("SHOW IMPORTS", "dropped") == ["2026-06-01", "-"])
    #expect(try log.ask("SHOW AUDIT", "text").last == "dropped import 1: 2 events")
    #expect(log.refusal("DROP IMPORT 1") == "E0137", "it is gone already")
    #expect(log.refusal("DROP IMPORT 7") == "E0136")
    // The number of a dropped import is not given again.
    try load("EVENTS", "a.csv")
    #expect(try log.ask("SHOW IMPORTS", "import") == ["1", "2", "3"])
    #expect(try log.ask("EVENTS purchase AGGREGATE sum(amount) AS m", "m") == ["33.0"])
  }

  /// Rows that a later file repeats and skips belong to the first.
  @Test func skippedRowsBelongToTheFirst() throws {
    try load("EVENTS", "a.csv")
    try load("EVENTS", "a.csv", "WITH on_duplicate = skip")
    #expect(try log.ask("EVENTS purchase AGGREGATE count() AS n", "n") == ["2"])
    try log.run("DROP IMPORT 2")
    #expect(try log.ask("EVENTS purchase AGGREGATE count() AS n", "n") == ["2"])
    try log.run("DROP IMPORT 1")
    #expect(try log.ask("EVENTS event AGGREGATE count() AS n", "n") == ["1"])
  }

  /// The second file says gold for ann at the moment of pro, repeats bob's free, and adds his pro.
  @Test func datedValuesOfOneFileGo() throws {
    try load("EVENTS", "a.csv")
    try load("EVENTS", "b.csv")
    try load("USERS", "plans.csv", "MAP user = user, time = time")
    try load("USERS", "plans2.csv", "MAP user = user, time = time")
    #expect(try log.ask("SEGMENT users KEEP user, plan", "user plan") == ["ann gold", "bob pro", "cyd -"])
    let table = try log.run("DROP IMPORT 4")
    #expect(table.receipt.notes.first == "2 dated values removed")
    #expect(try log.ask("SEGMENT users KEEP user, plan", "user plan") == ["ann pro", "bob free", "cyd -"])
    try log.run("DROP IMPORT 3")
    #expect(try log.ask("SEGMENT users KEEP user, plan", "user plan") == ["ann -", "bob -", "cyd -"])
  }

  @Test func theEarlierOfTwoFilesGoes() throws {
    try load("EVENTS", "a.csv")
    try load("EVENTS", "b.csv")
    try load("USERS", "plans.csv", "MAP user = user, time = time")
    try load("USERS", "plans2.csv", "MAP user = user, time = time")
    try log.run("DROP IMPORT 3")
    #expect(try log.ask("SEGMENT users KEEP user, plan", "user plan") == ["ann gold", "bob pro", "cyd -"])
    #expect(
      try log.ask("AS OF @2026-01-02 SEGMENT users KEEP user, plan", "user plan") == ["ann -"],
      "free since the first was what only the first file said")
  }

  @Test func whatCannotBeTakenBackSaysWhy() throws {
    try load("EVENTS", "a.csv")
    try load("USERS", "users.csv")
    try load("TABLE spend", "spend.csv")
    #expect(log.refusal("DROP IMPORT 2") == "E0137")
    #expect(log.refusal("DROP IMPORT 3") == "E0137")
    #expect(try log.ask("SEGMENT users KEEP user, country", "user country") == ["ann TR", "bob -"])
  }

  /// A forgotten user takes what he said before with him, the layers under his present values as well.
  @Test func forgettingReachesReplacedValues() throws {
    try load("EVENTS", "a.csv")
    try load("USERS", "plans.csv", "MAP user = user, time = time")
    try load("USERS", "plans2.csv", "MAP user = user, time = time")
    try log.run("FORGET USER 'ann'")
    try log.run("DROP IMPORT 3")
    #expect(try log.ask("SEGMENT users KEEP user, plan", "user plan") == ["bob free"])
    let property = try log.store.read { $0.schema.property("plan", of: .user) }
    let texts = try log.store.read { try $0.dictionary(#require(property).dictionary) }
    let erased = (0..<UInt32(texts.count)).filter { texts.text($0) == "(erased)" }
    #expect(erased.count == 1, "gold was hers alone")
  }
}

/// SHOW JOBS: what upkeep a store has before it.
@Suite struct JobTests {
  @Test func aStoreSaysWhatItHasBeforeIt() throws {
    let log = try Log("user time event\n ann 2026-01-01 visit")
    #expect(try log.ask("SHOW JOBS") == ["recent events waiting 1 event"])
    try log.store.compact()
    #expect(try log.ask("SHOW JOBS") == [])
    // A hundred users in the base and two in a run behind it: small enough to wait.
    try log.store.append((0..<100).map { EventRecord(user: "u\($0)", type: "visit", time: 1) })
    try log.store.compact()
    try log.store.append([EventRecord(user: "ann", type: "visit", time: 2)])
    try log.store.write { try $0.sealRecentEvents() }
    #expect(try log.ask("SHOW JOBS") == ["compaction waiting 2 runs"])
    try log.store.write { try $0.addTombstone(user: 0) }
    #expect(try log.ask("SHOW JOBS") == ["compaction waiting 2 runs", "erasure begun 1 hidden user"])
    try log.engine.recover()
    #expect(try log.ask("SHOW JOBS", "job") == ["compaction"])
  }
}
