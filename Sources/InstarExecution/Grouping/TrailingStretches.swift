import InstarCalendar

/// `WITH trailing = 7 DAYS`: the stretch that ends with each period, so that one event counts in several periods.
struct TrailingStretches: Sendable {
  private let periods: PeriodTable
  /// The first instant of each stretch, ascending.
  private let starts: [Int64]

  init(_ length: CalendarDuration, _ periods: PeriodTable) {
    self.periods = periods
    starts = (0..<periods.count).map { periods.calendar.adding(length, times: -1, to: periods.period($0).upperBound) }
  }

  /// The first instant that counts anywhere.
  var lowerBound: Int64? { starts.first }

  /// The rows once for each stretch that holds them, in their order: the position of the row and an instant of the
  /// period.
  func spread(_ times: [Int64]) -> (positions: [Int], instants: [Int64]) {
    var positions: [Int] = []
    var instants: [Int64] = []
    let first = periods.range.lowerBound
    for (position, time) in times.enumerated() {
      var period = time < first ? 0 : periods.index(of: time)
      guard period >= 0 else { continue }
      while period < periods.count, starts[period] <= time {
        positions.append(position)
        instants.append(max(periods.period(period).lowerBound, first))
        period += 1
      }
    }
    return (positions, instants)
  }
}
