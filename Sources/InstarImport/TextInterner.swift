import InstarColumns

/// Numbers the texts of a column from 0 in order of first appearance, without making strings of them.
///
/// A worker keeps one per text column for the whole import: codes stay the same from chunk to chunk, so that a loader
/// asks its store's dictionary once per different text (`texts(from:)`) and not once per row.
///
/// One thread at a time uses an interner; it is handed on as a dictionary only when no more texts are added.
package final class TextInterner: TextDictionary, @unchecked Sendable {
  private var arena: [UInt8] = []
  /// Where the text of each code ends; it begins where the one before ends.
  private var ends: [Int] = []
  private var hashes: [UInt64] = []
  /// Codes + 1 by hash, open addressing with linear probing; at most half full.
  private var slots = [UInt32](repeating: 0, count: 64)

  package init() {}

  package var count: Int { ends.count }

  /// Adds a column's texts.
  ///
  /// - Parameter codes: Gets one code a row; 0 where the row is missing.
  /// - Complexity: O(bytes of the column).
  package func intern(_ column: ImportColumn, of chunk: ImportChunk, into codes: inout [UInt32]) {
    precondition(column.type == .text, "texts are interned, numbers are not")
    resize(&codes, chunk.rowCount)
    let bytes = chunk.bytes.baseAddress!
    var row = 0
    while row < chunk.rowCount {
      let isPresent = column.present.isEmpty || column.present[row] != 0
      codes[row] = isPresent ? code(bytes + Int(column.starts[row]), Int(column.lengths[row])) : 0
      row &+= 1
    }
  }

  /// The bytes of `code`, valid during the call.
  package func withBytes<R>(of code: UInt32, _ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
    try arena.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[range(code)])) }
  }

  package func text(_ code: UInt32) -> String { String(decoding: arena[range(code)], as: UTF8.self) }

  package func code(of text: String) -> UInt32? {
    var text = text
    return text.withUTF8 { bytes in
      guard let base = bytes.baseAddress else { return nil }
      let slot = find(base, bytes.count, wordHash(base, bytes.count))
      return slots[slot] == 0 ? nil : slots[slot] - 1
    }
  }

  private func range(_ code: UInt32) -> Range<Int> {
    (code == 0 ? 0 : ends[Int(code) - 1])..<ends[Int(code)]
  }

  private func code(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt32 {
    let hash = wordHash(bytes, count)
    let slot = find(bytes, count, hash)
    if slots[slot] != 0 { return slots[slot] - 1 }
    arena.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
    ends.append(arena.count)
    hashes.append(hash)
    slots[slot] = UInt32(ends.count)
    if ends.count * 2 > slots.count { grow() }
    return UInt32(ends.count - 1)
  }

  /// The slot that holds the text, or the free one where it belongs.
  private func find(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ hash: UInt64) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let code = slots[slot] - 1
      if hashes[Int(code)] == hash && isEqual(bytes, count, range(code)) { return slot }
      slot = (slot &+ 1) & mask
    }
    return slot
  }

  private func isEqual(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ range: Range<Int>) -> Bool {
    if range.count != count { return false }
    return arena.withUnsafeBufferPointer { arena in
      var index = 0
      while index < count {
        if arena[range.lowerBound &+ index] != bytes[index] { return false }
        index &+= 1
      }
      return true
    }
  }

  private func grow() {
    slots = [UInt32](repeating: 0, count: slots.count * 2)
    let mask = slots.count - 1
    for (code, hash) in hashes.enumerated() {
      var slot = Int(truncatingIfNeeded: hash) & mask
      while slots[slot] != 0 { slot = (slot &+ 1) & mask }
      slots[slot] = UInt32(code + 1)
    }
  }
}

/// A hash of bytes, eight at a time (multiply and rotate as in FxHash, with a final mix).
private func wordHash(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
  let factor: UInt64 = 0x517c_c1b7_2722_0a95
  let raw = UnsafeRawPointer(bytes)
  var hash = UInt64(truncatingIfNeeded: count)
  var index = 0
  while index &+ 8 <= count {
    hash = ((hash &<< 5 | hash &>> 59) ^ raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)) &* factor
    index &+= 8
  }
  var tail: UInt64 = 0
  while index < count {
    tail = tail &<< 8 | UInt64(bytes[index])
    index &+= 1
  }
  hash = ((hash &<< 5 | hash &>> 59) ^ tail) &* factor
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
