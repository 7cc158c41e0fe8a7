import InstarColumns

/// Numbers the texts of a column from 0 in order of first appearance, without making strings of them.
///
/// A worker keeps one per text column for the whole import: codes stay the same from chunk to chunk, so that a loader
/// asks its store's dictionary once per different text (``withBytes(of:_:)`` of the new codes) and not once per row.
///
/// ```
/// slots   open addressing, linear probing, at most half full: part of the hash, code + 1, place in the arena
/// arena   length u32, bytes | length u32, bytes | ...           one cache line tells whether a short text is equal
/// ```
///
/// One thread at a time uses an interner; it is handed on as a dictionary only when no more texts are added.
package final class TextInterner: TextDictionary, @unchecked Sendable {
  private var slots: UnsafeMutableBufferPointer<Slot>
  private var arena: UnsafeMutablePointer<UInt8>
  private var arenaCount = 0
  private var arenaCapacity = 1 << 12
  /// Where the entry of each code begins in the arena.
  private var entries: [Int] = []

  private struct Slot {
    var tag: UInt32 = 0
    /// 0 while the slot is free.
    var codePlusOne: UInt32 = 0
    var entry = 0
  }

  /// Bytes that may be read behind a text, here and in chunks: texts are compared eight bytes at a time.
  private static let padding = 8
  private static let lengthSize = 4

  package init() {
    slots = .allocate(capacity: 64)
    slots.initialize(repeating: Slot())
    arena = .allocate(capacity: arenaCapacity)
  }

  deinit {
    slots.deallocate()
    arena.deallocate()
  }

  package var count: Int { entries.count }

  /// Adds a column's texts.
  ///
  /// - Parameter codes: Gets one code a row; 0 where the row is missing.
  /// - Complexity: O(bytes of the column); for columns of many texts about two cache misses a row.
  package func intern(_ column: ImportColumn, of chunk: ImportChunk, into codes: inout [UInt32]) {
    precondition(column.type == .text, "texts are interned, numbers are not")
    let count = chunk.rowCount
    resize(&codes, count)
    let bytes = chunk.bytes.baseAddress!
    codes.withUnsafeMutableBufferPointer { codes in
      column.starts.withUnsafeBufferPointer { starts in
        column.lengths.withUnsafeBufferPointer { lengths in
          column.present.withUnsafeBufferPointer { present in
            var row = 0
            while row < count {
              let isMissing = present.count > 0 && present[row] == 0
              codes[row] = isMissing ? 0 : code(bytes + Int(starts[row]), Int(lengths[row]))
              row &+= 1
            }
          }
        }
      }
    }
  }

  /// The bytes of `code`, valid during the call.
  package func withBytes<R>(of code: UInt32, _ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
    try body(bytes(entries[Int(code)]))
  }

  package func text(_ code: UInt32) -> String { String(decoding: bytes(entries[Int(code)]), as: UTF8.self) }

  package func code(of text: String) -> UInt32? {
    let padded = Array(text.utf8) + [UInt8](repeating: 0, count: TextInterner.padding)
    return padded.withUnsafeBufferPointer { padded in
      let length = padded.count - TextInterner.padding
      let slot = slots[find(padded.baseAddress!, length, wordHash(padded.baseAddress!, length))]
      return slot.codePlusOne == 0 ? nil : slot.codePlusOne - 1
    }
  }

  private func bytes(_ entry: Int) -> UnsafeBufferPointer<UInt8> {
    let length = UnsafeRawPointer(arena + entry).loadUnaligned(as: UInt32.self)
    return UnsafeBufferPointer(start: arena + entry + TextInterner.lengthSize, count: Int(length))
  }

  @inline(__always)
  private func code(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt32 {
    let hash = wordHash(bytes, count)
    let place = find(bytes, count, hash)
    let known = slots[place].codePlusOne
    return known != 0 ? known &- 1 : add(bytes, count, hash, at: place)
  }

  /// The slot that holds the text, or the free one where it belongs.
  @inline(__always)
  private func find(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ hash: UInt64) -> Int {
    let (slots, arena) = (slots, UnsafePointer(arena))
    let mask = slots.count &- 1
    let tag = UInt32(truncatingIfNeeded: hash &>> 32)
    var place = Int(truncatingIfNeeded: hash) & mask
    while slots[place].codePlusOne != 0 {
      if slots[place].tag == tag && isEqual(arena + slots[place].entry, bytes, count) { return place }
      place = (place &+ 1) & mask
    }
    return place
  }

  /// Whether the entry holds the `count` bytes.
  @inline(__always)
  private func isEqual(_ entry: UnsafePointer<UInt8>, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    let stored = UnsafeRawPointer(entry)
    if Int(stored.loadUnaligned(as: UInt32.self)) != count { return false }
    let text = UnsafeRawPointer(bytes)
    var index = 0
    while index < count {
      let left = stored.loadUnaligned(fromByteOffset: TextInterner.lengthSize &+ index, as: UInt64.self)
      let right = text.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      if (left ^ right) & firstBytes(count &- index) != 0 { return false }
      index &+= 8
    }
    return true
  }

  @inline(never)
  private func add(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ hash: UInt64, at place: Int) -> UInt32 {
    let size = TextInterner.lengthSize + count
    if arenaCount + size + TextInterner.padding > arenaCapacity { growArena(by: size) }
    let entry = arenaCount
    UnsafeMutableRawPointer(arena + entry).storeBytes(of: UInt32(count), as: UInt32.self)
    (arena + entry + TextInterner.lengthSize).update(from: bytes, count: count)
    arenaCount += size
    entries.append(entry)
    let code = UInt32(entries.count - 1)
    slots[place] = Slot(tag: UInt32(truncatingIfNeeded: hash &>> 32), codePlusOne: code + 1, entry: entry)
    if entries.count * 2 > slots.count { growSlots() }
    return code
  }

  private func growArena(by size: Int) {
    arenaCapacity = max(2 * arenaCapacity, arenaCount + size + TextInterner.padding)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: arenaCapacity)
    larger.update(from: arena, count: arenaCount)
    arena.deallocate()
    arena = larger
  }

  private func growSlots() {
    let capacity = slots.count * 2
    slots.deallocate()
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: Slot())
    for (code, entry) in entries.enumerated() {
      let text = bytes(entry)
      let hash = wordHash(text.baseAddress!, text.count)
      var place = Int(truncatingIfNeeded: hash) & (capacity - 1)
      while slots[place].codePlusOne != 0 { place = (place &+ 1) & (capacity - 1) }
      slots[place] = Slot(tag: UInt32(truncatingIfNeeded: hash &>> 32), codePlusOne: UInt32(code + 1), entry: entry)
    }
  }
}

/// A mask of the first `count` bytes of a little-endian word; all of them from 8 on.
@inline(__always)
private func firstBytes(_ count: Int) -> UInt64 {
  count >= 8 ? .max : (1 &<< UInt64(truncatingIfNeeded: 8 &* count)) &- 1
}

/// A hash of `count` bytes, eight at a time (rotate, xor and multiply as in FxHash, with a final mix). Reads up to
/// seven bytes behind them.
@inline(__always)
private func wordHash(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
  let raw = UnsafeRawPointer(bytes)
  var hash = UInt64(truncatingIfNeeded: count)
  var index = 0
  while index < count {
    let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) & firstBytes(count &- index)
    hash = ((hash &<< 5 | hash &>> 59) ^ word) &* 0x517c_c1b7_2722_0a95
    index &+= 8
  }
  hash ^= hash &>> 32
  hash = hash &* 0x9e37_79b9_7f4a_7c15
  return hash ^ (hash &>> 29)
}

extension ImportChunk {
  /// Column `index` as expressions are evaluated over: numbers and times as they stand, text as codes.
  ///
  /// - Parameter interner: Takes the texts of a text column; a fresh one where codes need not last beyond the chunk.
  package func column(_ index: Int, interner: TextInterner = TextInterner()) -> Column {
    let column = columns[index]
    let values: ColumnValues
    switch column.type {
    case .boolean: values = .booleans(column.flags)
    case .real: values = .reals(column.reals)
    case .text:
      var codes: [UInt32] = []
      interner.intern(column, of: self, into: &codes)
      values = .codes(codes, interner)
    case .integer, .time, .duration: values = .integers(column.integers)
    }
    return Column(column.name, type: column.type, values: values, present: column.present)
  }
}
