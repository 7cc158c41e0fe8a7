import InstarColumns
import InstarImport
import InstarStorage
import Synchronization

/// IMPORT EVENTS: chunks are parsed and numbered side by side, and added to the loader in the order of the file.
final class EventImport: Sendable {
  private let layout: FileLayout
  private let columns: [(column: LoadPlan.Column, target: FileLayout.Target)]
  private let user: FileLayout.Target
  private let time: FileLayout.Target
  private let event: FileLayout.Target
  private let title: FileLayout.Target?
  private let item: FileLayout.Target?
  /// Events later than this are rejected, so that one bad row does not move the clock.
  private let latest: Int64
  private let rejects: RejectLog
  private let queue: OrderedQueue
  private let pseudonyms: Pseudonyms?

  init(_ layout: FileLayout, _ loading: Loading, latest: Int64, rejects: RejectLog, pseudonyms: Pseudonyms?) throws {
    self.layout = layout
    self.pseudonyms = pseudonyms
    self.latest = latest
    self.rejects = rejects
    columns = loading.columns
    func role(_ role: Role) throws -> FileLayout.Target {
      if let target = layout.roles[role] { return target }
      throw ImportError(.missingRole, "no column for \(role.rawValue)", help: "name it: MAP \(role.rawValue) = ..")
    }
    user = try role(.user)
    time = try role(.time)
    event = try role(.event)
    title = layout.roles[.title]
    item = layout.roles[.item]
    guard time.type == .time else {
      throw ImportError(.wrongType, "time is \(time.type.phrase), not a time", help: "MAP time = a column of times")
    }
    queue = OrderedQueue(loading.loader)
  }

  /// What the store is to take: the columns of the plan with where each comes from.
  struct Loading {
    var columns: [(column: LoadPlan.Column, target: FileLayout.Target)]
    var loader: EventLoader

    /// - Parameter importNumber: what the rows keep of this import, so that it can be dropped.
    init(
      _ layout: FileLayout, _ store: Store, duplicates: LoadPlan.Duplicates, threads: Int, importNumber: Int
    ) throws {
      columns = []
      let roles: [(Role, LoadPlan.Column)] = [
        (.item, .item), (.order, .order), (.amount, .amount), (.quantity, .quantity),
      ]
      for (role, column) in roles {
        guard let target = layout.roles[role] else { continue }
        guard column.type == .text || target.type.isNumber else {
          throw ImportError(
            .wrongType, "\(role.rawValue) is \(target.type.phrase), not a number",
            help: "MAP \(role.rawValue) = a column of numbers")
        }
        columns.append((column, target))
      }
      for target in layout.properties { columns.append((.property(target.name, target.type), target)) }
      var duplicates = duplicates
      if let id = layout.roles[.id] {
        columns.append((.property("id", .text), id))
        duplicates = .skipByID(column: columns.count - 1)
      }
      loader = try store.load(
        LoadPlan(
          columns: columns.map(\.column), duplicates: duplicates, threads: threads,
          importNumber: UInt32(importNumber)))
    }
  }

  /// Takes one parsed chunk; called from the parsers' threads.
  func add(_ chunk: ImportChunk) throws {
    rejects.add(chunk.rejects)
    let evaluator = layout.program.nodes.isEmpty ? nil : layout.evaluator(chunk)
    let reader = ChunkTexts(chunk: chunk, layout: layout, evaluator: evaluator)
    let users = reader.texts(user)
    let events = reader.texts(event)
    let times = reader.vector(time)
    var loaded = LoadChunk(
      users: LoadTexts(codes: users.codes, dictionary: pseudonyms?.names(of: users.dictionary) ?? users.dictionary),
      times: times.integers(chunk.rowCount),
      types: LoadTexts(codes: events.codes, dictionary: events.dictionary),
      columns: columns.map { reader.column($0.target, as: $0.column.type) })
    let kept = keptRows(loaded.times, [users.present, events.present, times.present])
    let titles = titles(reader)
    if let kept { loaded.keep(kept) }
    try queue.add(loaded, titles: titles, sequence: chunk.sequence)
  }

  /// The rows that have user, time and event and do not lie in the future; `nil` when all do.
  private func keptRows(_ times: [Int64], _ presence: [[UInt8]]) -> [Int]? {
    var dropped = 0
    var future = 0
    var keep = [Bool](repeating: true, count: times.count)
    for present in presence where !present.isEmpty {
      for row in keep.indices where present[row] == 0 && keep[row] {
        keep[row] = false
        dropped += 1
      }
    }
    for row in keep.indices where keep[row] && times[row] > latest {
      keep[row] = false
      future += 1
    }
    rejects.add(reason: "missing user, time or event", count: dropped)
    rejects.add(reason: "time in the future", count: future)
    return dropped + future == 0 ? nil : keep.indices.filter { keep[$0] }
  }

  /// The titles of items in the chunk, the first of each item.
  private func titles(_ reader: ChunkTexts) -> [String: String] {
    guard let title, let item else { return [:] }
    let items = reader.texts(item)
    let titles = reader.texts(title)
    var first = [UInt32?](repeating: nil, count: items.dictionary.count)
    for row in items.codes.indices {
      guard items.present.isEmpty || items.present[row] != 0, titles.present.isEmpty || titles.present[row] != 0 else {
        continue
      }
      let code = Int(items.codes[row])
      if first[code] == nil { first[code] = titles.codes[row] }
    }
    var result: [String: String] = [:]
    for (code, text) in first.enumerated() {
      if let text { result[items.dictionary.text(UInt32(code))] = titles.dictionary.text(text) }
    }
    return result
  }

  /// Makes everything visible, with the titles of items and `entry` in the same transaction. Call when all chunks were
  /// added.
  func finish(_ entry: ImportEntry, control: StatementControl) throws -> LoadReport {
    try queue.finish(entry, control: control)
  }
}

extension LoadChunk {
  /// Leaves only the rows at `positions`.
  fileprivate mutating func keep(_ positions: [Int]) {
    users.codes = gather(users.codes, positions)
    types.codes = gather(types.codes, positions)
    times = gather(times, positions)
    for index in columns.indices {
      var buffer = columns[index].buffer
      if !buffer.codes.isEmpty { buffer.codes = gather(buffer.codes, positions) }
      if !buffer.integers.isEmpty { buffer.integers = gather(buffer.integers, positions) }
      if !buffer.reals.isEmpty { buffer.reals = gather(buffer.reals, positions) }
      if !buffer.flags.isEmpty { buffer.flags = gather(buffer.flags, positions) }
      if !buffer.present.isEmpty { buffer.present = gather(buffer.present, positions) }
      columns[index].buffer = buffer
    }
  }
}

/// Hands chunks to the loader in the order of the file, whichever parser is done first.
///
/// `@unchecked Sendable`: the loader and the waiting chunks are touched under the lock only.
private final class OrderedQueue: @unchecked Sendable {
  private struct Waiting {
    var chunk: LoadChunk
    var titles: [String: String]
  }

  private let lock = Mutex(())
  private let loader: EventLoader
  private var waiting: [Int: Waiting] = [:]
  private var next = 0
  private var titles: [String: String] = [:]

  init(_ loader: EventLoader) { self.loader = loader }

  func add(_ chunk: LoadChunk, titles: [String: String], sequence: Int) throws {
    try lock.withLock { _ in
      waiting[sequence] = Waiting(chunk: chunk, titles: titles)
      while let ready = waiting.removeValue(forKey: next) {
        try loader.add(ready.chunk)
        self.titles.merge(ready.titles) { known, _ in known }
        next += 1
      }
    }
  }

  func finish(_ entry: ImportEntry, control: StatementControl) throws -> LoadReport {
    try lock.withLock { _ in
      precondition(waiting.isEmpty, "every chunk before the last was added")
      return try loader.finish(isCancelled: { control.isCancelled }) { [titles] transaction in
        try Self.store(titles, transaction)
        _ = try entry.write(transaction)
      }
    }
  }

  /// Titles of items that came with events, kept as the item property `title`.
  private static func store(_ titles: [String: String], _ transaction: borrowing WriteTransaction) throws {
    guard !titles.isEmpty else { return }
    let property = try transaction.defineProperty("title", of: .item, type: .text)
    var coded: [(item: UInt32, title: UInt32)] = []
    for (item, title) in titles.sorted(by: { $0.key < $1.key }) {
      coded.append(
        (try transaction.intern(item, in: DictionaryID.item), try transaction.intern(title, in: property.dictionary)))
    }
    coded.sort { $0.item < $1.item }
    let texts = TextList([])
    try transaction.setProperty(property, ids: coded.map(\.item), values: .codes(coded.map(\.title), texts))
  }
}
