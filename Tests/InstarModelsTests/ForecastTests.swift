import InstarModels
import Testing

/// Exponential smoothing and the choice between ways, by hand and on series whose future is known.
@Suite struct ForecastTests {
  /// Level only, from the mean of the first eight values. With 1, 3 the level begins at 2; whatever α, the errors are −1
  /// and 1 + α, so the squares 1 + (1 + α)² are least at the smallest α, and the forecast is 2 − α + α (1 + α).
  @Test func levelByHand() {
    let model = ExponentialSmoothing(.init(), fitting: [1, 3])
    let alpha = model.coefficients.level
    #expect(alpha < 0.01)
    let steps = model.forecast(2)
    #expect(abs(steps[0].value - (2 - alpha + alpha * (1 + alpha))) < 1e-12)
    #expect(steps[0].value == steps[1].value)
    let errors = (1 + (1 + alpha) * (1 + alpha)).squareRoot()
    #expect(abs(steps[0].deviation - errors) < 1e-12)
    // The variance grows by α² a period.
    #expect(abs(steps[1].deviation - errors * (1 + alpha * alpha).squareRoot()) < 1e-12)
  }

  /// A line has no errors: the next values follow with the damped slope φ + φ² + ..
  @Test func aLineGoesOnWithItsSlopeDamped() {
    let model = ExponentialSmoothing(.init(hasTrend: true), fitting: (1...40).map { 10 + 2 * Double($0) })
    let steps = model.forecast(3)
    #expect(abs(steps[0].value - 92) < 1)
    #expect(steps[2].value > steps[1].value && steps[1].value > steps[0].value)
    #expect(steps[2].value <= 96.5)
  }

  /// A pure season comes back exactly.
  @Test func aSeasonComesBack() {
    let week: [Double] = [5, 1, 2, 8, 3, 9, 7]
    let series = (0..<5).flatMap { _ in week }
    let model = ExponentialSmoothing(.init(season: 7), fitting: series + [5, 1])
    for (step, value) in zip(model.forecast(7), [2, 8, 3, 9, 7, 5, 1] as [Double]) {
      #expect(abs(step.value - value) < 1e-9)
      #expect(step.deviation < 1e-9)
    }
    let forecast = Forecaster(.init(horizon: 7, season: 7)).forecast(series)
    #expect(forecast.points.map(\.value) == week)
    #expect(forecast.points.map(\.baseline) == week)
    #expect(forecast.error == 0 && forecast.baselineError == 0)
  }

  @Test func theBaselineIsOneSeasonAgoOrTheLastValue() {
    #expect(Forecaster(.init(horizon: 3, season: 4)).naive([1, 2, 3, 4, 5]) == [2, 3, 4])
    #expect(Forecaster(.init(horizon: 6, season: 4)).naive([1, 2, 3, 4, 5]) == [2, 3, 4, 5, 2, 3])
    #expect(Forecaster(.init(horizon: 2, season: 12)).naive([1, 2, 3]) == [3, 3])
  }

  /// A jump long ago: the last value is right, and so says the back-test. 12 values leave one test of 4 periods at 8.
  @Test func theBackTestSaysHowFarOff() throws {
    let flat = Forecaster(.init(horizon: 4)).forecast([Double](repeating: 50, count: 30))
    #expect(flat.points.allSatisfy { $0.value == 50 && $0.low == 50 && $0.high == 50 })
    #expect(flat.error == 0)
    // Known: 1 .. 8. The last value says 8, 8, 8, 8 for 9, 10, 11, 12: 10 off of 42.
    let line = Forecaster(.init(horizon: 4)).forecast((1...12).map(Double.init))
    #expect(abs(try #require(line.baselineError) - 10.0 / 42) < 1e-12)
    #expect(try #require(line.error) < 10.0 / 42)
  }

  @Test func shortSeriesHaveAValueAndNoBackTest() {
    let one = Forecaster(.init(horizon: 2)).forecast([7])
    #expect(one.ways == [.naive] && one.error == nil)
    #expect(one.points.map(\.value) == [7, 7])
    #expect(Forecaster(.init(horizon: 2)).forecast([1, 2, 3, 4, 5]).error == nil)
  }

  /// What never was negative is not forecast to be.
  @Test func countsStayCounts() {
    let forecast = Forecaster(.init(horizon: 8)).forecast((0..<30).map { max(0, 20 - Double($0)) })
    #expect(forecast.points.allSatisfy { $0.low >= 0 && $0.value >= 0 })
  }

  /// A random walk: the 95 % interval of the next four periods holds about 95 % of them.
  @Test func intervalsHoldWhatComes() {
    let seed: UInt64 = 97
    var random = SeededGenerator(seed: seed)
    func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &random) } }
    var inside = 0
    for _ in 0..<300 {
      var value = 1_000.0
      let series = (0..<64).map { _ -> Double in
        value += normal()
        return value
      }
      let points = Forecaster(.init(horizon: 4)).forecast(Array(series.prefix(60))).points
      for (point, truth) in zip(points, series.suffix(4)) where point.low <= truth && truth <= point.high {
        inside += 1
      }
    }
    #expect((1_090...1_190).contains(inside), "\(inside) of 1200, seed \(seed)")
  }
}
