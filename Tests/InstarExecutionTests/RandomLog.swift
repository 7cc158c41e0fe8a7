import InstarColumns
import InstarStorage

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: Int) {
    state = UInt64(truncatingIfNeeded: seed)
    // Streams of neighbouring seeds would be the same one, shifted.
    state = next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// From `range`, evenly.
  mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
  mutating func pick<Element>(_ list: [Element]) -> Element { list[pick(0...list.count - 1)] }
  mutating func chance(_ percent: Int) -> Bool { pick(1...100) <= percent }
}

/// The same random events in a store and in SQLite.
///
/// SQLite has `e(user, pos, time, type, amount, category, item, ord)`, where `pos` numbers a user's events by time and
/// arrival, and `u(user, country)`.
struct RandomLog {
  let log: Log
  let oracle: SQLite
  let types: [String]
  let hasOrders: Bool
  /// The instant just after the last event.
  let now: Int64

  static let day: Int64 = 86_400_000
  static let categories = ["c1", "c2", "c3"]
  static let countries = ["TR", "DE", "FR"]

  init(seed: Int) throws {
    var random = SplitMix(seed)
    types = Array(["a", "b", "c", "d", "f", "g"].prefix(random.pick(3...6)))
    hasOrders = random.chance(30)
    let events = RandomLog.events(types, orders: hasOrders, &random)
    var users = "user country\n"
    for user in Set(events.map(\.user)).sorted() where random.chance(80) {
      users += "\(user) \(random.pick(RandomLog.countries))\n"
    }
    log = try Log([EventRecord](), threads: random.pick(1...2))
    // Part of the events in runs, part of them recent, so that a scan has both to join.
    let cut = random.pick(0...events.count)
    try log.store.append(Array(events[..<cut]))
    if random.chance(60) { try log.store.compact() }
    try log.store.append(Array(events[cut...]))
    if random.chance(30) { try log.store.compact() }
    try Log.setProperties(users, of: .user, in: log.store)
    now = (events.map(\.time).max() ?? 0) + 1
    oracle = try SQLite()
    try fill(events, users)
  }

  private static func events(_ types: [String], orders: Bool, _ random: inout SplitMix) -> [EventRecord] {
    var events: [EventRecord] = []
    var order = 0
    for user in 0..<random.pick(20...100) {
      var time: Int64 = 0
      for _ in 0..<random.pick(1...16) {
        if events.isEmpty || !random.chance(20) { time = Log.origin + Int64(random.pick(0...119 * 24)) * day / 24 }
        if time == 0 { time = Log.origin }
        let type = random.pick(types)
        order += 1
        let name = orders && random.chance(60) ? "o\(order)" : nil
        for _ in 0..<(name == nil ? 1 : random.pick(1...3)) {
          var event = EventRecord(user: "u\(user)", type: type, time: time, order: name)
          if random.chance(85) { event.amount = Double(random.pick(-8...80)) / 4 }
          if random.chance(85) { event.item = "i\(random.pick(1...3))" }
          if random.chance(85) { event.properties["category"] = .text(random.pick(categories)) }
          events.append(event)
        }
      }
    }
    // Users arrive mixed. Lines of one order stay together: their order of arrival is that of the list.
    return events.enumerated().map { ($0.offset, $0.element, random.next()) }.sorted {
      $0.1.order != nil && $0.1.order == $1.1.order ? $0.0 < $1.0 : key($0) < key($1)
    }.map(\.1)

    func key(_ entry: (Int, EventRecord, UInt64)) -> UInt64 {
      entry.1.order.map { UInt64(truncatingIfNeeded: Int($0.dropFirst()) ?? 0) &* 0x9E37_79B9_7F4A_7C15 } ?? entry.2
    }
  }

  private func fill(_ events: [EventRecord], _ users: String) throws {
    try oracle.run("CREATE TABLE raw(seq, user, time, type, amount, category, item, ord)")
    try oracle.run("CREATE TABLE u(user PRIMARY KEY, country)")
    try oracle.run("BEGIN")
    for (seq, event) in events.enumerated() {
      try oracle.run(
        "INSERT INTO raw VALUES(?,?,?,?,?,?,?,?)",
        [
          .integer(Int64(seq)), .text(event.user), .integer(event.time), .text(event.type),
          event.amount.map { .real($0) } ?? .missing, event.properties["category"] ?? .missing,
          event.item.map { .text($0) } ?? .missing, event.order.map { .text($0) } ?? .missing,
        ])
    }
    try oracle.run("INSERT INTO u SELECT DISTINCT user, NULL FROM raw")
    for line in users.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: " ").map { Value.text(String($0)) }
      try oracle.run("UPDATE u SET country = ?2 WHERE user = ?1", fields)
    }
    // One row of each order is its occurrence: the first.
    try oracle.run(
      """
      CREATE TABLE e AS SELECT user, row_number() OVER (PARTITION BY user ORDER BY time, seq) AS pos, time, type, amount,
        category, item, ord, coalesce(type || '/' || ord, seq) AS occurrence,
        row_number() OVER (PARTITION BY user, coalesce(type || '/' || ord, seq) ORDER BY time, seq) AS line FROM raw
      """)
    try oracle.run("CREATE INDEX by_user ON e(user, pos)")
    try oracle.run("COMMIT")
  }
}
