/// SipHash-2-4 with a 128-bit result: the key of a text in the dictionary of a store.
///
/// Keyed with a secret of the store, so that nobody can prepare texts that collide; at 128 bits a collision by chance
/// among a billion texts is less likely than 10^-20, so equal hashes are taken as equal texts.
/// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012, with the 128-bit finish of their reference.
package struct SipHash {
  private var v0: UInt64
  private var v1: UInt64
  private var v2: UInt64
  private var v3: UInt64

  private init(_ key: (UInt64, UInt64)) {
    v0 = 0x736F_6D65_7073_6575 ^ key.0
    v1 = 0x646F_7261_6E64_6F6D ^ key.1 ^ 0xEE
    v2 = 0x6C79_6765_6E65_7261 ^ key.0
    v3 = 0x7465_6462_7974_6573 ^ key.1
  }

  /// The hash of `bytes` under `key`: its first and second eight bytes as little-endian integers.
  package static func hash(_ bytes: RawSpan, key: (UInt64, UInt64)) -> (UInt64, UInt64) {
    var state = SipHash(key)
    var position = 0
    while position &+ 8 <= bytes.byteCount {
      state.absorb(bytes.littleEndian(at: position))
      position &+= 8
    }
    var last = UInt64(truncatingIfNeeded: bytes.byteCount) << 56
    var shift: UInt64 = 0
    while position < bytes.byteCount {
      last |= UInt64(bytes.littleEndian(at: position, as: UInt8.self)) << shift
      shift &+= 8
      position &+= 1
    }
    state.absorb(last)
    state.v2 ^= 0xEE
    state.rounds(4)
    let first = state.v0 ^ state.v1 ^ state.v2 ^ state.v3
    state.v1 ^= 0xDD
    state.rounds(4)
    return (first, state.v0 ^ state.v1 ^ state.v2 ^ state.v3)
  }

  private mutating func absorb(_ word: UInt64) {
    v3 ^= word
    rounds(2)
    v0 ^= word
  }

  private mutating func rounds(_ count: Int) {
    var round = 0
    while round < count {
      v0 &+= v1
      v1 = rotate(v1, 13) ^ v0
      v0 = rotate(v0, 32)
      v2 &+= v3
      v3 = rotate(v3, 16) ^ v2
      v0 &+= v3
      v3 = rotate(v3, 21) ^ v0
      v2 &+= v1
      v1 = rotate(v1, 17) ^ v2
      v2 = rotate(v2, 32)
      round &+= 1
    }
  }
}

@inline(__always)
private func rotate(_ value: UInt64, _ by: UInt64) -> UInt64 { value &<< by | value &>> (64 &- by) }
