import InstarCalendar
import InstarColumns
import InstarExecution
import InstarPlan
import InstarStorage
import InstarSyntax

/// A store in a temporary file with a few events, and statements about them.
///
/// ```swift
/// let log = try Log("""
///   user time             event    amount
///   ann  2026-03-01T10:00 purchase 12.5
///   """)
/// try log.ask("SEGMENT users ADD n = count(purchase)", "user n")      // ["ann 1"]
/// ```
///
/// In a table, columns are parted by blanks, `-` is a missing value and `_` in a text a blank. Times are UTC: a date with
/// or without a time of day, or seconds after 2026-01-01T00:00 such as `40s`. Columns that are no role are properties;
/// their type is that of their values.
struct Log {
  let store: Store
  let engine: Engine
  let session = Session()

  init(_ events: String, users: String = "", items: String = "", settings: [String] = [], threads: Int = 1) throws {
    try self.init(Log.records(events), users: users, items: items, settings: settings, threads: threads)
  }

  init(
    _ events: [EventRecord], users: String = "", items: String = "", settings: [String] = [], threads: Int = 1
  ) throws {
    store = try Store.temporary()
    var options = Engine.Options()
    options.threads = threads
    options.now = { Log.systemTime }
    engine = Engine(store, options: options)
    try store.append(events)
    try Log.setProperties(users, of: .user, in: store)
    try Log.setProperties(items, of: .item, in: store)
    for setting in settings { try run(setting) }
  }

  /// Another process on the same store: it knows nothing that was not stored.
  init(reopening log: Log, threads: Int = 1, aging: ModelAging = ModelAging()) {
    store = log.store
    var options = Engine.Options()
    options.threads = threads
    options.aging = aging
    options.now = { Log.systemTime }
    engine = Engine(store, options: options)
  }

  /// The system's time in tests: 2026-06-01T00:00Z.
  static let systemTime: Int64 = 1_780_272_000_000

  // MARK: - Statements

  /// Runs the statements of `text` and returns the table of the last.
  @discardableResult
  func run(_ text: String, _ parameters: [String: Value] = [:]) throws -> ResultTable {
    let parsed = Parser.parse(text)
    if let first = parsed.diagnostics.first { throw Refusal(code: first.code, message: first.message) }
    var result: ResultTable?
    for statement in parsed.statements {
      do {
        result = try engine.run(statement, source: text, parameters: parameters, session: session)
      } catch let failure as ResolutionFailure {
        let first = failure.diagnostics.first
        throw Refusal(code: first?.code ?? "", message: "\(first?.message ?? "") (\(first?.help ?? ""))")
      } catch let error as ExecutionError {
        throw Refusal(code: error.code, message: error.message)
      }
    }
    guard let result else { throw Refusal(code: "", message: "no statement in '\(text)'") }
    return result
  }

  /// The rows of the result as values, of all columns or of those named.
  func rows(_ text: String, _ columns: String = "", _ parameters: [String: Value] = [:]) throws -> [[Value]] {
    let table = try run(text, parameters)
    let names = columns.isEmpty ? table.columns.map(\.name) : columns.split(separator: " ").map(String.init)
    let chosen = try names.map { name in
      guard let column = table.column(name) else {
        throw Refusal(code: "", message: "no column \(name) among \(table.columns.map(\.name))")
      }
      return column
    }
    return (0..<table.rowCount).map { row in chosen.map { $0[row] } }
  }

  /// The rows of the result, one text each, values parted by blanks: `ann 1 0.5 -`.
  func ask(_ text: String, _ columns: String = "", _ parameters: [String: Value] = [:]) throws -> [String] {
    try rows(text, columns, parameters).map { $0.map(\.cell).joined(separator: " ") }
  }

  /// The values of one row and column.
  func value(_ text: String, _ column: String) throws -> String { try ask(text, column).joined(separator: ", ") }

  /// The users of the result, parted by blanks, in order of name.
  func users(_ text: String, _ parameters: [String: Value] = [:]) throws -> String {
    try ask(text, "user", parameters).sorted().joined(separator: " ")
  }

  /// The users for whom `condition` holds.
  func who(_ condition: String, _ parameters: [String: Value] = [:]) throws -> String {
    try users("SEGMENT users WHERE \(condition)", parameters)
  }

  /// The value of an expression for each user, in the order of the store.
  func each(_ expression: String) throws -> String {
    try ask("SEGMENT users ADD value = \(expression)", "value").joined(separator: " ")
  }

  /// The code of the error that `text` ends with; empty when it runs.
  func refusal(_ text: String) -> String {
    do {
      try run(text)
      return ""
    } catch let refusal as Refusal {
      return refusal.code
    } catch {
      return "\(error)"
    }
  }
}

/// Why a statement did not run.
struct Refusal: Error, CustomStringConvertible {
  var code: String
  var message: String
  var description: String { "\(code) \(message)" }
}

extension Value {
  /// A short, exact text; reals to six digits.
  var cell: String {
    switch self {
    case .missing: "-"
    case .boolean(let flag): flag ? "true" : "false"
    case .integer(let number): "\(number)"
    case .real(let number): "\((number * 1e6).rounded() / 1e6)"
    case .text(let text): text
    case .time(let instant): Log.text(of: instant)
    case .duration(let length): length % 1000 == 0 ? "\(length / 1000)s" : "\(length)ms"
    }
  }
}

// MARK: - Tables as text

extension Log {
  /// The origin of times such as `40s`: 2026-01-01T00:00Z.
  static let origin: Int64 = 1_767_225_600_000

  static func records(_ table: String) throws -> [EventRecord] {
    try lines(table).map { line in
      guard let user = line["user"], let time = line["time"], let type = line["event"] else {
        throw Refusal(code: "", message: "an event has a user, a time and an event: \(line)")
      }
      var record = EventRecord(user: user, type: type, time: try instant(time))
      for (name, text) in line where text != "-" {
        switch name {
        case "user", "time", "event": break
        case "item": record.item = text
        case "order": record.order = text
        case "amount": record.amount = Double(text)
        case "quantity": record.quantity = Double(text)
        default: record.properties[name] = value(text)
        }
      }
      return record
    }
  }

  /// Milliseconds since 1970 of `2026-03-01`, `2026-03-01T10:00`, `2026-03-01T10:00:05`, `40s`, `99ms` or `3d`.
  static func instant(_ text: String) throws -> Int64 {
    for (unit, length) in [("ms", 1), ("s", 1000), ("h", 3_600_000), ("d", 86_400_000)] as [(String, Int64)]
    where text.hasSuffix(unit) {
      if let number = Int64(text.dropLast(unit.count)) { return origin + number * length }
    }
    let parts = text.split(separator: "T")
    let date = parts[0].split(separator: "-").compactMap { Int($0) }
    let clock = parts.count > 1 ? parts[1].split(separator: ":").compactMap { Int64($0) } : []
    guard date.count == 3 else { throw Refusal(code: "", message: "no time: \(text)") }
    let day = CivilDate(year: date[0], month: date[1], day: date[2]).dayNumber
    let seconds = zip(clock, [3600, 60, 1] as [Int64]).reduce(0) { $0 + $1.0 * $1.1 }
    return Int64(day) * 86_400_000 + seconds * 1000
  }

  /// `2026-03-01T10:00:05.250` without the parts at its end that are zero.
  static func text(of instant: Int64) -> String {
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = Calendar().dayNumber(of: instant)
    let date = CivilDate(dayNumber: day)
    let rest = instant - Int64(day) * 86_400_000
    let text = "\(date.year)-\(two(Int64(date.month)))-\(two(Int64(date.day)))"
    if rest == 0 { return text }
    let (minutes, seconds, milliseconds) = (rest / 60_000, rest / 1000 % 60, rest % 1000)
    let clock = "\(text)T\(two(minutes / 60)):\(two(minutes % 60))"
    if seconds == 0, milliseconds == 0 { return clock }
    return milliseconds == 0 ? "\(clock):\(two(seconds))" : "\(clock):\(two(seconds)).\(milliseconds)"
  }

  private static func value(_ text: String) -> Value {
    if let number = Int64(text) { return .integer(number) }
    if let number = Double(text) { return .real(number) }
    if text == "true" || text == "false" { return .boolean(text == "true") }
    return .text(String(text.map { $0 == "_" ? " " : $0 }))
  }

  /// The lines below the first, by the names of the first.
  private static func lines(_ table: String) throws -> [[String: String]] {
    let lines = table.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }.filter { !$0.isEmpty }
    guard let names = lines.first else { return [] }
    return try lines.dropFirst().map { fields in
      guard fields.count == names.count else {
        throw Refusal(code: "", message: "\(names.count) fields, not \(fields)")
      }
      return Dictionary(uniqueKeysWithValues: zip(names, fields))
    }
  }

  /// Sets the properties of a table whose first column is `user` or `item`. With a column `since` they are dated.
  static func setProperties(_ table: String, of owner: InstarStorage.PropertyOwner, in store: Store) throws {
    let lines = try lines(table)
    try store.write { transaction in
      for line in lines {
        let name = line[owner == .user ? "user" : "item"] ?? ""
        let id = try transaction.intern(name, in: owner == .user ? DictionaryID.user : DictionaryID.item)
        let since = try line["since"].map { try instant($0) }
        for (name, text) in line.sorted(by: { $0.key < $1.key })
        where !["user", "item", "since"].contains(name) && text != "-" {
          let value = value(text)
          guard let type = value.type else { continue }
          let property = try transaction.defineProperty(name, of: owner, type: type, isDated: since != nil)
          if let since {
            try transaction.setProperty(property, user: id, at: since, value)
          } else {
            try transaction.setProperty(property, ids: [id], values: transaction.columnValues(value, property))
          }
        }
      }
    }
  }
}
