#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension CoxModel {
  /// What one feature does to the rate.
  package struct Effect: Sendable, Equatable {
    package let name: String
    /// Change of the log rate per unit; 0 of a dropped feature.
    package let coefficient: Double
    /// NaN of a dropped feature, as all that follow from it.
    package let standardError: Double
    /// By what the rate is multiplied per unit, and its confidence limits.
    package let ratio: Double
    package let lower: Double
    package let upper: Double
    package let z: Double
    /// The probability of as great a z by chance, both sides (Wald).
    package let pValue: Double
  }

  /// The effects in the order of the features.
  ///
  /// - Precondition: the confidence is between 0 and 1.
  package func effects(confidence: Double = 0.95) -> [Effect] {
    precondition(confidence > 0 && confidence < 1, "a confidence between 0 and 1")
    let width = normalQuantile(0.5 + confidence / 2)
    return names.indices.map { column in
      let (coefficient, error) = (coefficients[column], standardErrors[column])
      let z = coefficient / error
      return Effect(
        name: names[column], coefficient: coefficient, standardError: error, ratio: exp(coefficient),
        lower: exp(coefficient - width * error), upper: exp(coefficient + width * error), z: z,
        pValue: z.isFinite ? chiSquaredTail(z * z, degrees: 1) : .nan)
    }
  }

  /// The probability of no event within `t` more for a user who has none at `age`.
  package func survival(ofRow features: [Double], at t: Double, after age: Double) -> Double {
    let hazard = baselineHazard(at: age + t) - baselineHazard(at: age)
    return exp(-hazard * exp(linearPredictor(ofRow: features)))
  }

  /// The further time by which users like this one, who have no event at `age`, have had it with probability `share`;
  /// `nil` when the observed times do not reach so far.
  package func quantile(ofRow features: [Double], _ share: Double, after age: Double) -> Double? {
    let needed = baselineHazard(at: age) - log1p(-share) / exp(linearPredictor(ofRow: features))
    var (low, high) = (0, baselineHazards.count)
    while low < high {
      let middle = (low + high) / 2
      if baselineHazards[middle] < needed { low = middle + 1 } else { high = middle }
    }
    return low < baselineTimes.count ? max(0, baselineTimes[low] - age) : nil
  }
}
