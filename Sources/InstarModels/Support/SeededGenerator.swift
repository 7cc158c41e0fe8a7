/// A repeatable stream of random numbers: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
///
/// The same seed gives the same stream on every machine, now and in later versions.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number in [0, 1), with 53 random bits.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number below `bound`, by the multiply-and-shift method.
  package mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
  }
}

/// A random number that depends on nothing but its three arguments, so that work can be cut into parts in any way.
func counterRandom(_ seed: UInt64, _ stream: UInt64, _ index: UInt64) -> UInt64 {
  var outer = SeededGenerator(seed: seed ^ (stream &* 0xD1B5_4A32_D192_ED03))
  var inner = SeededGenerator(seed: outer.next() ^ (index &* 0x9E37_79B9_7F4A_7C15))
  return inner.next()
}
