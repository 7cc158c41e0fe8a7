import InstarColumns
import InstarStorage
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Encodes one column and decodes it again.
private func roundTrip(_ column: EventColumnBuffer) throws -> (
  decoded: EventColumnBuffer, header: BlockHeader?, byteCount: Int
) {
  let key = BlockKey(run: 3, firstUser: 9, part: 1, column: 5)
  var blocks = EncodedBlocks()
  var encoder = ColumnEncoder()
  let rows = max(column.integers.count, column.reals.count, column.codes.count, column.flags.count)
  column.present.withUnsafeBufferPointer { present in
    let mask = present.isEmpty ? nil : present
    switch column.type {
    case .integer, .time, .duration:
      column.integers.withUnsafeBufferPointer {
        encoder.encode(.integers($0), present: mask, key: key, to: &blocks)
      }
    case .real:
      column.reals.withUnsafeBufferPointer { encoder.encode(.reals($0), present: mask, key: key, to: &blocks) }
    case .text:
      column.codes.withUnsafeBufferPointer { encoder.encode(.codes($0), present: mask, key: key, to: &blocks) }
    case .boolean:
      column.flags.withUnsafeBufferPointer {
        encoder.encode(.booleans($0), present: mask, key: key, to: &blocks)
      }
    }
  }
  let decoder = ColumnDecoder()
  var decoded = EventColumnBuffer(type: column.type)
  guard let entry = blocks.entries.first else {
    try decoder.append(nil, rows: rows, to: &decoded, at: 0)
    return (decoded, nil, 0)
  }
  return try withGuard(behind: Array(blocks.arena.bytes(entry.bytes))) { bytes in
    try BlockCodec.verify(bytes, key: key)
    try decoder.append(StoredColumn(key: key, bytes: bytes), rows: rows, to: &decoded, at: 0)
    return try (decoded, BlockHeader(reading: bytes), bytes.count)
  }
}

/// Runs `body` on a copy of `bytes` behind whose last byte nothing may be read: a decoder that does ends the process.
private func withGuard<R>(behind bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
  let page = sysconf(Int32(_SC_PAGESIZE))
  let room = (bytes.count + page - 1) / page * page
  let start = mmap(nil, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)!
  precondition(start != MAP_FAILED && mprotect(start + room, page, PROT_NONE) == 0)
  defer { munmap(start, room + page) }
  let copy = UnsafeMutableRawBufferPointer(start: start + (room - bytes.count), count: bytes.count)
  copy.copyBytes(from: bytes)
  return try body(UnsafeRawBufferPointer(copy))
}

private func integers(_ values: [Int64], present: [UInt8] = []) -> EventColumnBuffer {
  var column = EventColumnBuffer(type: .integer)
  column.integers = values
  column.present = present
  return column
}

private func reals(_ values: [Double], present: [UInt8] = []) -> EventColumnBuffer {
  var column = EventColumnBuffer(type: .real)
  column.reals = values
  column.present = present
  return column
}

@Suite struct BlockEncodingTests {
  private let rounds = getenv("INSTAR_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 1

  /// The width that each range of values needs, by the list in the file format.
  private static let widths: [(maximum: UInt64, width: UInt8)] = [
    (0, 0), (1, 1), (2, 2), (3, 2), (4, 4), (15, 4), (16, 8), (255, 8), (256, 16), (65_535, 16), (65_536, 24),
    (0xFF_FFFF, 24), (0x100_0000, 32), (0xFFFF_FFFF, 32), (0x1_0000_0000, 40), (0xFF_FFFF_FFFF, 40),
    (0x100_0000_0000, 48), (0xFFFF_FFFF_FFFF, 48), (0x1_0000_0000_0000, 64), (0xFFFF_FFFF_FFFF_FFFF, 64),
  ]

  @Test(arguments: widths) func widthIsTheSmallestThatFits(maximum: UInt64, width: UInt8) {
    #expect(PackedIntegers.width(for: maximum) == width)
  }

  @Test(arguments: [0, 1, 2, 4, 8, 16, 24, 32, 40, 48, 64]) func everyWidthRoundTrips(width: Int) throws {
    var random = TestRandom()
    let top: UInt64 = width == 0 ? 0 : ~0 >> UInt64(64 - width)
    // INSTAR_ROUNDS=16 tries ten million values at all widths together.
    for rows in Array(repeating: [1, 2, 3, 5, 7, 8, 9, 63, 64, 65, 8_063, 8_064], count: rounds).joined() {
      for base in [Int64.min, -5, 0, 1_735_689_600_000] {
        var values = (0..<rows).map { _ in base &+ Int64(bitPattern: UInt64.random(in: 0...top, using: &random)) }
        values[0] = base
        values[rows - 1] = rows == 1 ? base : base &+ Int64(bitPattern: top)
        let (decoded, header, _) = try roundTrip(integers(values))
        #expect(decoded.integers == values, "width \(width), \(rows) rows, base \(base)")
        if rows > 1, base == 0, width < 64 { #expect(header?.width == UInt8(width)) }
      }
    }
  }

  @Test func extremesOfIntegersRoundTrip() throws {
    let values: [Int64] = [.min, .max, 0, -1, 1, .min + 1, .max - 1]
    #expect(try roundTrip(integers(values)).decoded.integers == values)
  }

  @Test func daysAndSecondsAreStoredInTheirUnit() throws {
    let day: Int64 = 86_400_000
    let days = (0..<1_000).map { 1_700_006_400_000 + Int64($0 % 200) * day }
    let (decoded, header, _) = try roundTrip(integers(days))
    #expect(decoded.integers == days)
    #expect(header?.scale == day)
    #expect(header?.width == 8)
    let seconds = (0..<1_000).map { 1_700_000_000_000 + Int64($0) * 7_000 }
    #expect(try roundTrip(integers(seconds)).header?.scale == 1_000)
  }

  @Test func moneyIsAScaledInteger() throws {
    let prices = [78.03, 0.01, 19.99, -5.5, 100, 0.1 + 0.7 - 0.8 + 0.07]
    let exact = Array(prices[..<5])
    let (decoded, header, _) = try roundTrip(reals(exact))
    #expect(decoded.reals == exact)
    #expect(header?.encoding == .decimal)
    #expect(header?.digits == 2)
    #expect(header?.base == -550)
    #expect(header?.maximum == 10_000)
    // A sum that is not the nearest double of its decimal stays what it is, bit for bit.
    let inexact = try roundTrip(reals([0.1 + 0.2]))
    #expect(inexact.header?.encoding == .double)
    #expect(inexact.decoded.reals[0].bitPattern == (0.1 + 0.2).bitPattern)
  }

  @Test func specialRealsKeepTheirBits() throws {
    let values = [0.0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .pi]
    for count in 1...values.count {
      let part = Array(values.suffix(count))
      #expect(try roundTrip(reals(part)).decoded.reals.map(\.bitPattern) == part.map(\.bitPattern))
    }
    #expect(try roundTrip(reals([-0.0])).decoded.reals[0].sign == .minus)
  }

  @Test(arguments: [0.0, 0.01, 0.3, 0.5, 0.51, 0.99]) func missingValuesRoundTrip(share: Double) throws {
    var random = TestRandom()
    for rows in [1, 8, 13, 64, 1_000, 8_064] {
      let present = (0..<rows).map { _ in Double.random(in: 0..<1, using: &random) < share ? UInt8(1) : 0 }
      let values = (0..<rows).map { _ in Int64.random(in: -100_000...100_000, using: &random) }
      let decoded = try roundTrip(integers(values, present: present)).decoded
      #expect(decoded.present == (present.contains(0) ? present : []))
      #expect((0..<rows).allSatisfy { present[$0] == 0 || decoded.integers[$0] == values[$0] })
      let money = values.map { Double($0) / 100 }
      let decodedMoney = try roundTrip(reals(money, present: present)).decoded
      #expect((0..<rows).allSatisfy { present[$0] == 0 || decodedMoney.reals[$0] == money[$0] })
      var codes = EventColumnBuffer(type: .text)
      codes.codes = values.map { UInt32(truncatingIfNeeded: $0) }
      codes.present = present
      let decodedCodes = try roundTrip(codes).decoded
      #expect((0..<rows).allSatisfy { present[$0] == 0 || decodedCodes.codes[$0] == codes.codes[$0] })
      var flags = EventColumnBuffer(type: .boolean)
      flags.flags = values.map { UInt8($0 & 1) }
      flags.present = present
      let decodedFlags = try roundTrip(flags).decoded
      #expect((0..<rows).allSatisfy { present[$0] == 0 || decodedFlags.flags[$0] == flags.flags[$0] })
    }
  }

  @Test func sparseColumnsStoreOnlyWhatIsThere() throws {
    let present = (0..<8_064).map { $0 % 16 == 0 ? UInt8(1) : 0 }
    let values = (0..<8_064).map { Int64($0 % 65_536) }
    let (_, header, byteCount) = try roundTrip(integers(values, present: present))
    #expect(header?.validity == .presentOnly)
    #expect(byteCount == 48 + 1_008 + 504 * 2)
  }

  @Test func halfByteColumnFillsOnePage() throws {
    // 4,096 bytes of a page less the 16 of its header.
    #expect(try roundTrip(integers((0..<8_064).map { Int64($0 % 16) })).byteCount == 4_080)
  }

  /// The bytes of format version 1, laid out by hand after the file format's drawing.
  @Test func goldenBytes() throws {
    var blocks = EncodedBlocks()
    var encoder = ColumnEncoder()
    let values: [Int64] = [1_000, 1_003, 1_255, 1_001]
    values.withUnsafeBufferPointer {
      encoder.encode(
        .integers($0), present: nil, key: BlockKey(run: 1, firstUser: 2, part: 0, column: 1), to: &blocks)
    }
    let bytes = Array(blocks.arena.bytes(blocks.entries[0].bytes))
    #expect(bytes.count == 52)
    #expect(
      bytes[..<40] == [
        0x49, 0x42, 1, 1, 0, 8, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0,  // "IB", version, integer, scaled, 8 bits, all, 0; 4 rows
        0xE8, 3, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,  // base 1,000, scale 1
        0xE7, 4, 0, 0, 0, 0, 0, 0,  // maximum 1,255
      ])
    #expect(bytes[48...] == [0, 3, 255, 1])
    #expect(bytes[40..<48].elementsEqual(goldenChecksum))
    #expect(BlockKey(run: 1, firstUser: 2, part: 0, column: 1).bytes == [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1])
  }

  /// Recorded when version 1 was frozen: another value means that files of version 1 can no longer be read.
  private let goldenChecksum: [UInt8] = [246, 95, 138, 133, 129, 16, 147, 173]

  @Test func everyFlippedBitIsSeen() throws {
    var blocks = EncodedBlocks()
    var encoder = ColumnEncoder()
    let key = BlockKey(run: 1, firstUser: 2, part: 0, column: 1)
    let values = (0..<100).map { Int64($0) * 3 }
    values.withUnsafeBufferPointer {
      encoder.encode(.integers($0), present: nil, key: key, to: &blocks)
    }
    var bytes = Array(blocks.arena.bytes(blocks.entries[0].bytes))
    for bit in 0..<bytes.count * 8 {
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      bytes.withUnsafeBytes { damaged in
        _ = #expect(throws: BlockDamage.self) { try BlockCodec.verify(damaged, key: key) }
      }
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    }
    // The right bytes under another key are damage too.
    bytes.withUnsafeBytes { whole in
      _ = #expect(throws: BlockDamage.checksum) {
        try BlockCodec.verify(whole, key: BlockKey(run: 1, firstUser: 3, part: 0, column: 1))
      }
    }
  }

  @Test func damagedHeadersNeverReadOutOfBounds() throws {
    var blocks = EncodedBlocks()
    var encoder = ColumnEncoder()
    let values = (0..<1_000).map { Int64($0) * 3 }
    let present = (0..<1_000).map { UInt8($0 % 3 == 0 ? 1 : 0) }
    values.withUnsafeBufferPointer { values in
      present.withUnsafeBufferPointer { present in
        encoder.encode(
          .integers(values), present: present, key: BlockKey(run: 1, firstUser: 2), to: &blocks)
      }
    }
    let intact = Array(blocks.arena.bytes(blocks.entries[0].bytes))
    let decoder = ColumnDecoder()
    var random = TestRandom()
    for _ in 0..<5_000 {
      var bytes = intact
      for _ in 0..<3 { bytes[Int.random(in: 0..<48, using: &random)] = UInt8.random(in: 0...255, using: &random) }
      if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
      var decoded = EventColumnBuffer(type: .integer)
      bytes.withUnsafeBytes { bytes in
        // Whether it decodes or throws does not matter here: it must not crash.
        _ = try? decoder.append(
          StoredColumn(key: BlockKey(run: 1, firstUser: 2), bytes: bytes), rows: 1_000, to: &decoded, at: 0)
      }
    }
  }
}
