/// Local days by instant: what cuts times into days and weekdays in the zone of a store.
package struct LocalDays: Sendable {
  /// The instants at which days begin, milliseconds since 1970, ascending; empty for days of UTC.
  private let starts: [Int64]
  /// The number since 1970-01-01 of the first of them.
  private let firstDay: Int

  static let length: Int64 = 86_400_000

  /// Days of UTC.
  package init() { self.init(starts: [], firstDay: 0) }

  /// - Parameters:
  ///   - starts: of successive days, ascending. An instant outside them is cut in UTC.
  ///   - firstDay: the number since 1970-01-01 of the first of them.
  package init(starts: [Int64], firstDay: Int) {
    self.starts = starts
    self.firstDay = firstDay
  }

  /// The number of the day since 1970-01-01. Complexity: O(1).
  package func day(of instant: Int64) -> Int {
    guard let first = starts.first, let last = starts.last, first <= instant, instant < last else {
      return Int((instant >= 0 ? instant : instant - (Self.length - 1)) / Self.length)
    }
    // Days of 23 or 25 hours, and rarely a zone that skips a day, move the guess by a step or two.
    var index = min(starts.count - 1, Int((instant - first) / Self.length))
    while starts[index] > instant { index -= 1 }
    while index + 1 < starts.count, starts[index + 1] <= instant { index += 1 }
    return firstDay + index
  }

  /// The day of the week of a day: 0 for Monday. 1970-01-01 was a Thursday.
  package static func weekday(ofDay day: Int) -> Int {
    let shifted = (day + 3) % 7
    return shifted < 0 ? shifted + 7 : shifted
  }
}
