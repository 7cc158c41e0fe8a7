/// A growing area of raw bytes that encoders write to and that is used again block after block.
///
/// Confined to one thread at a time; its owner hands it over as a whole.
@safe package final class ByteArena: @unchecked Sendable {
  private var storage: UnsafeMutableRawPointer
  private var capacity: Int
  /// The bytes in use.
  package private(set) var count = 0

  package init(capacity: Int = 1 << 16) {
    self.capacity = max(64, capacity)
    unsafe storage = .allocate(byteCount: self.capacity, alignment: 16)
  }

  deinit { unsafe storage.deallocate() }

  /// Forgets all bytes but keeps the memory.
  package func removeAll() { count = 0 }

  /// Appends `size` bytes, zeroed, and returns where they begin; valid until the next append.
  package func append(zeroed size: Int) -> UnsafeMutableRawPointer {
    if count + size > capacity {
      capacity = max(capacity * 2, count + size)
      let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
      unsafe larger.copyMemory(from: storage, byteCount: count)
      unsafe storage.deallocate()
      unsafe storage = larger
    }
    let start = unsafe storage + count
    unsafe start.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    count += size
    return unsafe start
  }

  /// The bytes `range`, valid until the next append.
  package func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    precondition(range.upperBound <= count, "a range inside the arena")
    return unsafe UnsafeRawBufferPointer(start: storage + range.lowerBound, count: range.count)
  }

  /// The bytes `range` for writing, valid until the next append.
  package func mutableBytes(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
    precondition(range.upperBound <= count, "a range inside the arena")
    return unsafe UnsafeMutableRawBufferPointer(start: storage + range.lowerBound, count: range.count)
  }
}

/// Encoded block columns in the order of their keys, on their way to the store or to a spill file.
package struct EncodedBlocks: Sendable {
  package struct Entry: Sendable {
    package var key: BlockKey
    package var bytes: Range<Int>
  }
  package let arena = ByteArena()
  package private(set) var entries: [Entry] = []

  package init() {}

  package var byteCount: Int { arena.count }

  package mutating func removeAll() {
    arena.removeAll()
    entries.removeAll(keepingCapacity: true)
  }

  /// Appends a zeroed value of `size` bytes under `key` and returns where to write it.
  mutating func append(_ key: BlockKey, size: Int) -> UnsafeMutableRawPointer {
    let start = arena.count
    let pointer = unsafe arena.append(zeroed: size)
    entries.append(Entry(key: key, bytes: start..<start + size))
    return unsafe pointer
  }
}
