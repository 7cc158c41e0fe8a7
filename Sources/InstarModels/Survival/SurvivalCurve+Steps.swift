#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension SurvivalCurve {
  /// The confidence limits of ``cumulativeHazard``: H exp(±z se/H) with the variance Σ d/n² (Aalen 1978); 0 before the
  /// first event.
  package var hazardLimits: (lower: [Double], upper: [Double]) {
    let z = normalQuantile(0.5 + confidence / 2)
    var variance = 0.0
    var (lower, upper): ([Double], [Double]) = ([], [])
    for place in times.indices {
      let n = Double(atRisk[place])
      variance += Double(events[place]) / (n * n)
      let hazard = cumulativeHazard[place]
      let spread = hazard > 0 ? z * variance.squareRoot() / hazard : 0
      lower.append(hazard * exp(-spread))
      upper.append(hazard * exp(spread))
    }
    return (lower, upper)
  }

  /// A stretch of time in which something happened.
  package struct Step: Sendable, Equatable {
    /// The end of the stretch, which belongs to it.
    package let time: Double
    /// How many were there when it began, and how many events fell into it.
    package let atRisk: Int
    package let events: Int
    /// Where the arrays of the curve stand at its end; `nil` at time 0.
    package let position: Int?
  }

  /// The curve by stretches of equal length: the start, each stretch with an event, and the last one that was seen. With
  /// stretches as short as the durations are exact it is the whole curve.
  ///
  /// - Precondition: the length is positive.
  package func steps(every length: Double) -> [Step] {
    precondition(length > 0, "stretches have a length")
    var steps = [Step(time: 0, atRisk: count, events: 0, position: nil)]
    var first = 0
    while first < times.count {
      let cell = (times[first] / length).rounded(.up)
      var (end, sum) = (first, 0)
      while end < times.count, (times[end] / length).rounded(.up) == cell {
        sum += events[end]
        end += 1
      }
      if sum > 0 || end == times.count {
        steps.append(Step(time: cell * length, atRisk: atRisk[first], events: sum, position: end - 1))
      }
      first = end
    }
    return steps
  }
}
