/// What the purchase models need to know of one user: how many purchases followed the first, when the last one was, and
/// how long ago the first one.
///
/// Times are in any one unit, the same for all users of a fit; weeks are usual. Purchases of one day count once.
package struct PurchaseHistory: Sendable, Hashable {
  /// Purchases after the first, x.
  package var frequency: Int
  /// Time from the first to the last purchase, t_x; 0 without a repeat purchase.
  package var recency: Double
  /// Time from the first purchase to the moment of observation, T.
  package var age: Double

  package init(frequency: Int, recency: Double, age: Double) {
    self.frequency = frequency
    self.recency = recency
    self.age = age
  }

  /// The history of a user seen at the start of `day`.
  ///
  /// - Parameters:
  ///   - purchaseDays: day numbers in ascending order; days of `day` and later are not looked at.
  ///   - daysPerUnit: 7 for times in weeks.
  /// - Returns: `nil` when there is no purchase before `day`.
  package init?(purchaseDays: [Int], before day: Int, daysPerUnit: Double = 7) {
    guard let first = purchaseDays.first, first < day else { return nil }
    var (last, distinct) = (first, 1)
    for purchase in purchaseDays where purchase < day {
      if purchase != last { distinct += 1 }
      last = purchase
    }
    self.init(
      frequency: distinct - 1, recency: Double(last - first) / daysPerUnit, age: Double(day - first) / daysPerUnit)
  }

  /// Whether the three figures can belong together: 0 ≤ t_x ≤ T, and no repeat purchase means t_x = 0.
  var isConsistent: Bool {
    frequency >= 0 && recency >= 0 && recency <= age && age.isFinite && (frequency > 0 || recency == 0)
  }
}

/// Histories with equal ones counted together, and their distinct figures listed, so that a logarithm or a gamma
/// function is taken once for each distinct figure and not for each user.
struct PurchaseGroups: Sendable {
  /// The position of a history's figures in the three lists.
  struct Member: Sendable {
    var frequency: UInt32
    var recency: UInt32
    var age: UInt32
    var weight: Double
  }

  private(set) var frequencies: [Double] = []
  private(set) var recencies: [Double] = []
  private(set) var ages: [Double] = []
  private(set) var members: [Member] = []
  /// Users of each distinct frequency.
  private(set) var weights: [Double] = []
  private(set) var userCount = 0

  /// - Parameters:
  ///   - histories: those that count; the order of users changes nothing but the last digits of sums.
  ///   - resolution: times are rounded to multiples of it; 0 keeps them.
  /// - Complexity: O(*n* log *n*).
  init(_ histories: some Collection<PurchaseHistory>, resolution: Double = 0) {
    var codes = (frequency: [UInt64: UInt32](), recency: [UInt64: UInt32](), age: [UInt64: UInt32]())
    var keys: [SIMD4<UInt32>] = []
    keys.reserveCapacity(histories.count)
    func rounded(_ time: Double) -> Double { resolution > 0 ? (time / resolution).rounded() * resolution : time }
    for history in histories {
      keys.append(
        SIMD4(
          Self.code(Double(history.frequency), &codes.frequency, &frequencies),
          Self.code(rounded(history.recency), &codes.recency, &recencies),
          Self.code(rounded(history.age), &codes.age, &ages), 0))
    }
    userCount = keys.count
    collapse(keys)
  }

  private static func code(_ value: Double, _ codes: inout [UInt64: UInt32], _ values: inout [Double]) -> UInt32 {
    if let known = codes[value.bitPattern] { return known }
    let code = UInt32(values.count)
    codes[value.bitPattern] = code
    values.append(value)
    return code
  }

  /// Counts equal keys together: sorted as one number each when the codes fit into 64 bits.
  private mutating func collapse(_ keys: [SIMD4<UInt32>]) {
    weights = [Double](repeating: 0, count: frequencies.count)
    for key in keys { weights[Int(key.x)] += 1 }
    let bits = [frequencies.count, recencies.count, ages.count].map { UInt64(Int.bitWidth - $0.leadingZeroBitCount) }
    guard bits.reduce(0, +) <= 64 else {
      members = keys.map { Member(frequency: $0.x, recency: $0.y, age: $0.z, weight: 1) }
      return
    }
    var packed = keys.map { (UInt64($0.x) << bits[1] | UInt64($0.y)) << bits[2] | UInt64($0.z) }
    packed.sort()
    let (ageMask, recencyMask) = (1 << bits[2] - 1, 1 << bits[1] - 1) as (UInt64, UInt64)
    var start = 0
    while start < packed.count {
      var end = start + 1
      while end < packed.count && packed[end] == packed[start] { end += 1 }
      members.append(
        Member(
          frequency: UInt32(packed[start] >> (bits[1] + bits[2])),
          recency: UInt32(packed[start] >> bits[2] & recencyMask),
          age: UInt32(packed[start] & ageMask), weight: Double(end - start)))
      start = end
    }
  }
}
