/// A day of the proleptic Gregorian calendar.
///
/// Day numbers count from 1970-01-01 = 0. The conversions follow the era arithmetic of H. Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms" (2013): a year that starts in March puts the leap day last, so that
/// month lengths are one linear formula and 400 years are 146,097 days.
package struct CivilDate: Sendable, Hashable, Comparable {
  package var year: Int
  /// 1 to 12.
  package var month: Int
  /// 1 to 31.
  package var day: Int

  package init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// The date of a day number. Complexity: O(1).
  package init(dayNumber: Int) {
    let shifted = dayNumber + CivilDate.daysToEpoch
    let era = floorDivide(shifted, CivilDate.daysPerEra)
    let dayOfEra = shifted - era * CivilDate.daysPerEra
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// Days since 1970-01-01. The day of the month may exceed the month's length and then runs on. Complexity: O(1).
  package var dayNumber: Int {
    let marchYear = month <= 2 ? year - 1 : year
    let era = floorDivide(marchYear, 400)
    let yearOfEra = marchYear - era * 400
    let monthFromMarch = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * CivilDate.daysPerEra + dayOfEra - CivilDate.daysToEpoch
  }

  /// Whether month and day exist.
  package var isValid: Bool {
    month >= 1 && month <= 12 && day >= 1 && day <= CivilDate.length(ofMonth: month, year: year)
  }

  package static func < (left: CivilDate, right: CivilDate) -> Bool {
    (left.year, left.month, left.day) < (right.year, right.month, right.day)
  }

  package static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  /// 28 to 31. - Precondition: `month` is 1 to 12.
  package static func length(ofMonth month: Int, year: Int) -> Int {
    month == 2 ? (isLeap(year) ? 29 : 28) : (month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31)
  }

  /// Days in 400 years.
  static let daysPerEra = 146_097
  /// Days from 0000-03-01 to 1970-01-01.
  private static let daysToEpoch = 719_468
}

/// A day of the week, numbered as in ISO 8601.
package enum Weekday: Int, Sendable, CaseIterable {
  case monday = 1
  case tuesday, wednesday, thursday, friday, saturday, sunday

  /// The weekday of a day number; 1970-01-01 was a Thursday.
  package init(dayNumber: Int) {
    self = Weekday(rawValue: floorModulo(dayNumber + 3, 7) + 1)!
  }

  /// The weekday called `name`, in any case ("monday", "Sunday"), or `nil`.
  package init?(name: some StringProtocol) {
    let lowered = name.lowercased()
    guard let match = Weekday.allCases.first(where: { $0.name == lowered }) else { return nil }
    self = match
  }

  /// "monday" to "sunday".
  package var name: String { String(describing: self) }
}

/// The quotient rounded towards negative infinity. - Precondition: `divisor > 0`.
@inline(__always)
func floorDivide<T: FixedWidthInteger>(_ value: T, _ divisor: T) -> T {
  let quotient = value / divisor
  return quotient * divisor > value ? quotient - 1 : quotient
}

/// The remainder in `0 ..< divisor`. - Precondition: `divisor > 0`.
@inline(__always)
func floorModulo<T: FixedWidthInteger>(_ value: T, _ divisor: T) -> T {
  let remainder = value % divisor
  return remainder < 0 ? remainder + divisor : remainder
}

/// Milliseconds of a day of 24 hours.
let millisecondsPerDay: Int64 = 86_400_000
