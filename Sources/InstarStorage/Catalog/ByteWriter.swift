/// Writes the fields of a stored value: little-endian integers, and texts and arrays with their length in front.
package struct ByteWriter {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func integer<T: FixedWidthInteger>(_ value: T) {
    var rest = value.littleEndian
    var position = 0
    while position < MemoryLayout<T>.size {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      if MemoryLayout<T>.size > 1 { rest >>= 8 }
      position += 1
    }
  }

  package mutating func real(_ value: Double) { integer(value.bitPattern) }
  package mutating func bytes(_ value: some Sequence<UInt8>) { bytes.append(contentsOf: value) }

  package mutating func text(_ value: String) {
    integer(UInt32(value.utf8.count))
    bytes.append(contentsOf: value.utf8)
  }
}

/// Reads the fields of a stored value; an end that comes too early is damage, reported once at the end.
package struct ByteReader: ~Escapable {
  private let source: RawSpan
  package private(set) var position = 0
  /// Whether a field lay behind the end; the fields read since then are zero and empty.
  package private(set) var isDamaged = false

  @_lifetime(copy source)
  package init(_ source: RawSpan) { self.source = source }

  package var isAtEnd: Bool { position == source.byteCount }

  @_lifetime(self: copy self)
  package mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self) -> T {
    guard take(MemoryLayout<T>.size) else { return 0 }
    return source.littleEndian(at: position - MemoryLayout<T>.size)
  }

  @_lifetime(self: copy self)
  package mutating func real() -> Double { Double(bitPattern: integer()) }

  @_lifetime(self: copy self)
  package mutating func bytes(_ count: Int) -> [UInt8] {
    guard take(count) else { return [] }
    let part = source.extracting(position - count..<position)
    return unsafe part.withUnsafeBytes { unsafe Array($0) }
  }

  @_lifetime(self: copy self)
  package mutating func text() -> String {
    let count = Int(integer(UInt32.self))
    return String(decoding: bytes(count), as: UTF8.self)
  }

  @_lifetime(self: copy self)
  private mutating func take(_ count: Int) -> Bool {
    guard !isDamaged, count <= source.byteCount - position else {
      isDamaged = true
      return false
    }
    position += count
    return true
  }
}
