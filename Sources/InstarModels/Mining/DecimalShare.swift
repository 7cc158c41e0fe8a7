/// A threshold such as 0.8 as the fraction that was written, 8/10, so that comparisons with counts are exact.
///
/// With rounded shares a rule of 8 baskets in 10 can miss a confidence of 0.8. Here `8 * 10 >= 8 * 10` holds.
package struct DecimalShare: Sendable, Hashable {
  private let numerator: UInt64
  private let denominator: UInt64

  /// The shortest decimal fraction that reads as `share`; at most 15 digits behind the point.
  /// - Precondition: `share` is from 0 to 1.
  package init(_ share: Double) {
    precondition((0...1).contains(share), "a share is from 0 to 1")
    var power: UInt64 = 1
    var digits = 0
    while digits < 15, (share * Double(power)).rounded() / Double(power) != share {
      power *= 10
      digits += 1
    }
    numerator = UInt64((share * Double(power)).rounded())
    denominator = power
  }

  /// Whether `part / whole` is at least the share: compared as products of whole numbers.
  package func isReached(by part: Int, of whole: Int) -> Bool {
    let left = UInt64(part).multipliedFullWidth(by: denominator)
    let right = UInt64(whole).multipliedFullWidth(by: numerator)
    return (left.high, left.low) >= (right.high, right.low)
  }

  /// The smallest part of `whole` that reaches the share.
  package func leastCount(of whole: Int) -> Int {
    var low = 0
    var high = whole
    while low < high {
      let middle = (low + high) / 2
      if isReached(by: middle, of: whole) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
