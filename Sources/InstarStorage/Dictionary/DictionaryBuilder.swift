#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Numbers texts in order of first appearance, in memory: what an import does for each cell of a text column.
///
/// One parser thread fills one builder; builders of consecutive chunks are then merged in the order of the chunks:
///
/// ```swift
/// let map = whole.merge(chunk)       // code in `chunk` -> code in `whole`
/// ```
///
/// A chunk's codes follow first appearance within it, so the merged codes follow first appearance in the whole input,
/// however many threads parsed it.
///
/// `@unchecked Sendable`: confined to one thread at a time; it is handed over as a whole.
@safe package final class DictionaryBuilder: @unchecked Sendable {
  /// The number of texts.
  package private(set) var count = 0
  /// The texts that the store held when the builder was seeded from it: those below this number are not written.
  package internal(set) var storedCount = 0

  private var bytes: UnsafeMutableRawPointer
  private var byteCapacity: Int
  /// Where text `code` begins; its end is where the next begins.
  private var starts: [Int] = [0]
  private var hashes: [UInt64] = []
  /// High half: upper half of the hash; low half: code + 1, 0 for a free slot.
  private var slots: UnsafeMutablePointer<UInt64>
  private var slotMask: Int

  /// - Parameter capacity: the number of texts to make room for.
  package init(capacity: Int = 256) {
    var slotCount = 512
    while slotCount < capacity * 2 { slotCount *= 2 }
    slotMask = slotCount - 1
    unsafe slots = .allocate(capacity: slotCount)
    unsafe slots.initialize(repeating: 0, count: slotCount)
    byteCapacity = max(4096, capacity * 12)
    unsafe bytes = .allocate(byteCount: byteCapacity, alignment: 16)
    starts.reserveCapacity(capacity + 1)
    hashes.reserveCapacity(capacity)
  }

  deinit {
    unsafe slots.deallocate()
    unsafe bytes.deallocate()
  }

  /// Bytes of memory in use, for bounds.
  package var byteCount: Int { byteCapacity + (slotMask + 1) * 8 + count * 16 }

  /// The code of the text, which is added when it is new.
  ///
  /// - Complexity: O(*length*) on average, no allocation but for growth.
  @inline(__always)
  package func code(of text: UnsafeRawBufferPointer) -> UInt32 {
    unsafe code(of: text, hash: TextHash.hash(text))
  }

  /// The code of the text, which is added when it is new.
  package func code(of text: RawSpan) -> UInt32 { unsafe text.withUnsafeBytes { unsafe code(of: $0) } }

  /// The code of the text, which is added when it is new.
  package func code(of text: String) -> UInt32 { unsafe code(of: text.utf8Span.span.bytes) }

  /// The code of the text, or `nil` when the builder does not hold it.
  package func find(_ text: String) -> UInt32? {
    let span = unsafe text.utf8Span.span.bytes
    return unsafe span.withUnsafeBytes { text in
      let slot = unsafe slot(of: text, hash: TextHash.hash(text))
      let entry = unsafe slots[slot]
      return entry == 0 ? nil : UInt32(truncatingIfNeeded: entry) &- 1
    }
  }

  /// The bytes of text `code`. Valid until a text is added.
  /// - Precondition: `code < count`.
  @_lifetime(borrow self)
  package func bytes(_ code: UInt32) -> RawSpan {
    let span = unsafe RawSpan(_unsafeBytes: pointer(code))
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// Text `code`.
  /// - Precondition: `code < count`.
  package func text(_ code: UInt32) -> String { unsafe String(decoding: pointer(code), as: UTF8.self) }

  /// Adds the texts of `other` in their order; returns the code here of each code there.
  ///
  /// - Complexity: O(texts of `other`).
  package func merge(_ other: DictionaryBuilder) -> [UInt32] {
    unsafe [UInt32](unsafeUninitializedCapacity: other.count) { map, count in
      var code = 0
      while code < other.count {
        unsafe map[code] = self.code(of: other.pointer(UInt32(code)), hash: other.hashes[code])
        code &+= 1
      }
      count = other.count
    }
  }

  @unsafe private func code(of text: UnsafeRawBufferPointer, hash: UInt64) -> UInt32 {
    let slot = unsafe slot(of: text, hash: hash)
    let entry = unsafe slots[slot]
    if entry != 0 { return UInt32(truncatingIfNeeded: entry) &- 1 }
    return unsafe add(text, hash: hash, slot: slot)
  }

  /// The slot of the text, or the free one where it belongs.
  @unsafe @inline(__always)
  private func slot(of text: UnsafeRawBufferPointer, hash: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: hash) & slotMask
    let tag = hash & 0xFFFF_FFFF_0000_0000
    while true {
      let entry = unsafe slots[slot]
      if entry == 0 { return slot }
      if entry & 0xFFFF_FFFF_0000_0000 == tag {
        let stored = unsafe pointer(UInt32(truncatingIfNeeded: entry) &- 1)
        if unsafe stored.count == text.count
          && (text.count == 0 || memcmp(stored.baseAddress!, text.baseAddress!, text.count) == 0)
        {
          return slot
        }
      }
      slot = (slot &+ 1) & slotMask
    }
  }

  @unsafe private func pointer(_ code: UInt32) -> UnsafeRawBufferPointer {
    let start = starts[Int(code)]
    return unsafe UnsafeRawBufferPointer(start: bytes + start, count: starts[Int(code) + 1] - start)
  }

  @unsafe private func add(_ text: UnsafeRawBufferPointer, hash: UInt64, slot: Int) -> UInt32 {
    precondition(count < Int(UInt32.max) - 1, "a dictionary numbers at most 2^32 - 2 texts")
    let start = starts[count]
    if start + text.count > byteCapacity {
      byteCapacity = max(byteCapacity * 2, start + text.count)
      let larger = UnsafeMutableRawPointer.allocate(byteCount: byteCapacity, alignment: 16)
      unsafe larger.copyMemory(from: bytes, byteCount: start)
      unsafe bytes.deallocate()
      unsafe bytes = larger
    }
    if let source = text.baseAddress {
      unsafe (bytes + start).copyMemory(from: source, byteCount: text.count)
    }
    starts.append(start + text.count)
    hashes.append(hash)
    count += 1
    unsafe slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(count)
    if count * 2 > slotMask { growTable() }
    return UInt32(count - 1)
  }

  private func growTable() {
    let slotCount = (slotMask + 1) * 4
    unsafe slots.deallocate()
    unsafe slots = .allocate(capacity: slotCount)
    unsafe slots.initialize(repeating: 0, count: slotCount)
    slotMask = slotCount - 1
    var code = 0
    while code < count {
      let hash = hashes[code]
      var slot = Int(truncatingIfNeeded: hash) & slotMask
      while unsafe slots[slot] != 0 { slot = (slot &+ 1) & slotMask }
      unsafe slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(code + 1)
      code += 1
    }
  }
}
