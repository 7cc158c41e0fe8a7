import InstarBehavior
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The comparison with a baseline, by hand, by printed tables and by simulation.
@Suite struct LiftTests {
  /// Normal, chi-square and t tables of any textbook.
  @Test func distributionsMatchPrintedTables() {
    #expect(abs(Distributions.normalTails(1.959964) - 0.05) < 1e-7)
    #expect(abs(Distributions.normalTails(2.575829) - 0.01) < 1e-7)
    for (x, freedom, p) in [
      (3.841, 1, 0.05), (5.991, 2, 0.05), (16.919, 9, 0.05), (6.635, 1, 0.01), (124.342, 100, 0.05),
    ] {
      #expect(abs(Distributions.chiSquareTail(x, freedom: freedom) - p) < 5e-5, "\(x) with \(freedom)")
    }
    for (t, freedom) in [(12.706, 1.0), (4.303, 2.0), (2.571, 5.0), (2.228, 10.0), (2.042, 30.0), (1.984, 100.0)] {
      #expect(abs(Distributions.student95(freedom: freedom) - t) < 6e-4, "\(freedom) degrees")
      #expect(abs(Distributions.studentTails(t, freedom: freedom) - 0.05) < 1e-4)
    }
    // With one degree of freedom: 1 - 2 atan(t) / pi.
    #expect(abs(Distributions.studentTails(1, freedom: 1) - 0.5) < 1e-12)
  }

  /// 20 of 100 against 10 of 100: r = 2, s² = 1/20 − 1/100 + 1/10 − 1/100 = 0.13, so the ratio lies between
  /// 2 e^∓0.70667 = 0.98653 and 4.05448. Pooled share 0.15: z = 0.1 / √(0.1275 · 0.02) = 1.98030.
  @Test func sharesByHand() throws {
    let found = Lift(.share(count: 20, of: 100), over: .share(count: 10, of: 100))
    #expect(found.lift == 1)
    #expect(abs(try #require(found.low) - -0.01347) < 1e-4)
    #expect(abs(try #require(found.high) - 3.05448) < 1e-4)
    #expect(abs(try #require(found.p) - 0.04767) < 1e-4)
  }

  /// 1, 2, 3, 4, 5 and 2, 4, 6, 8, 10. Means 3 and 6, variances 2.5 and 10: t = 3 / √2.5 =
  /// 1.89737 with (0.5 + 2)² / (0.25/4 + 4/4) = 5.88235 degrees of freedom, p = 0.1075.
  /// The ratio 2 has s² = 2/9 + 0.5 · 4/9 = 4/9.
  @Test func meansByHand() throws {
    let found = Lift(
      .mean(sum: 30, squares: 220, of: 5), over: .mean(sum: 15, squares: 55, of: 5))
    #expect(found.lift == 1)
    #expect(abs(try #require(found.p) - 0.10753) < 1e-4)
    // Degrees of freedom of 2/9 and 2/9 with 4 each: 8; t = 2.306.
    let half = 2.306 * 2 / 3
    #expect(abs(try #require(found.high) - 1 - half) < 1e-3)
    #expect(abs(try #require(found.low) - 1 + half) < 1e-3)
  }

  @Test func whatCannotBeSaidIsMissing() {
    #expect(Lift(.share(count: 3, of: 10), over: .share(count: 0, of: 10)).lift == nil)
    #expect(Lift(.share(count: 0, of: 10), over: .share(count: 3, of: 10)).lift == -1)
    #expect(Lift(.share(count: 0, of: 10), over: .share(count: 3, of: 10)).low == nil)
    #expect(Lift(.share(count: 0, of: 0), over: .share(count: 3, of: 10)) == .unknown)
    #expect(Lift(.mean(sum: 5, squares: 25, of: 1), over: .mean(sum: 5, squares: 25, of: 2)) == .unknown)
    let loss = Lift(.mean(sum: 2, squares: 4, of: 2), over: .mean(sum: -2, squares: 4, of: 2))
    #expect(loss.lift == nil && loss.p != nil)
  }

  /// 60 and 40 of a fair split: chi-square 4 with one degree of freedom, p = 0.0455.
  @Test func sampleRatioByHand() throws {
    #expect(abs(try #require(Lift.sampleRatio([60, 40], shares: [1, 1])) - 0.0455) < 1e-4)
    #expect(abs(try #require(Lift.sampleRatio([900, 100], shares: [9, 1])) - 1) < 1e-9)
    #expect(Lift.sampleRatio([10], shares: [1]) == nil)
  }

  /// A thousand simulated experiments: the 95 % interval holds the true lift in 93 to 97 % of them.
  @Test(arguments: [(0.10, 0.12, 1_000), (0.03, 0.03, 2_000), (0.4, 0.3, 400)])
  func intervalOfSharesCoversTheTruth(_ base: Double, _ treated: Double, _ members: Int) {
    let seed: UInt64 = 20_261_124
    var random = SplitMix(seed: seed)
    var covered = 0
    for _ in 0..<1_000 {
      let x0 = (0..<members).count { _ in random.unit() < base }
      let x1 = (0..<members).count { _ in random.unit() < treated }
      let found = Lift(.share(count: x1, of: members), over: .share(count: x0, of: members))
      if let low = found.low, let high = found.high, (low...high).contains(treated / base - 1) { covered += 1 }
    }
    #expect((930...970).contains(covered), "\(covered) of 1000, seed \(seed)")
  }

  /// Revenue per member: three of four buy nothing, the others an exponential amount; the treated buy 20 % more.
  @Test func intervalOfMeansCoversTheTruth() {
    let seed: UInt64 = 4_711
    var random = SplitMix(seed: seed)
    func sample(_ scale: Double, _ members: Int) -> LiftSample {
      var (sum, squares) = (0.0, 0.0)
      for _ in 0..<members where random.unit() < 0.25 {
        let amount = -scale * log(1 - random.unit())
        sum += amount
        squares += amount * amount
      }
      return .mean(sum: sum, squares: squares, of: members)
    }
    var covered = 0
    for _ in 0..<1_000 {
      let baseline = sample(50, 800)
      let found = Lift(sample(60, 700), over: baseline)
      if let low = found.low, let high = found.high, (low...high).contains(0.2) { covered += 1 }
    }
    #expect((930...970).contains(covered), "\(covered) of 1000, seed \(seed)")
  }
}

/// SplitMix64 (Steele, Lea and Flood 2014).
private struct SplitMix {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// From 0 up to 1.
  mutating func unit() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }
}
