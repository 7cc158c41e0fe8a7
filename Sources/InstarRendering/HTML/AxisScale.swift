/// A scale whose marks are round numbers: 1, 2 or 5 times a power of ten apart.
struct AxisScale {
  /// The marks in ascending order, the ends of the scale included.
  let ticks: [Double]
  private let decimals: Int

  /// - Parameter most: the most steps between marks, at least 1.
  init(from least: Double, to greatest: Double, most: Int = 4) {
    let span = greatest > least ? greatest - least : 1
    var step = AxisScale.power(of: span / Double(most))
    for factor in [1.0, 2, 5, 10] where span / (step * factor) <= Double(most) {
      step *= factor
      break
    }
    let first = (least / step).rounded(.down)
    let last = max((greatest / step).rounded(.up), first + 1)
    ticks = stride(from: first, through: last, by: 1).map { $0 * step }
    decimals = AxisScale.decimals(of: step)
  }

  /// Where a value stands between the first mark (0) and the last (1).
  func share(of value: Double) -> Double {
    (value - ticks[0]) / (ticks[ticks.count - 1] - ticks[0])
  }

  func text(_ tick: Double) -> String {
    var bytes: [UInt8] = []
    NumberText.append(tick, decimals: decimals, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The largest power of ten that is no larger than a positive value.
  private static func power(of value: Double) -> Double {
    var power = 1.0
    while power * 10 <= value { power *= 10 }
    while power > value { power /= 10 }
    return power
  }

  /// The places after the point that show a step.
  private static func decimals(of step: Double) -> Int {
    var decimals = 0
    var unit = 1.0
    while unit > step * 1.000_001, decimals < 6 {
      unit /= 10
      decimals += 1
    }
    return decimals
  }
}
