import InstarBehavior
import Testing

/// The sampler against the exact distribution: P(x) = (1 - q) / (1 + q) q^|x| with q = exp(-rate).
@Suite struct DiscreteLaplaceTests {
  struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  /// A million numbers in 41 classes: the statistic is below the quantile at 1 - 10^-6 with 40 degrees of freedom, 98.
  @Test(arguments: [(1, 2, 0.5), (1, 10, 0.1), (3, 2, 1.5)] as [(UInt64, UInt64, Double)])
  func aMillionNumbersHaveTheDistribution(rate: (numerator: UInt64, denominator: UInt64, value: Double)) {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SplitMix(state: seed)
    let noise = DiscreteLaplace(numerator: rate.numerator, denominator: rate.denominator)
    let (count, reach) = (1_000_000, 20)
    var seen = [Int](repeating: 0, count: 2 * reach + 1)
    for _ in 0..<count {
      seen[Int(max(-Int64(reach), min(Int64(reach), noise.sample(using: &random)))) + reach] += 1
    }
    let q = Self.exponential(-rate.value)
    var statistic = 0.0
    for x in -reach...reach {
      let power = Self.exponential(-rate.value * Double(abs(x)))
      // The outer classes hold everything beyond them.
      let share = abs(x) < reach ? (1 - q) / (1 + q) * power : power / (1 + q)
      let expected = share * Double(count)
      guard expected > 5 else { continue }
      statistic += (Double(seen[x + reach]) - expected) * (Double(seen[x + reach]) - expected) / expected
    }
    #expect(statistic < 98, "seed \(seed)")
  }

  /// exp by its series: the test leans on no library that the sampler uses.
  static func exponential(_ x: Double) -> Double {
    if x < 0 { return 1 / exponential(-x) }
    if x > 1 { return exponential(x / 2) * exponential(x / 2) }
    var (sum, term) = (1.0, 1.0)
    for step in 1...30 {
      term *= x / Double(step)
      sum += term
    }
    return sum
  }

  /// With one user more or less every answer is at most exp(epsilon) times as likely: here for epsilon = 0.5.
  @Test func neighboursAreAlike() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SplitMix(state: seed)
    let noise = DiscreteLaplace(numerator: 1, denominator: 2)
    var (own, other) = ([Int64: Int](), [Int64: Int]())
    for _ in 0..<400_000 {
      own[100 + noise.sample(using: &random), default: 0] += 1
      other[101 + noise.sample(using: &random), default: 0] += 1
    }
    for (answer, count) in own where count > 4_000 {
      let ratio = Double(count) / Double(other[answer] ?? 0)
      // Two counts of some thousands: five standard errors are 11 %.
      #expect(ratio < Self.exponential(0.5) * 1.11 && ratio > Self.exponential(-0.5) / 1.11, "seed \(seed): \(answer)")
    }
  }

  /// By hand: with rate 1, q = 0.3679; P(|X| > 2) = 2 q^3 / (1 + q) = 0.0728 and P(|X| > 3) = 0.0268.
  @Test func theIntervalHoldsItsShare() {
    let noise = DiscreteLaplace(numerator: 1, denominator: 1)
    #expect(noise.halfWidth(0.95) == 3)
    #expect(noise.halfWidth(0.92) == 2)
    #expect(DiscreteLaplace(numerator: 20, denominator: 1).halfWidth(0.95) == 0)
  }
}
