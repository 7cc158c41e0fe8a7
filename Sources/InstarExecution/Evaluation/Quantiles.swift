#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Quantiles by linear interpolation between order statistics (type 7 of Hyndman and Fan 1996, the default of R,
/// NumPy and DuckDB's `quantile_cont`).
enum Quantiles {
  /// - Precondition: `values` is not empty; it is sorted in passing.
  static func median(_ values: inout [Double]) -> Double {
    values.sort()
    return quantile(ofSorted: values, 0.5)
  }

  static func quantile(ofSorted values: [Double], _ share: Double) -> Double {
    let position = share * Double(values.count - 1)
    let lower = Int(position.rounded(.down))
    let upper = min(lower + 1, values.count - 1)
    return values[lower] + (values[upper] - values[lower]) * (position - Double(lower))
  }
}

/// 2 to the power of `-x`.
func halving(_ x: Double) -> Double { exp2(-x) }
