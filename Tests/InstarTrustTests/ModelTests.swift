import Instar
import InstarExecution
import InstarStorage
import InstarSyntax
import InstarTestSupport
import Testing

/// Random appends, imports, compactions and erasures; after each step statements are compared with the same questions
/// asked of a plain array, with one thread and with two.
///
/// `INSTAR_SEEDS=20 INSTAR_OPERATIONS=20000` is the full run; with many operations each is smaller, and statements are
/// compared after every few.
@Suite struct ModelTests {
  /// One event of the array.
  struct Entry {
    var user: String
    var time: Int64
    var type: String
    var amount: Double?
  }

  @Test(arguments: 0..<setting("INSTAR_SEEDS", default: 4)) func statementsEqualAnArray(_ round: Int) throws {
    var random = TestRandom()
    let folder = TemporaryFolder(inMemory: true)
    let database = try Database.open(folder.path("a.instar"))
    var model: [Entry] = []
    let operations = setting("INSTAR_OPERATIONS", default: 30)
    let (most, mostImported) = operations > 30 ? (4, max(30, 45_000 / operations)) : (40, 1_500)
    for step in 0..<operations {
      let note = Comment(rawValue: "seed \(random.seed), step \(step)")
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<5:
        let entries = events(Int.random(in: 1...most, using: &random), &random)
        try database.engine.store.append(entries.map(\.record))
        model += entries
      case 5..<7:
        let entries = events(Int.random(in: 1...mostImported, using: &random), &random)
        try database.query("IMPORT EVENTS FROM \(quoted(folder.write("part.csv", csv(entries))))")
        model += entries
      case 7:
        try database.compact()
      default:
        guard let user = model.randomElement(using: &random)?.user else { continue }
        try database.query("FORGET USER '\(user)'")
        model.removeAll { $0.user == user }
      }
      if step % max(1, operations / 30) == 0 { try compare(database, model, note) }
    }
    try compare(database, model, "seed \(random.seed), end")
    try database.engine.store.append(events(50, &random).map(\.record))
    try compareCompacted(database, Comment(rawValue: "seed \(random.seed)"))
    #expect(try database.check().problems == [], "seed \(random.seed)")
  }

  private static let questions = [
    ShopLog.totals, "EVENTS event AGGREGATE count() AS n, users() AS u BY event SORT BY event",
    "SEGMENT users WHERE did purchase AT LEAST 2 TIMES KEEP user SORT BY user",
    "SEGMENT users WHERE did (view THEN purchase WITHIN 2 DAYS) KEEP user SORT BY user",
    "SEGMENT users ADD n = count(event), total = sum(event.amount) KEEP user, n, total SORT BY user",
    "FUNNEL view THEN cart THEN purchase WITHIN 7 DAYS", "EVENTS event",
  ]

  /// The answers of the engine and of the array.
  private func compare(_ database: Database, _ model: [Entry], _ note: Comment) throws {
    guard !model.isEmpty, Set(model.map(\.type)).count == 3 else { return }
    let revenue = model.reduce(0) { $0 + ($1.amount ?? 0) }
    let users = Dictionary(grouping: model, by: \.user).mapValues { $0.sorted { $0.time < $1.time } }
    let totals = try database.query(Self.questions[0])
    #expect(totals.columns[0][0] == .integer(Int64(model.count)), note)
    #expect(totals.columns[1][0] == .integer(Int64(users.count)), note)
    #expect(abs((totals.columns[2][0].number ?? 0) - revenue) < 1e-6, note)
    let types = ["cart", "purchase", "view"].map { type in
      let rows = model.filter { $0.type == type }
      return "text(\"\(type)\") integer(\(rows.count)) integer(\(Set(rows.map(\.user)).count))"
    }
    #expect(try database.rows(Self.questions[1]) == types, note)
    let buyers = users.filter { $0.value.count { $0.type == "purchase" } >= 2 }.keys.sorted()
    #expect(try database.rows(Self.questions[2]) == buyers.map { "text(\"\($0)\")" }, note)
    let chains = users.filter { Self.reached($0.value, ["view", "purchase"], within: 2 * Self.day) == 2 }.keys.sorted()
    #expect(try database.rows(Self.questions[3]) == chains.map { "text(\"\($0)\")" }, note)
    let funnel = try database.query(Self.questions[5])
    let depths = users.values.map { Self.reached($0, ShopLog.types, within: 7 * Self.day) }
    for step in 0..<3 {
      #expect(funnel.column("users")?[step] == .integer(Int64(depths.count { $0 > step })), note)
    }
    let user = users.keys.sorted()[model.count % users.count]
    let timeline = try database.query("TIMELINE USER '\(user)'")
    let times = timeline.column("time")
    #expect((0..<timeline.rowCount).map { times?[$0] } == users[user]!.map { .time($0.time) }, note)
    try compareThreads(database, note)
  }

  /// The same bits with one thread and with two.
  private func compareThreads(_ database: Database, _ note: Comment) throws {
    let answers = try [1, 2].map { threads in
      var options = Engine.Options()
      options.threads = threads
      let engine = Engine(try database.engine.store, options: options)
      return try Self.questions.map { text in
        let table = try engine.run(Parser.parse(text).statements[0], source: text, session: Session())
        return table.columns.map { column in (0..<column.count).map { column[$0] } }
      }
    }
    #expect(answers[0] == answers[1], note)
  }

  /// Compaction changes no answer, and EXPLAIN ANALYZE shows that before it rows were merged and after it none.
  private func compareCompacted(_ database: Database, _ note: Comment) throws {
    let before = try Self.questions.map { try database.rows($0) }
    #expect(try mergedRows(database) > 0, note)
    try database.compact()
    #expect(try Self.questions.map { try database.rows($0) } == before, note)
    #expect(try mergedRows(database) == 0, note)
  }

  private func mergedRows(_ database: Database) throws -> Int64 {
    let plan = try database.query("EXPLAIN ANALYZE " + Self.questions[0])
    guard let column = plan.column("merged_rows") else { return -1 }
    return (0..<plan.rowCount).reduce(0) { sum, row in
      if case .integer(let rows) = column[row] { sum + rows } else { sum }
    }
  }

  // MARK: The array

  private static let day: Int64 = 86_400_000

  /// How many of `steps` one user reaches, entering anywhere, the whole within `limit`: by trying every entry.
  private static func reached(_ events: [Entry], _ steps: [String], within limit: Int64) -> Int {
    var deepest = 0
    for (index, entry) in events.enumerated() where entry.type == steps[0] {
      var depth = 1
      for event in events[(index + 1)...] where depth < steps.count && event.type == steps[depth] {
        if event.time > entry.time && event.time - entry.time <= limit { depth += 1 }
      }
      deepest = max(deepest, depth)
    }
    return deepest
  }

  /// Events at distinct moments within forty days: old and new ones mix, so that runs overlap in time.
  private func events(_ count: Int, _ random: inout TestRandom) -> [Entry] {
    let users = Int.random(in: 1..<300, using: &random)
    return (0..<count).map { _ in
      let type = ShopLog.types.randomElement(using: &random)!
      return Entry(
        user: "u\(Int.random(in: 0..<users, using: &random))",
        time: ShopLog.start + Int64.random(in: 0..<40 * Self.day, using: &random), type: type,
        amount: type == "purchase" ? Double(Int.random(in: 0..<99_999, using: &random)) / 100 : nil)
    }
  }

  private func csv(_ entries: [Entry]) -> String {
    entries.reduce(into: "user,time,event,amount\n") { text, entry in
      text += "\(entry.user),\(entry.time),\(entry.type),\(entry.amount.map { "\($0)" } ?? "")\n"
    }
  }
}

extension ModelTests.Entry {
  var record: EventRecord { EventRecord(user: user, type: type, time: time, amount: amount) }
}
