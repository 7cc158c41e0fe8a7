/// The units that the language counts time in.
package enum PeriodUnit: String, Sendable, Hashable, CaseIterable, Codable {
  case second, minute, hour, day, week, month, quarter, year

  /// The unit called `name`, singular or plural, in any case ("day", "DAYS"), or `nil`.
  package init?(name: some StringProtocol) {
    var lowered = name.lowercased()
    if lowered.hasSuffix("s") { lowered.removeLast() }
    self.init(rawValue: lowered)
  }

  /// Whether periods of this unit begin at midnight: day and longer.
  package var isCalendarDay: Bool { months != nil || self == .day || self == .week }

  /// The length of one unit of fixed length in milliseconds; `nil` for month, quarter and year.
  package var milliseconds: Int64? {
    switch self {
    case .second: 1_000
    case .minute: 60_000
    case .hour: 3_600_000
    case .day: 86_400_000
    case .week: 604_800_000
    case .month, .quarter, .year: nil
    }
  }

  /// The months of one unit; `nil` for week and shorter.
  package var months: Int? {
    switch self {
    case .month: 1
    case .quarter: 3
    case .year: 12
    default: nil
    }
  }

  /// A length that no period of the unit falls short of by more than a change of the clock: months count 28 days.
  var leastMilliseconds: Int64 {
    milliseconds ?? Int64(months ?? 1) * 28 * millisecondsPerDay
  }
}

/// A length of time as a statement writes it: whole months, and milliseconds.
///
/// Seconds to weeks are fixed lengths, so that `LAST 90 DAYS` is 90 x 24 hours; months, quarters and years are
/// calendar lengths, added by ``Calendar/adding(_:times:to:)``.
package struct CalendarDuration: Sendable, Hashable {
  package var months: Int
  package var milliseconds: Int64

  package init(months: Int = 0, milliseconds: Int64 = 0) {
    self.months = months
    self.milliseconds = milliseconds
  }

  /// `count` units; `nil` when that is too long to count in milliseconds or exceeds 100,000 years.
  package init?(_ count: Int, _ unit: PeriodUnit) {
    if let months = unit.months {
      let (product, overflow) = count.multipliedReportingOverflow(by: months)
      guard !overflow, product.magnitude <= 1_200_000 else { return nil }
      self.init(months: product)
    } else {
      let (product, overflow) = Int64(count).multipliedReportingOverflow(by: unit.milliseconds ?? 0)
      guard !overflow, product.magnitude <= 3_155_760_000_000_000 else { return nil }
      self.init(milliseconds: product)
    }
  }

  /// Whether the length is the same wherever it is laid: no months.
  package var isFixed: Bool { months == 0 }

  /// A length for comparing and estimating, with months of 30.436875 days (a twelfth of the Gregorian mean year).
  package var approximateMilliseconds: Int64 { Int64(months) * 2_629_746_000 + milliseconds }

  package static prefix func - (duration: CalendarDuration) -> CalendarDuration {
    CalendarDuration(months: -duration.months, milliseconds: -duration.milliseconds)
  }
}
