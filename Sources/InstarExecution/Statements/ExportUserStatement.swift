import InstarCalendar
import InstarColumns
import InstarPlan
import InstarStorage

/// EXPORT USER 'u' TO 'file': everything the store says of one person, as one JSON object.
///
/// It asks for no consent: it is the person's own data.
struct ExportUserStatement {
  let runner: StatementRunner

  func run(user: String, path: String) throws -> ResultTable {
    guard runner.engine.options.allowsFiles else { throw StatementRunner.filesBarred("EXPORT USER") }
    let (portrait, code, events) = try runner.engine.store.read { snapshot in
      let code = try Users.code(of: user, in: snapshot)
      let portrait = try UserPortrait(code, in: snapshot)
      return (portrait.json(exportedAt: runner.engine.options.now()), code, portrait.eventCount)
    }
    let file = try OutputFile(path)
    try file.write(Array((portrait.text + "\n").utf8).span)
    try file.finish()
    if !runner.engine.store.isReadOnly {
      let now = runner.engine.options.now()
      try runner.engine.store.write { try $0.appendAudit("exported user \(code): \(events) events", at: now) }
    }
    return runner.message("wrote all about \(user), \(events) events among it, to \(path)")
  }
}

/// All that a store holds of one person, with his linked identities.
struct UserPortrait {
  private var fields: [(String, JSONValue)] = []
  private(set) var eventCount = 0
  private let time: TimeFormatter

  init(_ user: UInt32, in snapshot: borrowing Snapshot) throws {
    let settings = StoredSettings.settings(snapshot.schema.settings)
    time = TimeFormatter(zone: settings.calendar.zone, style: .rfc3339)
    let identity = try snapshot.identity()
    let identities = identity.identities(of: user)
    let names = try snapshot.dictionary(DictionaryID.user)
    fields.append(("user", .text(names.text(identity.root(of: user)))))
    fields.append(("identities", .list(identities.map { .text(names.text($0)) })))
    fields.append(("links", try links(identities, names, in: snapshot)))
    fields.append(("consent", try consents(identities, names, in: snapshot)))
    fields.append(("properties", try properties(identities, names, in: snapshot)))
    fields.append(("history", try history(identities, names, in: snapshot)))
    fields.append(("lists", try lists(identities, in: snapshot)))
    fields.append(("tables", try tables(Set(identities.map(names.text)), in: snapshot)))
    let events = try self.events(identities, names, in: snapshot)
    eventCount = events.count
    fields.append(("events", .list(events)))
  }

  func json(exportedAt moment: Int64) -> JSONValue {
    .object([("exported_at", .text(time.text(moment)))] + fields)
  }

  private func links(_ identities: [UInt32], _ names: any TextDictionary, in snapshot: borrowing Snapshot) throws
    -> JSONValue
  {
    .list(
      try snapshot.linkChanges().filter { change in
        identities.contains(change.user) || change.target.map(identities.contains) ?? false
      }.map { change in
        .object([
          ("identity", .text(names.text(change.user))), ("since", .text(time.text(change.time))),
          ("linked_to", change.target.map { .text(names.text($0)) } ?? .null),
        ])
      })
  }

  private func consents(_ identities: [UInt32], _ names: any TextDictionary, in snapshot: borrowing Snapshot) throws
    -> JSONValue
  {
    var changes: [JSONValue] = []
    for purpose in ConsentPurpose.allCases {
      for change in try snapshot.consentChanges(purpose) where identities.contains(change.user) {
        changes.append(
          .object([
            ("identity", .text(names.text(change.user))), ("purpose", .text(purpose.name)),
            ("given", .boolean(change.isGiven)), ("since", .text(time.text(change.time))),
          ]))
      }
    }
    return .list(changes)
  }

  private func properties(_ identities: [UInt32], _ names: any TextDictionary, in snapshot: borrowing Snapshot) throws
    -> JSONValue
  {
    var found: [JSONValue] = []
    for property in snapshot.schema.properties(of: .user) {
      let column = try snapshot.userProperty(property.id)
      for user in identities where Int(user) < column.count && column.isPresent(Int(user)) {
        found.append(
          .object([
            ("identity", .text(names.text(user))), ("property", .text(property.name)),
            ("value", value(column[Int(user)])),
          ]))
      }
    }
    return .list(found)
  }

  private func history(_ identities: [UInt32], _ names: any TextDictionary, in snapshot: borrowing Snapshot) throws
    -> JSONValue
  {
    var found: [JSONValue] = []
    for property in snapshot.schema.properties(of: .user) where property.isDated {
      let history = try snapshot.userPropertyHistory(property.id)
      for user in identities where Int(user) + 1 < history.starts.count {
        for row in history.starts[Int(user)]..<history.starts[Int(user) + 1] {
          found.append(
            .object([
              ("identity", .text(names.text(user))), ("property", .text(property.name)),
              ("value", value(history.values[row])), ("since", .text(time.text(history.times[row]))),
            ]))
        }
      }
    }
    return .list(found)
  }

  private func lists(_ identities: [UInt32], in snapshot: borrowing Snapshot) throws -> JSONValue {
    var found: [JSONValue] = []
    for entry in try StoredSnapshots.all(in: snapshot) {
      let members = try StoredSnapshots.members(entry.name, in: snapshot)
      if identities.contains(where: { members[Int($0)] != 0 }) { found.append(.text(entry.name)) }
    }
    return .list(found)
  }

  private func tables(_ names: Set<String>, in snapshot: borrowing Snapshot) throws -> JSONValue {
    var found: [(String, JSONValue)] = []
    for name in try StoredTables.names(in: snapshot) {
      let table = try StoredTables.read(name, in: snapshot)
      let rows = (0..<table.rowCount).filter { row in
        table.columns.contains { if case .text(let text) = $0[row] { names.contains(text) } else { false } }
      }
      guard !rows.isEmpty else { continue }
      found.append(
        (name, .list(rows.map { row in .object(table.columns.map { ($0.name, value($0[row])) }) })))
    }
    return .object(found)
  }

  /// Every event of every identity, whatever its moment, in order of time.
  private func events(_ identities: [UInt32], _ names: any TextDictionary, in snapshot: borrowing Snapshot) throws
    -> [JSONValue]
  {
    let schema = snapshot.schema
    var request = ScanRequest(columns: schema.eventColumns.sorted { $0.number < $1.number }, threads: 1)
    request.users = identities
    request.purpose = nil
    request.joinsIdentities = false
    request.includesExposures = true
    let columns = request.columns
    let labels = columns.map(schema.name(of:))
    var dictionaries: [(any TextDictionary)?] = []
    for column in columns { dictionaries.append(try schema.dictionary(of: column).map { try snapshot.dictionary($0) }) }
    let texts = dictionaries
    let time = self.time
    let parts = try snapshot.scan(request, makeState: { _ in [(time: Int64, event: JSONValue)]() }) { found, batch in
      for user in 0..<batch.userCount {
        for row in batch.starts[user]..<batch.starts[user + 1] {
          var fields: [(String, JSONValue)] = [
            ("time", .text(time.text(batch.times[row]))),
            ("event", .text(schema.eventTypes[Int(batch.types[row])].name)),
            ("identity", .text(names.text(batch.users[user]))),
          ]
          for (place, buffer) in batch.columns.enumerated() where buffer.present.isEmpty || buffer.present[row] != 0 {
            fields.append((labels[place], Self.value(buffer, row, texts[place], time)))
          }
          found.append((batch.times[row], .object(fields)))
        }
      }
    }
    let all = parts.flatMap { $0 }
    return all.indices.sorted { (all[$0].time, $0) < (all[$1].time, $1) }.map { all[$0].event }
  }

  private static func value(
    _ buffer: EventColumnBuffer, _ row: Int, _ texts: (any TextDictionary)?, _ time: TimeFormatter
  ) -> JSONValue {
    switch buffer.type {
    case .boolean: .boolean(buffer.flags[row] != 0)
    case .integer, .duration: .integer(buffer.integers[row])
    case .time: .text(time.text(buffer.integers[row]))
    case .real: .real(buffer.reals[row])
    case .text: texts.map { .text($0.text(buffer.codes[row])) } ?? .null
    }
  }

  private func value(_ value: Value) -> JSONValue {
    switch value {
    case .missing: .null
    case .boolean(let flag): .boolean(flag)
    case .integer(let number), .duration(let number): .integer(number)
    case .real(let number): .real(number)
    case .text(let text): .text(text)
    case .time(let instant): .text(time.text(instant))
    }
  }
}

extension Schema {
  /// The name of an event column, as statements write it.
  fileprivate func name(of column: EventColumn) -> String {
    switch column {
    case .item: "item"
    case .order: "order"
    case .amount: "amount"
    case .quantity: "quantity"
    case .importNumber: "import"
    case .property(let id): properties[Int(id)].name
    }
  }
}

/// A JSON text in the making.
enum JSONValue: Sendable {
  case null
  case boolean(Bool)
  case integer(Int64)
  case real(Double)
  case text(String)
  case list([JSONValue])
  case object([(String, JSONValue)])

  var text: String {
    switch self {
    case .null: "null"
    case .boolean(let flag): flag ? "true" : "false"
    case .integer(let number): "\(number)"
    case .real(let number): number.isFinite ? "\(number)" : "null"
    case .text(let text): Self.quoted(text)
    case .list(let values): "[" + values.map(\.text).joined(separator: ", ") + "]"
    case .object(let fields): "{" + fields.map { Self.quoted($0.0) + ": " + $0.1.text }.joined(separator: ", ") + "}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20:
        let digits = Array("0123456789abcdef")
        result += "\\u00" + String(digits[Int(scalar.value >> 4)]) + String(digits[Int(scalar.value & 15)])
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
