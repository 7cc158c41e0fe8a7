/// The key of a value: big-endian integers and short bytes, at most 64, built without allocation.
///
/// Big-endian integers make LMDB's order of bytes the order of the numbers.
package struct Key {
  /// No key is longer; LMDB allows 511 bytes, but short keys keep branch pages flat.
  package static let maximumByteCount = 64

  private var storage = InlineArray<64, UInt8>(repeating: 0)
  package private(set) var byteCount = 0

  package init() {}

  /// A key of bytes of text, as in `meta`.
  /// - Precondition: at most 64 bytes of UTF-8.
  package init(_ text: StaticString) {
    var position = 0
    while position < text.utf8CodeUnitCount {
      append(unsafe text.utf8Start[position])
      position += 1
    }
  }

  /// A key that was read.
  /// - Precondition: at most 64 bytes.
  init(copying bytes: RawSpan) {
    var position = 0
    while position < bytes.byteCount {
      append(unsafe bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self))
      position += 1
    }
  }

  package mutating func append(_ value: UInt8) {
    precondition(byteCount < Key.maximumByteCount, "a key has at most 64 bytes")
    storage[byteCount] = value
    byteCount += 1
  }

  package mutating func append(_ value: UInt16) {
    append(UInt8(truncatingIfNeeded: value >> 8))
    append(UInt8(truncatingIfNeeded: value))
  }

  package mutating func append(_ value: UInt32) {
    append(UInt16(truncatingIfNeeded: value >> 16))
    append(UInt16(truncatingIfNeeded: value))
  }

  package mutating func append(_ value: UInt64) {
    append(UInt32(truncatingIfNeeded: value >> 32))
    append(UInt32(truncatingIfNeeded: value))
  }

  /// A signed integer with its sign flipped, so that negative numbers sort first.
  package mutating func append(_ value: Int64) { append(UInt64(bitPattern: value) ^ (1 << 63)) }

  package func appending(_ value: UInt8) -> Key { var key = self; key.append(value); return key }
  package func appending(_ value: UInt16) -> Key { var key = self; key.append(value); return key }
  package func appending(_ value: UInt32) -> Key { var key = self; key.append(value); return key }
  package func appending(_ value: UInt64) -> Key { var key = self; key.append(value); return key }
  package func appending(_ value: Int64) -> Key { var key = self; key.append(value); return key }

  /// The bytes, for the time of `body`.
  @inline(always)
  borrowing func withBytes<R, E>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    let count = byteCount
    return try unsafe storage.span.bytes.withUnsafeBytes { (all) throws(E) -> R in
      try unsafe body(UnsafeRawBufferPointer(rebasing: all[..<count]))
    }
  }
}

extension RawSpan {
  /// The big-endian integer at `offset`, as keys store it.
  package func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type = T.self) -> T {
    precondition(offset >= 0 && offset &+ MemoryLayout<T>.size <= byteCount)
    return T(bigEndian: unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: T.self))
  }

  /// The little-endian integer at `offset`, as values store it.
  package func littleEndian<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type = T.self) -> T {
    precondition(offset >= 0 && offset &+ MemoryLayout<T>.size <= byteCount)
    return T(littleEndian: unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: T.self))
  }
}

extension [UInt8] {
  /// The little-endian integer at `offset`, as values store it.
  func littleEndian<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type = T.self) -> T {
    precondition(offset >= 0 && offset &+ MemoryLayout<T>.size <= count)
    return unsafe withUnsafeBytes { unsafe T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self)) }
  }
}
