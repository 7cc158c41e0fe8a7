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
package struct RhythmFeatures {
  /// The names of the features, in the order of a row.
  package static let names =
    [
      "recency", "frequency", "monetary", "aov", "amount_max", "amount_sd", "amount_first", "amount_last",
      "amount_trend", "tenure", "active_days", "event_recency", "event_count", "rate", "spend_rate", "weekend_share",
      "last_weekday", "gap_mean", "gap_sd", "gap_min", "gap_max", "gap_last", "gap_median", "overdue", "gap_cv",
      "gap_trend", "trend_30", "trend_90", "ewma_7", "ewma_30", "ewma_90",
    ] + windows.map { "goals_\($0)" } + windows.map { "spend_\($0)" } + windows.map { "events_\($0)" }
  /// Lengths in days of the windows that end at the anchor.
  package static let windows = [7, 14, 30, 60, 90, 180, 365]

  static let millisecondsPerDay = 86_400_000.0

  private let goal: UInt32
  private let days: LocalDays
  private var occurrences = GoalOccurrences()
  private var gaps: [Double] = []

  /// - Parameters:
  ///   - goal: code of the goal event's type.
  ///   - days: where days begin in the zone of the store.
  package init(goal: UInt32, days: LocalDays = LocalDays()) {
    self.goal = goal
    self.days = days
  }

  /// Writes the features of one user as of `anchor` into the first places of `row`.
  ///
  /// - Parameters:
  ///   - times: of all events of the user, ascending; those at or after `anchor` are not looked at.
  ///   - types: event type codes.
  ///   - amounts, orders: empty when the store has no such column.
  ///   - amountsPresent, ordersPresent: empty when every row has a value, else one byte a row, 1 for present.
  ///   - anchor: the moment, exclusive.
  ///   - row: at least one place for each of ``names``.
  /// - Returns: whether the user has an event before the anchor; if not, he was unknown then and `row` is unspecified.
  /// - Complexity: O(*n* log *n*) in the user's events before the anchor.
  package mutating func extract(
    times: Span<Int64>, types: Span<UInt32>, amounts: Span<Double>, amountsPresent: Span<UInt8>, orders: Span<UInt32>,
    ordersPresent: Span<UInt8>, before anchor: Int64, into row: inout [Double]
  ) -> Bool {
    precondition(types.count == times.count, "one type for each time")
    precondition(row.count >= Self.names.count, "one place for each feature")
    let past = 0..<lowerBound(times, anchor)
    let none = 0..<0
    return extract(
      times: times.extracting(past), types: types.extracting(past),
      amounts: amounts.extracting(amounts.isEmpty ? none : past),
      amountsPresent: amountsPresent.extracting(amountsPresent.isEmpty ? none : past),
      orders: orders.extracting(orders.isEmpty ? none : past),
      ordersPresent: ordersPresent.extracting(ordersPresent.isEmpty ? none : past), at: anchor, into: &row)
  }

  /// What closed-form models of buying read, in days: purchases of one local day are one.
  ///
  /// Repeats x, the age at the last one t_x, the age T at the last whole day before the anchor; the number of occurrences
  /// with a positive amount and their mean.
  package static let lifetimeNames = [
    "lifetime_repeats", "lifetime_last", "lifetime_age", "lifetime_orders", "lifetime_mean",
  ]

  /// Writes the numbers of ``lifetimeNames`` into `row` from `start`, of the user that was extracted last. NaN without
  /// an occurrence; the mean is NaN without a positive amount.
  package func writeLifetime(at anchor: Int64, into row: inout [Double], from start: Int) {
    guard let firstTime = occurrences.times.first else {
      for number in Self.lifetimeNames.indices { row[start + number] = .nan }
      return
    }
    let first = days.day(of: firstTime)
    var (last, repeats) = (first, 0)
    var (sum, orders) = (0.0, 0.0)
    for (time, amount) in zip(occurrences.times, occurrences.amounts) {
      let day = days.day(of: time)
      if day != last { repeats += 1 }
      last = day
      if amount > 0 {
        sum += amount
        orders += 1
      }
    }
    row[start] = Double(repeats)
    row[start + 1] = Double(last - first)
    row[start + 2] = Double(days.day(of: anchor - 1) - first)
    row[start + 3] = orders
    row[start + 4] = orders > 0 ? sum / orders : .nan
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
    let tenure = distance(from: times[0], to: anchor)
    row[0] = goals > 0 ? distance(from: occurrences.times[goals - 1], to: anchor) : .nan
    row[1] = Double(goals)
    writeMoney(into: &row)
    row[9] = tenure
    row[10] = Double(distinctDays(times))
    row[11] = distance(from: times[times.count - 1], to: anchor)
    row[12] = Double(times.count)
    row[13] = Double(goals) / (tenure + 1)
    row[14] = row[2] / (tenure + 1)
    writeWeekdays(into: &row)
    writeGaps(into: &row)
    writeDecayed(anchor, into: &row)
    writeWindows(times, anchor: anchor, into: &row)
    return true
  }

  private func writeMoney(into row: inout [Double]) {
    let amounts = occurrences.amounts
    let count = Double(amounts.count)
    var (sum, greatest) = (0.0, -Double.infinity)
    for amount in amounts {
      sum += amount
      greatest = max(greatest, amount)
    }
    let mean = count > 0 ? sum / count : .nan
    row[2] = sum
    row[3] = mean
    row[4] = count > 0 ? greatest : .nan
    row[5] = sampleDeviation(amounts)
    row[6] = amounts.first ?? .nan
    row[7] = amounts.last ?? .nan
    row[8] = mean != 0 ? row[7] / mean : .nan
  }

  private func writeWeekdays(into row: inout [Double]) {
    guard occurrences.count > 0 else {
      row[15] = .nan
      row[16] = .nan
      return
    }
    var weekend = 0
    var weekday = 0
    for time in occurrences.times {
      weekday = LocalDays.weekday(ofDay: days.day(of: time))
      if weekday >= 5 { weekend += 1 }
    }
    row[15] = Double(weekend) / Double(occurrences.count)
    row[16] = Double(weekday)
  }

  private mutating func writeGaps(into row: inout [Double]) {
    gaps.removeAll(keepingCapacity: true)
    var i = 1
    while i < occurrences.count {
      gaps.append(distance(from: occurrences.times[i - 1], to: occurrences.times[i]))
      i += 1
    }
    guard let last = gaps.last else {
      for column in 17...25 { row[column] = .nan }
      return
    }
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let deviation = sampleDeviation(gaps)
    gaps.sort()
    let middle = gaps.count / 2
    row[17] = mean
    row[18] = deviation
    row[19] = gaps[0]
    row[20] = gaps[gaps.count - 1]
    row[21] = last
    row[22] = gaps.count % 2 == 1 ? gaps[middle] : (gaps[middle - 1] + gaps[middle]) / 2
    row[23] = mean > 0 ? row[0] / mean : .nan
    row[24] = mean > 0 ? deviation / mean : .nan
    row[25] = mean > 0 ? last / mean : .nan
  }

  /// Counts that halve every 7, 30 and 90 days. The three are powers of one number, 2 to the power of -age/630.
  private func writeDecayed(_ anchor: Int64, into row: inout [Double]) {
    var (week, month, quarter) = (0.0, 0.0, 0.0)
    for time in occurrences.times {
      let x = exp2(distance(from: time, to: anchor) / -630)
      let x2 = x * x
      let x4 = x2 * x2
      let x7 = x4 * x2 * x
      let x21 = x7 * x7 * x7
      let x84 = x21 * x21 * x21 * x21
      quarter += x7
      month += x21
      week += x84 * x4 * x2
    }
    row[28] = week
    row[29] = month
    row[30] = quarter
  }

  private func writeWindows(_ times: Span<Int64>, anchor: Int64, into row: inout [Double]) {
    let width = Self.windows.count
    let base = Self.names.count - 3 * width
    var first = occurrences.count
    var firstEvent = times.count
    var sum = 0.0
    for (position, length) in Self.windows.enumerated() {
      let start = anchor - Int64(length) * LocalDays.length
      while first > 0, occurrences.times[first - 1] >= start {
        first -= 1
        sum += occurrences.amounts[first]
      }
      while firstEvent > 0, times[firstEvent - 1] >= start { firstEvent -= 1 }
      row[base + position] = Double(occurrences.count - first)
      row[base + width + position] = sum
      row[base + 2 * width + position] = Double(times.count - firstEvent)
    }
    // The newest window less the one before it: goals_30 twice less goals_60, and goals_90 twice less goals_180.
    row[26] = 2 * row[base + 2] - row[base + 3]
    row[27] = 2 * row[base + 4] - row[base + 5]
  }

  private func distinctDays(_ times: Span<Int64>) -> Int {
    var count = 0
    var newest = Int.min
    var i = 0
    while i < times.count {
      let day = days.day(of: times[i])
      if day != newest { count += 1 }
      newest = day
      i += 1
    }
    return count
  }

  private func distance(from start: Int64, to end: Int64) -> Double { Double(end - start) / Self.millisecondsPerDay }
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
