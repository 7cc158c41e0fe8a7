import InstarColumns
import InstarStorage
import InstarTestSupport

/// One event of the model: a plain Swift value, kept in an array in order of arrival.
struct ModelEvent: Equatable, CustomStringConvertible {
  var user: UInt32
  var time: Int64
  var type: UInt32
  var item: UInt32?
  var amount: Double?
  var flag: Bool?
  var number: Int64?

  var description: String {
    func text(_ value: (some CustomStringConvertible)?) -> String { value?.description ?? "-" }
    return "(\(user) @\(time) type \(type) \(text(item)) \(text(amount)) \(text(flag)) \(text(number)))"
  }

  static let columns = RunColumns(numbers: [3, 5, 16, 17], types: [.text, .real, .boolean, .integer])
  static let eventColumns: [EventColumn] = [.item, .amount, .property(0), .property(1)]

  static func random(users: Int, times: Range<Int64>, using random: inout TestRandom) -> ModelEvent {
    // The square makes some users much busier than others.
    let position = Double.random(in: 0..<1, using: &random)
    return ModelEvent(
      user: UInt32(position * position * Double(users)), time: Int64.random(in: times, using: &random),
      type: UInt32.random(in: 0..<5, using: &random),
      item: Bool.random(using: &random) ? UInt32.random(in: 0..<70_000, using: &random) : nil,
      amount: Int.random(in: 0..<10, using: &random) == 0
        ? Double(Int.random(in: 0..<90_000, using: &random)) / 100 : nil,
      flag: Int.random(in: 0..<3, using: &random) > 0 ? Bool.random(using: &random) : nil,
      number: Int64.random(in: -5...5, using: &random))
  }
}

extension CodedRows {
  init(_ events: [ModelEvent]) {
    self.init(
      users: events.map(\.user), times: events.map(\.time), types: events.map(\.type),
      columns: columnBuffers(of: events))
  }
}

/// The further columns of `events` in their order.
private func columnBuffers(of events: [ModelEvent]) -> [EventColumnBuffer] {
  var item = EventColumnBuffer(type: .text)
  item.codes = events.map { $0.item ?? 0 }
  item.present = events.map { $0.item == nil ? 0 : 1 }
  var amount = EventColumnBuffer(type: .real)
  amount.reals = events.map { $0.amount ?? 0 }
  amount.present = events.map { $0.amount == nil ? 0 : 1 }
  var flag = EventColumnBuffer(type: .boolean)
  flag.flags = events.map { $0.flag == true ? 1 : 0 }
  flag.present = events.map { $0.flag == nil ? 0 : 1 }
  var number = EventColumnBuffer(type: .integer)
  number.integers = events.map { $0.number ?? 0 }
  number.present = events.contains { $0.number == nil } ? events.map { $0.number == nil ? 0 : 1 } : []
  return [item, amount, flag, number]
}

extension SortedRows {
  init(_ events: [ModelEvent]) {
    let sorted = inStoreOrder(events)
    self.init()
    for event in sorted {
      if users.last != event.user {
        users.append(event.user)
        starts.append(times.count)
      }
      times.append(event.time)
      types.append(event.type)
      starts[starts.count - 1] = times.count
    }
    columnNumbers = ModelEvent.columns.numbers
    columns = columnBuffers(of: sorted)
  }
}

extension EventBatch {
  /// The events of the batch, whose columns are all those of the model.
  var events: [ModelEvent] {
    var events: [ModelEvent] = []
    for place in 0..<userCount {
      for row in starts[place]..<starts[place + 1] {
        events.append(
          ModelEvent(
            user: users[place], time: times[row], type: types[row],
            item: columns[0].isPresent(row) ? columns[0].codes[row] : nil,
            amount: columns[1].isPresent(row) ? columns[1].reals[row] : nil,
            flag: columns[2].isPresent(row) ? columns[2].flags[row] == 1 : nil,
            number: columns[3].isPresent(row) ? columns[3].integers[row] : nil))
      }
    }
    return events
  }
}

extension EventColumnBuffer {
  func isPresent(_ row: Int) -> Bool { present.isEmpty || present[row] == 1 }
}

/// By user, then time, then place in the array.
func inStoreOrder(_ events: [ModelEvent]) -> [ModelEvent] {
  events.enumerated()
    .sorted { ($0.element.user, $0.element.time, $0.offset) < ($1.element.user, $1.element.time, $1.offset) }
    .map(\.element)
}

/// Blocks of a run in memory.
final class MemoryRun: @unchecked Sendable {
  private(set) var groups: [EncodedBlocks] = []

  func append(_ blocks: [EncodedBlocks]) { groups += blocks }

  var byteCount: Int { groups.reduce(0) { $0 + $1.byteCount } }
  var keys: [BlockKey] { groups.flatMap { $0.entries.map(\.key) } }

  func blocks(columns: [UInt16], lowerUser: UInt32 = 0) -> RunBlocks {
    let run = RunBlocks(columns: columns, lowerUser: lowerUser, owner: self)
    for group in groups { for entry in group.entries { run.add(entry.key, group.arena.bytes(entry.bytes)) } }
    return run
  }

  /// Sorts and encodes `events` as the loader does.
  static func load(
    _ events: [ModelEvent], run: UInt32, memoryBound: Int = 1 << 30, chunk: Int = 10_000,
    duplicates: DuplicatePolicy = .keep, existing: ScanSource? = nil
  ) throws -> (run: MemoryRun, totals: RunTotals, duplicates: Int) {
    let sorter = EventSorter(columns: ModelEvent.columns, memoryBound: memoryBound, folder: "/tmp", threads: 2)
    var first = 0
    while first < events.count {
      let end = min(events.count, first + chunk)
      try sorter.add(CodedRows(Array(events[first..<end])))
      first = end
    }
    let result = MemoryRun()
    let outcome = try sorter.finish(run: run, duplicates: duplicates, existing: existing) { result.append($0) }
    return (result, outcome.totals, outcome.duplicates)
  }
}

extension EventScan {
  /// All events that a scan hands out, in its order.
  static func events(_ source: ScanSource, _ request: ScanRequest) throws -> (
    events: [ModelEvent], statistics: ScanStatistics
  ) {
    var statistics = ScanStatistics()
    let states = try run(source, request, statistics: &statistics, makeState: { _ in [ModelEvent]() }) {
      $0 += $1.events
    }
    return (states.flatMap { $0 }, statistics)
  }
}
