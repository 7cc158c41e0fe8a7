/// Column 0 of a block: whose rows it holds, where they begin, and what a scan can skip.
///
/// ```
/// 0    header, 48 bytes   kind directory, rows, users in the place of present, base/maximum = first/last time
/// 48   event types, 32 bytes: bit (code mod 256) is set when the type may occur
/// 80   four sections: users, first rows, first times, last times
///      each: base i64, scale i64, width u8, 3 zero bytes, payload bytes u32, payload
/// ```
@safe package struct BlockDirectory {
  static let typeSetOffset = BlockLayout.headerByteCount
  static let sectionsOffset = 80
  static let sectionHeaderByteCount = 24

  package let rows: Int
  package let userCount: Int
  package let firstTime: Int64
  package let lastTime: Int64
  private let bytes: UnsafeRawBufferPointer

  /// Reads the fixed part of a directory.
  package init(reading bytes: UnsafeRawBufferPointer) throws(BlockDamage) {
    let header = try unsafe BlockHeader(reading: bytes)
    guard header.kind == .directory else { throw .wrongKind }
    guard bytes.count >= Self.sectionsOffset + 4 * Self.sectionHeaderByteCount else { throw .tooShort }
    rows = Int(header.rows)
    userCount = Int(header.present)
    firstTime = header.base
    lastTime = header.maximum
    unsafe self.bytes = unsafe bytes
  }

  /// Whether a row of an event type in `types` may be here.
  package func mayContain(_ types: EventTypeSet) -> Bool {
    var shared: UInt64 = 0
    for word in 0..<4 {
      let stored = unsafe UInt64(
        littleEndian: bytes.loadUnaligned(fromByteOffset: Self.typeSetOffset + 8 * word, as: UInt64.self))
      shared |= stored & types.words[word]
    }
    return shared != 0
  }

  /// The users, ascending, and the first row of each, followed by the number of rows.
  package func readUsers(_ users: inout [UInt32], _ starts: inout [Int]) throws(BlockDamage) {
    users.setCount(userCount, 0)
    starts.setCount(userCount + 1, 0)
    let (userSection, startSection) = (try section(0), try section(1))
    unsafe users.withUnsafeMutableBufferPointer { target in
      guard let start = target.baseAddress else { return }
      unsafe PackedIntegers.unpack(
        userSection.payload, width: userSection.width, count: userCount,
        base: UInt32(truncatingIfNeeded: userSection.base), scale: 1, into: start)
    }
    unsafe starts.withUnsafeMutableBufferPointer { target in
      guard let start = target.baseAddress else { return }
      // Int is Int64 on every platform of this package.
      unsafe PackedIntegers.unpack(
        startSection.payload, width: startSection.width, count: userCount, base: startSection.base, scale: 1,
        into: UnsafeMutableRawPointer(start).assumingMemoryBound(to: Int64.self))
    }
    starts[userCount] = rows
  }

  /// The time of each user's first and last row.
  package func readTimes(first: inout [Int64], last: inout [Int64]) throws(BlockDamage) {
    first.setCount(userCount, 0)
    last.setCount(userCount, 0)
    try readSection(2, &first)
    try readSection(3, &last)
  }

  private func readSection(_ number: Int, _ values: inout [Int64]) throws(BlockDamage) {
    let section = try section(number)
    unsafe values.withUnsafeMutableBufferPointer { target in
      guard let start = target.baseAddress else { return }
      unsafe PackedIntegers.unpack(
        section.payload, width: section.width, count: userCount, base: section.base, scale: section.scale, into: start)
    }
  }

  @safe private struct Section {
    var base: Int64
    var scale: Int64
    var width: UInt8
    var payload: UnsafeRawPointer
  }

  private func section(_ number: Int) throws(BlockDamage) -> Section {
    var offset = Self.sectionsOffset
    for current in 0...number {
      guard unsafe offset + Self.sectionHeaderByteCount <= bytes.count, let start = unsafe bytes.baseAddress
      else { throw .tooShort }
      let width = unsafe bytes[offset + 16]
      let size = unsafe Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 20, as: UInt32.self)))
      let payload = offset + Self.sectionHeaderByteCount
      guard PackedIntegers.isWidth(width), size == PackedIntegers.byteCount(userCount, width: width),
        unsafe payload + size <= bytes.count
      else { throw .tooShort }
      if current == number {
        return unsafe Section(
          base: Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self)),
          scale: Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: Int64.self)),
          width: width, payload: start + payload)
      }
      offset = payload + size
    }
    throw .tooShort
  }

  /// Appends the directory of a block.
  ///
  /// - Parameters:
  ///   - starts: the first row of each user, and the number of rows behind them.
  ///   - times: the times of all rows, ascending within a user.
  static func encode(
    users: UnsafeBufferPointer<UInt32>, starts: UnsafeBufferPointer<Int>, times: UnsafeBufferPointer<Int64>,
    types: UnsafeBufferPointer<UInt32>, key: BlockKey, to blocks: inout EncodedBlocks
  ) {
    let count = users.count
    let lists: [[Int64]] = unsafe [
      users.map(Int64.init), (0..<count).map { unsafe Int64(starts[$0]) },
      (0..<count).map { unsafe times[starts[$0]] }, (0..<count).map { unsafe times[starts[$0 + 1] - 1] },
    ]
    let plans = lists.enumerated().map { number, list in
      unsafe list.withUnsafeBufferPointer { unsafe PackedSection.plan($0, findScale: number >= 2) }
    }
    let payloads = plans.map { PackedIntegers.byteCount(count, width: $0.width) }
    let size = sectionsOffset + 4 * sectionHeaderByteCount + payloads.reduce(0, +)
    let target = unsafe blocks.append(key, size: size)
    unsafe BlockHeader(
      kind: .directory, encoding: .scaled, width: 0, validity: .all, rows: times.count, present: count,
      base: plans[2].base, scale: 1, maximum: plans[3].maximum
    ).write(to: target)
    let set = unsafe EventTypeSet(types)
    for word in 0..<4 {
      unsafe target.storeBytes(
        of: set.words[word].littleEndian, toByteOffset: typeSetOffset + 8 * word, as: UInt64.self)
    }
    var offset = sectionsOffset
    for number in 0..<4 {
      let plan = plans[number]
      unsafe target.storeBytes(of: plan.base.littleEndian, toByteOffset: offset, as: Int64.self)
      unsafe target.storeBytes(of: plan.scale.littleEndian, toByteOffset: offset + 8, as: Int64.self)
      unsafe target.storeBytes(of: plan.width, toByteOffset: offset + 16, as: UInt8.self)
      unsafe target.storeBytes(of: UInt32(payloads[number]).littleEndian, toByteOffset: offset + 20, as: UInt32.self)
      offset += sectionHeaderByteCount
      let packed = unsafe [UInt64](unsafeUninitializedCapacity: count) { scratch, written in
        unsafe lists[number].withUnsafeBufferPointer { list in
          if let start = scratch.baseAddress { unsafe plan.subtract(list, into: start) }
        }
        written = count
      }
      unsafe packed.withUnsafeBufferPointer { unsafe PackedIntegers.pack($0, width: plan.width, to: target + offset) }
      offset += payloads[number]
    }
    unsafe BlockCodec.seal(UnsafeMutableRawBufferPointer(start: target, count: size), key: key)
  }
}

/// A set of event type codes folded to 256 bits: what it does not contain is certain, what it contains is possible.
package struct EventTypeSet: Sendable, Hashable {
  package private(set) var words: InlineWords = InlineWords()

  /// Four words with value semantics and no allocation.
  package struct InlineWords: Sendable, Hashable {
    private var a: UInt64 = 0, b: UInt64 = 0, c: UInt64 = 0, d: UInt64 = 0
    package init() {}
    package subscript(word: Int) -> UInt64 {
      get { word == 0 ? a : word == 1 ? b : word == 2 ? c : d }
      set {
        switch word {
        case 0: a = newValue
        case 1: b = newValue
        case 2: c = newValue
        default: d = newValue
        }
      }
    }
  }

  package init(_ codes: some Sequence<UInt32>) {
    for code in codes { insert(code) }
  }

  package mutating func insert(_ code: UInt32) {
    words[Int(code / 64 % 4)] |= 1 << UInt64(code % 64)
  }
}
