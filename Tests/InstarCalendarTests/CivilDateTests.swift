import InstarCalendar
import Testing

@Suite struct CivilDateTests {
  /// year, month, day, days since 1970-01-01, ISO weekday, ISO year, ISO week: Python's `date` and `isocalendar`.
  static let dates = [
    (1, 1, 1, -719_162, 1, 1, 1), (1582, 10, 15, -141_427, 5, 1582, 41), (1900, 2, 28, -25_509, 3, 1900, 9),
    (1900, 3, 1, -25_508, 4, 1900, 9), (1969, 12, 31, -1, 3, 1970, 1), (2000, 2, 29, 11_016, 2, 2000, 9),
    (2024, 12, 30, 20_087, 1, 2025, 1), (2026, 12, 31, 20_818, 4, 2026, 53), (2027, 1, 1, 20_819, 5, 2026, 53),
    (9999, 12, 31, 2_932_896, 5, 9999, 52),
  ]

  @Test func datesAndDayNumbersAgreeWithPython() {
    for (year, month, day, number, weekday, isoYear, isoWeek) in Self.dates {
      let date = CivilDate(year: year, month: month, day: day)
      #expect(date.dayNumber == number)
      #expect(CivilDate(dayNumber: number) == date)
      #expect(Weekday(dayNumber: number).rawValue == weekday)
      let calendar = Calendar()
      let start = calendar.firstDay(
        of: .week, ordinal: calendar.ordinal(of: .week, containing: Int64(number) * 86_400_000))
      #expect(calendar.week(beginningOn: start) == (isoYear, isoWeek))
    }
  }

  @Test func daysOfFourHundredYearsFollowEachOther() {
    var (year, month, day) = (1800, 1, 1)
    let first = CivilDate(year: 1800, month: 1, day: 1).dayNumber
    for number in first..<first + 146_097 {
      let date = CivilDate(dayNumber: number)
      guard date == CivilDate(year: year, month: month, day: day), date.dayNumber == number else {
        Issue.record("day \(number) is \(date), expected \(year)-\(month)-\(day)")
        return
      }
      day += 1
      if !CivilDate(year: year, month: month, day: day).isValid { (month, day) = (month + 1, 1) }
      if month == 13 { (year, month) = (year + 1, 1) }
    }
    #expect((year, month, day) == (2200, 1, 1))
  }

  @Test func unitsAndWeekdaysHaveNames() {
    #expect(PeriodUnit(name: "DAYS") == .day)
    #expect(PeriodUnit(name: "quarter") == .quarter)
    #expect(PeriodUnit(name: "fortnight") == nil)
    #expect(Weekday(name: "Sunday") == .sunday)
    #expect(Weekday(name: "sun") == nil)
    #expect(CalendarDuration(90, .day) == CalendarDuration(milliseconds: 90 * 24 * 3_600_000))
    #expect(CalendarDuration(2, .year) == CalendarDuration(months: 24))
    #expect(CalendarDuration(.max, .year) == nil)
    #expect(CalendarDuration(.max, .second) == nil)
  }
}
