import InstarColumns
import InstarStorage
import InstarTestSupport
import Testing

/// Single rows and sets of rows are the same whether the columns were decoded or not.
@Suite struct RowsOnDemandTests {
  private let columns = ModelEvent.columns

  /// Codes of 1, 2, 4, 16, 200 and 300 types take 0, 1, 2, 4, 8 and 16 bits.
  @Test(arguments: [1, 2, 4, 16, 200, 300]) func someRowsAreThoseOfTheWholeColumns(types: Int) throws {
    var random = TestRandom()
    let seed = random.seed
    let all = (0..<30_000).map { _ in
      var event = ModelEvent.random(users: 900, times: 0..<50_000_000_000, using: &random)
      event.type = UInt32.random(in: 0..<UInt32(types), using: &random)
      return event
    }
    // Up to 64 sets; types beyond the masks are in none.
    let masks = (0..<max(1, types - 1)).map { _ in UInt64.random(in: 0...UInt64.max, using: &random) }
    let sets = Int.random(in: 1...9, using: &random)
    let mask = (UInt64(1) << UInt64(sets)) - 1
    let loaded = try MemoryRun.load(all, run: 0)
    let source = ScanSource(
      runs: [loaded.run.blocks(columns: columns.numbers)], columnTypes: columns.types, userCount: 901,
      rowCount: all.count)
    var statistics = ScanStatistics()
    let request = ScanRequest(columns: ModelEvent.eventColumns, threads: 1)
    _ = try EventScan.run(source, request, statistics: &statistics, makeState: { _ in 0 }) { _, batch in
      let rows = (0..<batch.rowCount).filter { $0 % 7 == 3 || $0 == batch.rowCount - 1 }
      let times = batch.times(at: rows)
      let some = (0..<4).map { batch.column($0, at: rows) }
      let marks = batch.marks(masks.map { $0 & mask }, sets: sets)
      #expect(times == rows.map { batch.times[$0] }, "seed \(seed)")
      for (column, part) in some.enumerated() {
        let whole = batch.column(column)
        for (place, row) in rows.enumerated() {
          #expect(part.isPresent(place) == whole.isPresent(row), "seed \(seed)")
          guard whole.isPresent(row) else { continue }
          switch whole.type {
          case .text: #expect(part.codes[place] == whole.codes[row], "seed \(seed)")
          case .real: #expect(part.reals[place] == whole.reals[row], "seed \(seed)")
          case .boolean: #expect(part.flags[place] == whole.flags[row], "seed \(seed)")
          default: #expect(part.integers[place] == whole.integers[row], "seed \(seed)")
          }
        }
      }
      let codes = batch.types
      for set in 0..<sets {
        let expected = codes.indices.filter { row in
          Int(codes[row]) < masks.count && masks[Int(codes[row])] >> UInt64(set) & 1 == 1
        }
        #expect(marks.list(set) == expected, "seed \(seed), set \(set)")
      }
    }
  }

  @Test func aColumnThatNobodyAsksForIsNotRead() throws {
    var random = TestRandom()
    let all = (0..<20_000).map { _ in ModelEvent.random(users: 700, times: 0..<50_000, using: &random) }
    let loaded = try MemoryRun.load(all, run: 0)
    let source = ScanSource(
      runs: [loaded.run.blocks(columns: columns.numbers)], columnTypes: columns.types, userCount: 701,
      rowCount: all.count)
    var statistics = ScanStatistics()
    let request = ScanRequest(columns: ModelEvent.eventColumns, threads: 2)
    _ = try EventScan.run(source, request, statistics: &statistics, makeState: { _ in 0 }) { rows, batch in
      // Twice, and in two ways: a block counts once.
      rows += batch.types.count + batch.marks([1], sets: 1).list().count
      rows += batch.column(1, at: [0]).reals.count + batch.column(1).reals.count
    }
    // The directory, time, type, item, amount, and two properties.
    let blocks = statistics.columnBlocks
    #expect(blocks[0] == statistics.blocksRead && blocks[2] == blocks[0] && blocks[4] == blocks[0])
    #expect(blocks[1] == 0 && blocks[3] == 0 && blocks[5] == 0 && blocks[6] == 0)
    #expect(statistics.columnBytes[1] == 0 && statistics.columnBytes[2] > 0)
    #expect(statistics.bytes == statistics.columnBytes[2] + statistics.columnBytes[4])
  }
}
