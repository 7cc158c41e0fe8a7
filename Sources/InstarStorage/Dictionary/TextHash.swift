/// A fast 64-bit hash of short bytes: for tables in memory and for checking stored pages; not cryptographic.
///
/// The bytes are read as little-endian words, 16 bytes a step, the last step overlapping the one before; each step
/// folds its two words and the state through a 128-bit product (the fold of Wang Yi's wyhash).
enum TextHash {
  private static let first: UInt64 = 0x9E37_79B9_7F4A_7C15
  private static let second: UInt64 = 0xC2B2_AE3D_27D4_EB4F

  @inline(__always)
  private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }

  static func hash(_ bytes: RawSpan) -> UInt64 {
    unsafe bytes.withUnsafeBytes { bytes in unsafe hash(bytes) }
  }

  @unsafe static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    let count = bytes.count
    guard count > 0, let start = bytes.baseAddress else { return fold(first, second) }
    var state = UInt64(truncatingIfNeeded: count) &* second ^ first
    var low: UInt64
    var high: UInt64
    if count >= 16 {
      var offset = 0
      while offset &+ 16 < count {
        state = unsafe fold(word(start + offset) ^ first, word(start + offset + 8) ^ state)
        offset &+= 16
      }
      unsafe low = word(start + count - 16)
      unsafe high = word(start + count - 8)
    } else if count >= 8 {
      unsafe low = word(start)
      unsafe high = word(start + count - 8)
    } else if count >= 4 {
      unsafe low = UInt64(UInt32(littleEndian: start.loadUnaligned(as: UInt32.self)))
      unsafe high = UInt64(UInt32(littleEndian: (start + count - 4).loadUnaligned(as: UInt32.self)))
    } else {
      unsafe low = UInt64(start.load(as: UInt8.self)) << 8 | UInt64((start + count / 2).load(as: UInt8.self))
      unsafe high = UInt64((start + count - 1).load(as: UInt8.self))
    }
    return fold(fold(low ^ first, high ^ state) ^ second, first)
  }

  @inline(__always)
  private static func word(_ pointer: UnsafeRawPointer) -> UInt64 {
    unsafe UInt64(littleEndian: pointer.loadUnaligned(as: UInt64.self))
  }
}
