#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What was known of a user just before an anchor: recency, frequency, money, tenure, activity and gaps.
///
/// The first step cuts the slice at the anchor, and everything after it works on that part alone, so that an event at
/// or after the anchor cannot enter a feature. Times are milliseconds since 1970, features in days and in the money of
/// the file. NaN stands for "no such thing": recency without a goal event, gaps below two of them.
package struct LoyaltyFeatures {
  /// The names of the features, in the order of a row.
  package static let names =
    [
      "recency", "frequency", "monetary", "aov", "amount_max", "amount_sd", "tenure", "active_days", "event_recency",
      "event_count", "gap_mean", "gap_sd", "gap_min", "gap_max", "gap_last", "gap_median", "overdue", "gap_cv",
    ] + windows.map { "goals_\($0)" } + windows.map { "spend_\($0)" } + windows.map { "events_\($0)" }
  /// Lengths in days of the windows that end at the anchor.
  package static let windows = [7, 30, 90, 180, 365]

  static let millisecondsPerDay = 86_400_000.0

  private let goal: UInt32
  private let dayOffset: Int64
  private var occurrences = GoalOccurrences()
  private var gaps: [Double] = []

  /// - Parameters:
  ///   - goal: code of the goal event's type.
  ///   - dayOffset: milliseconds to add to a time before it is cut into days; the store's distance from UTC.
  package init(goal: UInt32, dayOffset: Int64 = 0) {
    self.goal = goal
    self.dayOffset = dayOffset
  }

  /// Writes the features of one user as of `anchor` into `row`.
  ///
  /// - Parameters:
  ///   - times: of all events of the user, ascending; those at or after `anchor` are not looked at.
  ///   - types: event type codes.
  ///   - amounts, orders: empty when the store has no such column.
  ///   - amountsPresent, ordersPresent: empty when every row has a value, else one byte a row, 1 for present.
  ///   - anchor: the moment, exclusive.
  ///   - row: one place for each of ``names``.
  /// - Returns: whether the user has an event before the anchor; if not, he was unknown then and `row` is unspecified.
  /// - Complexity: O(*n* log *n*) in the user's events before the anchor.
  package mutating func extract(
    times: Span<Int64>, types: Span<UInt32>, amounts: Span<Double>, amountsPresent: Span<UInt8>, orders: Span<UInt32>,
    ordersPresent: Span<UInt8>, before anchor: Int64, into row: inout [Double]
  ) -> Bool {
    precondition(types.count == times.count, "one type for each time")
    precondition(row.count == Self.names.count, "one place for each feature")
    let past = 0..<lowerBound(times, anchor)
    let none = 0..<0
    return extract(
      times: times.extracting(past), types: types.extracting(past),
      amounts: amounts.extracting(amounts.isEmpty ? none : past),
      amountsPresent: amountsPresent.extracting(amountsPresent.isEmpty ? none : past),
      orders: orders.extracting(orders.isEmpty ? none : past),
      ordersPresent: ordersPresent.extracting(ordersPresent.isEmpty ? none : past), at: anchor, into: &row)
  }

  /// The number of goal occurrences at or after `anchor` and before `end`: what a label is made of.
  ///
  /// Parameters as for ``extract(times:types:amounts:amountsPresent:orders:ordersPresent:before:into:)``. Only rows in
  /// the window are looked at, so that features and label of one anchor share no event.
  package mutating func goals(
    times: Span<Int64>, types: Span<UInt32>, orders: Span<UInt32>, ordersPresent: Span<UInt8>, from anchor: Int64,
    to end: Int64
  ) -> Int {
    precondition(types.count == times.count && anchor <= end, "one type for each time, and a window forwards")
    let future = lowerBound(times, anchor)..<lowerBound(times, end)
    let none = 0..<0
    let noAmounts: [Double] = []
    let noMask: [UInt8] = []
    occurrences.collect(
      goal: goal, times: times.extracting(future), types: types.extracting(future), amounts: noAmounts.span,
      amountsPresent: noMask.span, orders: orders.extracting(orders.isEmpty ? none : future),
      ordersPresent: ordersPresent.extracting(ordersPresent.isEmpty ? none : future))
    return occurrences.count
  }

  /// The features over spans that end before the anchor.
  private mutating func extract(
    times: Span<Int64>, types: Span<UInt32>, amounts: Span<Double>, amountsPresent: Span<UInt8>, orders: Span<UInt32>,
    ordersPresent: Span<UInt8>, at anchor: Int64, into row: inout [Double]
  ) -> Bool {
    if times.isEmpty { return false }
    occurrences.collect(
      goal: goal, times: times, types: types, amounts: amounts, amountsPresent: amountsPresent, orders: orders,
      ordersPresent: ordersPresent)
    let goals = occurrences.count
    row[0] = goals > 0 ? days(from: occurrences.times[goals - 1], to: anchor) : .nan
    row[1] = Double(goals)
    writeMoney(into: &row)
    row[6] = days(from: times[0], to: anchor)
    row[7] = Double(distinctDays(times))
    row[8] = days(from: times[times.count - 1], to: anchor)
    row[9] = Double(times.count)
    writeGaps(into: &row)
    writeWindows(times, anchor: anchor, into: &row)
    return true
  }

  private func writeMoney(into row: inout [Double]) {
    let count = Double(occurrences.count)
    let sum = occurrences.amounts.reduce(0, +)
    row[2] = sum
    row[3] = count > 0 ? sum / count : .nan
    row[4] = occurrences.amounts.max() ?? .nan
    row[5] = sampleDeviation(occurrences.amounts)
  }

  private mutating func writeGaps(into row: inout [Double]) {
    gaps.removeAll(keepingCapacity: true)
    var i = 1
    while i < occurrences.count {
      gaps.append(days(from: occurrences.times[i - 1], to: occurrences.times[i]))
      i += 1
    }
    guard let last = gaps.last else {
      for column in 10...17 { row[column] = .nan }
      return
    }
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let deviation = sampleDeviation(gaps)
    gaps.sort()
    let middle = gaps.count / 2
    row[10] = mean
    row[11] = deviation
    row[12] = gaps[0]
    row[13] = gaps[gaps.count - 1]
    row[14] = last
    row[15] = gaps.count % 2 == 1 ? gaps[middle] : (gaps[middle - 1] + gaps[middle]) / 2
    row[16] = mean > 0 ? row[0] / mean : .nan
    row[17] = mean > 0 ? deviation / mean : .nan
  }

  private func writeWindows(_ times: Span<Int64>, anchor: Int64, into row: inout [Double]) {
    let width = Self.windows.count
    let base = Self.names.count - 3 * width
    for (position, length) in Self.windows.enumerated() {
      let start = anchor - Int64(length) * 86_400_000
      let first = lowerBound(occurrences.times.span, start)
      row[base + position] = Double(occurrences.count - first)
      row[base + width + position] = occurrences.amounts[first...].reduce(0, +)
      row[base + 2 * width + position] = Double(times.count - lowerBound(times, start))
    }
  }

  private func distinctDays(_ times: Span<Int64>) -> Int {
    var count = 0
    var newest = Int64.min
    var i = 0
    while i < times.count {
      let shifted = times[i] + dayOffset
      let day = (shifted >= 0 ? shifted : shifted - 86_399_999) / 86_400_000
      if day != newest { count += 1 }
      newest = day
      i += 1
    }
    return count
  }

  private func days(from start: Int64, to end: Int64) -> Double { Double(end - start) / Self.millisecondsPerDay }
}

/// The first position of the ascending `values` whose value is not below `bound`.
func lowerBound(_ values: Span<Int64>, _ bound: Int64) -> Int {
  var low = 0
  var high = values.count
  while low < high {
    let middle = (low &+ high) / 2
    if values[middle] < bound { low = middle &+ 1 } else { high = middle }
  }
  return low
}

/// The sample standard deviation (divisor *n* - 1), NaN below two values.
func sampleDeviation(_ values: [Double]) -> Double {
  if values.count < 2 { return .nan }
  let mean = values.reduce(0, +) / Double(values.count)
  let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  return (squares / Double(values.count - 1)).squareRoot()
}
