import InstarCalendar
import InstarColumns
import InstarImport
import InstarPlan
import InstarStorage
import Synchronization

/// IMPORT USERS and IMPORT ITEMS: properties of what the rows name. With a time column, users' properties are dated.
struct PropertyImport {
  private let statement: ImportStatement
  private let owner: InstarStorage.PropertyOwner
  private let layout: FileLayout
  private let rejects: RejectLog
  private let pseudonyms: Pseudonyms?

  init(
    _ statement: ImportStatement, _ owner: InstarStorage.PropertyOwner, _ layout: FileLayout, _ rejects: RejectLog,
    _ pseudonyms: Pseudonyms? = nil
  ) {
    self.pseudonyms = pseudonyms
    self.statement = statement
    self.owner = owner
    self.layout = layout
    self.rejects = rejects
  }

  /// The rows of one chunk, out of the file's bytes.
  private struct Rows: Sendable {
    var sequence: Int
    var names: [String?]
    var times: [Int64?]
    /// One list for each property.
    var values: [[Value]]
  }

  func run(_ plan: ImportPlan, _ reader: ImportReader) throws -> [(String, String)] {
    let role: Role = owner == .user ? .user : .item
    guard let name = layout.roles[role] else {
      throw ImportError(.missingRole, "no column for \(role.rawValue)", help: "name it: MAP \(role.rawValue) = ..")
    }
    let title = owner == .item ? layout.roles[.title] : nil
    let properties =
      (title.map { [FileLayout.Target(name: "title", origin: $0.origin, type: $0.type)] } ?? []) + layout.properties
    guard !properties.isEmpty else {
      throw ImportError(
        .missingColumn, "the file has no properties besides \(role.rawValue)", help: "nothing would be stored")
    }
    let time = owner == .user ? layout.roles[.time] : nil
    let collected = Mutex<[Rows]>([])
    _ = try reader.read(workers: statement.runner.engine.options.threads, makeState: { _ in () }) { _, chunk in
      rejects.add(chunk.rejects)
      let rows = rows(chunk, name, time, properties)
      collected.withLock { $0.append(rows) }
    }
    let chunks = collected.withLock { $0 }.sorted { $0.sequence < $1.sequence }
    var entry = try statement.entry(plan, reader, rejects)
    if time != nil { entry.content = .datedValues }
    let stored = try store(chunks, properties, isDated: time != nil, entry)
    var report = [
      ("\(owner)s", "\(stored.count)"), ("properties", properties.map(\.name).joined(separator: ", ")),
    ]
    if owner == .user {
      let silent = stored.count - (try usersWithEvents(among: stored))
      if silent > 0 { report.append(("without an event", "\(silent); each joins SEGMENT users with his first event")) }
    }
    return report
  }

  /// How many of these users, ascending, have an event in the store.
  private func usersWithEvents(among users: [UInt32]) throws -> Int {
    try statement.runner.engine.store.read { snapshot in
      var request = ScanRequest(threads: statement.runner.engine.options.threads)
      request.users = users
      request.purpose = nil
      request.joinsIdentities = false
      var statistics = ScanStatistics()
      let counts = try snapshot.scan(request, statistics: &statistics, makeState: { _ in 0 }) { count, batch in
        count += batch.userCount
      }
      return counts.reduce(0, +)
    }
  }

  private func rows(
    _ chunk: ImportChunk, _ name: FileLayout.Target, _ time: FileLayout.Target?, _ properties: [FileLayout.Target]
  ) -> Rows {
    let evaluator = layout.program.nodes.isEmpty ? nil : layout.evaluator(chunk)
    let reader = ChunkTexts(chunk: chunk, layout: layout, evaluator: evaluator)
    func texts(_ target: FileLayout.Target) -> [String?] {
      let (codes, present, dictionary) = reader.texts(target)
      return codes.indices.map { present.isEmpty || present[$0] != 0 ? dictionary.text(codes[$0]) : nil }
    }
    func values(_ target: FileLayout.Target) -> [Value] {
      if target.type == .text { return texts(target).map { $0.map(Value.text) ?? .missing } }
      let column = reader.vector(target).column(target.name, count: chunk.rowCount)
      return (0..<chunk.rowCount).map { column[$0] }
    }
    let times = time.map { target in
      let vector = reader.vector(target)
      let instants = vector.integers(chunk.rowCount)
      return instants.indices.map { vector.isPresent($0) ? instants[$0] : nil }
    }
    return Rows(
      sequence: chunk.sequence,
      names: pseudonyms.map { pseudonyms in texts(name).map { $0.map(pseudonyms.name) } } ?? texts(name),
      times: times ?? [], values: properties.map(values))
  }

  /// Writes everything in one transaction; of several rows for one name the last wins. Returns the ids, ascending.
  private func store(
    _ chunks: [Rows], _ targets: [FileLayout.Target], isDated: Bool, _ entry: ImportEntry
  ) throws -> [UInt32] {
    let owner = self.owner
    let dictionary = owner == .user ? DictionaryID.user : DictionaryID.item
    return try statement.runner.engine.store.write { transaction in
      let number = UInt32(try entry.write(transaction))
      let properties = try targets.map { target in
        try transaction.defineProperty(target.name, of: owner, type: target.type, isDated: isDated)
      }
      var last: [UInt32: (chunk: Int, row: Int)] = [:]
      for (index, chunk) in chunks.enumerated() {
        for (row, name) in chunk.names.enumerated() {
          guard let name else { continue }
          let id = try transaction.intern(name, in: dictionary)
          last[id] = (index, row)
          guard isDated, let time = chunk.times[row] else { continue }
          for (position, property) in properties.enumerated() {
            let value = chunk.values[position][row]
            guard value != .missing else { continue }
            try transaction.setProperty(property, user: id, at: time, value, importNumber: number)
          }
        }
      }
      let ids = last.keys.sorted()
      guard !isDated else { return ids }
      for (position, property) in properties.enumerated() {
        var builder = ColumnBuilder(property.name, type: property.type, unit: nil)
        var codes: [UInt32] = []
        var present: [UInt8] = []
        for id in ids {
          let place = last[id]!
          let value = chunks[place.chunk].values[position][place.row]
          if property.type == .text {
            present.append(value == .missing ? 0 : 1)
            if case .text(let text) = value {
              codes.append(try transaction.intern(text, in: property.dictionary))
            } else {
              codes.append(0)
            }
          } else {
            builder.append(Vector(constant: value, type: property.type), rows: 1)
          }
        }
        if property.type == .text {
          try transaction.setProperty(property, ids: ids, values: .codes(codes, TextList([])), present: present)
        } else {
          let column = builder.finish()
          try transaction.setProperty(property, ids: ids, values: column.values, present: column.present)
        }
      }
      return ids
    }
  }
}

/// IMPORT TABLE: a small table as it stands, for JOIN.
struct TableImport {
  private let statement: ImportStatement
  private let layout: FileLayout
  private let rejects: RejectLog

  init(_ statement: ImportStatement, _ layout: FileLayout, _ rejects: RejectLog) {
    self.statement = statement
    self.layout = layout
    self.rejects = rejects
  }

  func run(_ plan: ImportPlan, _ reader: ImportReader, into name: String) throws -> [(String, String)] {
    let targets = layout.properties
    let collected = Mutex<[(Int, [ColumnBuilder])]>([])
    _ = try reader.read(workers: 1, makeState: { _ in () }) { _, chunk in
      rejects.add(chunk.rejects)
      let evaluator = layout.program.nodes.isEmpty ? nil : layout.evaluator(chunk)
      let reader = ChunkTexts(chunk: chunk, layout: layout, evaluator: evaluator)
      let builders = targets.map { target -> ColumnBuilder in
        var builder = ColumnBuilder(target.name, type: target.type, unit: nil)
        if target.type == .text {
          let (codes, present, dictionary) = reader.texts(target)
          let texts = codes.indices.map { present.isEmpty || present[$0] != 0 ? dictionary.text(codes[$0]) : "" }
          builder.append(Vector(.text, .texts(texts), present: present), rows: chunk.rowCount)
        } else {
          builder.append(reader.vector(target), rows: chunk.rowCount)
        }
        return builder
      }
      collected.withLock { $0.append((chunk.sequence, builders)) }
    }
    var total = targets.map { ColumnBuilder($0.name, type: $0.type, unit: nil) }
    for (_, builders) in collected.withLock({ $0 }).sorted(by: { $0.0 < $1.0 }) {
      for index in total.indices { total[index].append(builders[index]) }
    }
    let table = Table(columns: total.map { $0.finish() })
    let bytes = StoredTables.bytes(table)
    let entry = try statement.entry(plan, reader, rejects)
    try statement.runner.engine.store.write { transaction in
      _ = try transaction.putObject(.other, StoredTables.object(name), bytes)
      _ = try entry.write(transaction)
    }
    return [("rows stored", "\(table.rowCount)"), ("columns", targets.map(\.name).joined(separator: ", "))]
  }
}
