import InstarColumns
import InstarExecution
import InstarStorage
import InstarSyntax
import InstarTestSupport
import Testing

/// Nothing of the forgotten is left in the bytes of the file.
@Suite struct ErasureResidueTests {
  /// Fifty users with a marker in every place that takes text, among others with the same things in common.
  static func fill(_ store: Store, _ engine: Engine) throws {
    func records(_ user: String, _ mark: String, _ part: Int) -> [EventRecord] {
      (0..<3).map { number in
        EventRecord(
          user: user, type: mark.isEmpty ? "purchase" : "type-\(mark)", time: Int64(part * 1_000_000 + number * 1_000),
          item: number == 0 ? "item-\(mark)-\(part)" : "cup", order: "order-\(mark)-\(user)-\(part)-\(number)",
          amount: 5, properties: ["channel": .text(number == 1 ? "channel-\(mark)-\(part)" : "web")])
      }
    }
    for part in 0..<3 {
      var events: [EventRecord] = []
      for number in 0..<300 {
        let isMarked = number % 6 == 0
        events += records(isMarked ? "MARK-user-\(number)" : "user-\(number)", isMarked ? "MARK\(number)" : "", part)
      }
      try store.append(events)
      if part < 2 { try store.write { try $0.sealRecentEvents() } }
      if part == 0 { try store.compact() }
    }
    try store.write { transaction in
      let city = try transaction.defineProperty("city", of: .user, type: .text)
      let plan = try transaction.defineProperty("plan", of: .user, type: .text, isDated: true)
      for number in 0..<300 {
        let mark = number % 6 == 0 ? "MARK" : "plain"
        let name = number % 6 == 0 ? "MARK-user-\(number)" : "user-\(number)"
        let user = try transaction.intern(name, in: DictionaryID.user)
        try transaction.setProperty(
          city, ids: [user], values: transaction.columnValues(.text("city-\(mark)-\(number)"), city))
        try transaction.setProperty(plan, user: user, at: 10, .text("plan-\(mark)-\(number)"))
        try transaction.setProperty(plan, user: user, at: 20, "free")
      }
    }
    for text in [
      "SEGMENT users SNAPSHOT AS everybody", "SEGMENT users KEEP user, city SAVE AS TABLE people",
      "DEFINE SEGMENT marked AS SEGMENT users WHERE city MATCHES 'city-MA*'",
      "LINK USER 'MARK-user-6' TO 'MARK-user-12'",
      "LINK USER 'user-1' TO 'user-2'", "CONSENT USER 'MARK-user-0' TO analytics",
    ] { try run(text, engine) }
  }

  @discardableResult
  static func run(_ text: String, _ engine: Engine) throws -> ResultTable {
    let parsed = Parser.parse(text)
    var result: ResultTable?
    for statement in parsed.statements { result = try engine.run(statement, source: text, session: Session()) }
    return try #require(result, "\(parsed.diagnostics)")
  }

  /// The texts with a marker that the bytes of a file hold.
  static func residues(_ path: String) -> [String] {
    let bytes = Files.read(path)
    let mark = Array("MARK".utf8)
    var found: [String] = []
    var place = 0
    while place + mark.count <= bytes.count {
      if bytes[place] == mark[0], Array(bytes[place..<place + mark.count]) == mark {
        let text = String(decoding: bytes[max(0, place - 8)..<min(bytes.count, place + 16)], as: UTF8.self)
        found.append("\(place): \(text)")
        place += mark.count
      }
      place += 1
    }
    return found
  }

  @Test func fiftyUsersLeaveNoByte() throws {
    let folder = TemporaryFolder()
    let path = folder.path("shop.instar")
    let store = try Store.open(path, mode: .createIfMissing)
    let engine = Engine(store)
    try Self.fill(store, engine)
    #expect(Self.residues(path).count > 500, "the markers are in the file before")
    // The definition's own words hold the beginning of the marker; it goes first.
    let table = try Self.run(
      "SEGMENT users WHERE city MATCHES 'city-MA*' SNAPSHOT AS gone; DROP SEGMENT marked", engine)
    #expect(table.rowCount == 1)
    let receipt = try Self.run("FORGET SEGMENT gone", engine).receipt
    #expect(receipt.notes.contains("450 events removed"))
    #expect(receipt.notes.contains { $0.hasPrefix("taken out of the lists everybody") })
    #expect(receipt.notes.contains { $0.hasPrefix("rows that name them taken out of the tables people") })
    #expect(Self.residues(path) == [])
    #expect(try Self.run("SEGMENT users AGGREGATE users()", engine).columns[0][0] == 249, "user-1 and user-2 are one")
    #expect(try Self.run("TABLE people", engine).rowCount == 250)
    #expect(try Self.run("SHOW AUDIT WHERE text = 'erased 50 users: 450 events'", engine).rowCount == 1)
    #expect(try store.read { try $0.checkCatalog() } == [])
    try store.compact()
    #expect(Self.residues(path) == [])
    #expect(try store.read { try $0.checkCatalog() } == [])
  }

  /// A value that only the forgotten had may be a feature of a model, which goes with it, and stand in a stored table,
  /// which the receipt names.
  @Test func modelsForgetTheirValues() throws {
    let folder = TemporaryFolder()
    let path = folder.path("shop.instar")
    let store = try Store.open(path, mode: .createIfMissing)
    let engine = Engine(store)
    let day: Int64 = 86_400_000
    // A third of the users come by a channel of their own, so that it is among the frequent values.
    var events: [EventRecord] = []
    for user in 0..<300 {
      let isMarked = user % 3 == 0
      let name = isMarked ? "MARK-user-\(user)" : "user-\(user)"
      let channel = isMarked ? "MARK-channel" : "web-\(user % 2)"
      for date in stride(from: user % 20, to: 60 + user % 140, by: 7 + user % 23) {
        events.append(
          EventRecord(
            user: name, type: "visit", time: Int64(date) * day, properties: ["channel": .text(channel)]))
      }
    }
    try store.append(events)
    try Self.run(
      """
      DEFINE MODEL churn AS SEGMENT users WHERE did event IN LAST 60 DAYS PREDICT did not event IN NEXT 30 DAYS \
      USING logistic WITH every = 30 DAYS; TRAIN churn; \
      EVENTS event AGGREGATE count() AS n BY channel SAVE AS TABLE channels
      """, engine)
    let payload = try store.read { try $0.object(.other, "model version churn") }
    #expect(String(decoding: payload ?? [], as: UTF8.self).contains("MARK-channel"))
    try Self.run("SEGMENT users WHERE user STARTS WITH 'MARK-' SNAPSHOT AS gone", engine)
    let receipt = try Self.run("FORGET SEGMENT gone", engine).receipt
    #expect(receipt.notes.contains("removed churn@1, which knew a value that nobody else has"))
    #expect(receipt.notes.contains("the tables channels hold a value that nobody else has: save them again"))
    #expect(Self.residues(path).count == 1, "the row of the table")
    try Self.run("DROP TABLE channels", engine)
    try store.compact()
    #expect(Self.residues(path) == [])
    #expect(try Self.run("TRAIN churn", engine).rowCount == 1)
  }

  /// An erasure that was cut off behind its first commit is finished when the store is opened for writing.
  @Test func anErasureThatWasCutOffIsFinished() throws {
    let folder = TemporaryFolder()
    let path = folder.path("shop.instar")
    let store = try Store.open(path, mode: .createIfMissing)
    let engine = Engine(store)
    try Self.fill(store, engine)
    try Self.run("DROP SEGMENT marked; DROP TABLE people", engine)
    try store.write { transaction in
      for number in stride(from: 0, to: 300, by: 6) {
        try transaction.addTombstone(user: try transaction.intern("MARK-user-\(number)", in: DictionaryID.user))
      }
    }
    #expect(Self.residues(path).count > 500)
    try Engine(store).recover()
    #expect(Self.residues(path) == [])
    #expect(try store.read { try $0.tombstones() } == [])
  }

  /// A reader of an older commit keeps the pages that it sees; the next compaction wipes them.
  @Test func readersAreNotDisturbed() throws {
    let folder = TemporaryFolder()
    let path = folder.path("shop.instar")
    let store = try Store.open(path, mode: .createIfMissing)
    let engine = Engine(store)
    try Self.fill(store, engine)
    try Self.run("DROP SEGMENT marked; DROP TABLE people", engine)
    let question = "SEGMENT users AGGREGATE users()"
    try store.read { snapshot in
      let before = try snapshot.scan(ScanRequest()) { _ in
        0
      } body: {
        $0 += $1.rowCount
      }
      for number in stride(from: 0, to: 300, by: 6) {
        try Self.run("FORGET USER 'MARK-user-\(number)'", engine, optional: true)
      }
      #expect(
        try snapshot.scan(ScanRequest()) { _ in
          0
        } body: {
          $0 += $1.rowCount
        } == before)
      #expect(Self.residues(path).count > 0, "the reader still sees them")
    }
    #expect(try Self.run(question, engine).columns[0][0] == 249)
    try store.compact()
    #expect(Self.residues(path) == [])
  }

  /// Runs a statement that may name a user who went with his other identity.
  private static func run(_ text: String, _ engine: Engine, optional: Bool) throws {
    do { try run(text, engine) } catch let error as ExecutionError where error.code == "E0121" {}
  }
}
