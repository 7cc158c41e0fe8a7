/// A 64-bit checksum of stored bytes: fast, portable, not cryptographic.
///
/// The bytes are read as little-endian 64-bit words. Four lanes take 16 bytes each of every 64; a lane folds its two
/// words, one offset by a constant and the other by the lane's state, through the 128-bit product (high half XOR low
/// half). What is left is folded 16 bytes at a time, the last words padded with zeros; the length takes part, so that
/// padding cannot hide. The fold is that of Wang Yi's wyhash; the layout of the lanes is our own.
package struct Checksum {
  private static let first: UInt64 = 0x9E37_79B9_7F4A_7C15
  private static let second: UInt64 = 0xD1B5_4A32_D192_ED03
  private static let third: UInt64 = 0xAEF1_7502_108E_F2D9
  private static let fourth: UInt64 = 0x8CB9_2BA7_2F3D_8DD7

  /// The high half XOR the low half of the 128-bit product.
  @inline(__always)
  package static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }

  /// The checksum of `bytes` under `seed`.
  ///
  /// - Complexity: O(*n*), about 64 bytes in six cycles.
  package static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    var state = fold(seed ^ first, UInt64(bytes.count) ^ second)
    guard let start = bytes.baseAddress else { return fold(state ^ third, fourth) }
    let count = bytes.count
    var offset = 0
    if count >= 64 {
      var (a, b, c, d) = (state, state ^ second, state ^ third, state ^ fourth)
      while offset &+ 64 <= count {
        let at = unsafe start + offset
        a = unsafe fold(word(at) ^ first, word(at + 8) ^ a)
        b = unsafe fold(word(at + 16) ^ second, word(at + 24) ^ b)
        c = unsafe fold(word(at + 32) ^ third, word(at + 40) ^ c)
        d = unsafe fold(word(at + 48) ^ fourth, word(at + 56) ^ d)
        offset &+= 64
      }
      state = a ^ (b &* 3) ^ (c &* 5) ^ (d &* 7)
    }
    while offset < count {
      let low = unsafe partialWord(start + offset, min(8, count - offset))
      let high = unsafe offset + 8 < count ? partialWord(start + offset + 8, min(8, count - offset - 8)) : 0
      state = fold(low ^ first, high ^ state)
      offset &+= 16
    }
    return fold(state ^ third, fourth)
  }

  @inline(__always)
  private static func word(_ pointer: UnsafeRawPointer) -> UInt64 {
    unsafe UInt64(littleEndian: pointer.loadUnaligned(as: UInt64.self))
  }

  private static func partialWord(_ pointer: UnsafeRawPointer, _ count: Int) -> UInt64 {
    if count == 8 { return unsafe word(pointer) }
    var value: UInt64 = 0
    var byte = 0
    while byte < count {
      value |= unsafe UInt64(pointer.load(fromByteOffset: byte, as: UInt8.self)) << UInt64(8 * byte)
      byte += 1
    }
    return value
  }
}
