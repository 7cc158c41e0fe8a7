import InstarCalendar
import Testing

@Suite struct CalendarTests {
  /// The digest of the starts of all local days of 2000 to 2023 in seconds, by Python's `zoneinfo` (`fold=0`).
  static let days: [(String, UInt64)] = [
    ("Europe/Istanbul", 0x9f51_3027_5273_a93d), ("America/New_York", 0xf70a_aff4_4b91_1f1d),
    ("Asia/Kathmandu", 0xa69a_a1c4_887f_6fb5), ("Australia/Lord_Howe", 0xb36f_3959_f7a4_7f7d),
    ("Pacific/Apia", 0xddd8_a50a_37e9_b06d), ("Asia/Beirut", 0x0416_061b_af9b_2c6d),
    ("America/St_Johns", 0x884b_3864_229e_eefd), ("Africa/Casablanca", 0x271b_52f6_6211_164d),
  ]

  @Test(arguments: days) func daysBeginWherePythonSaysSo(name: String, expected: UInt64) throws {
    let calendar = Calendar(zone: try Zone.named(name))
    let first = CivilDate(year: 2000, month: 1, day: 1).dayNumber
    var digest = Digest()
    for day in first..<CivilDate(year: 2024, month: 1, day: 1).dayNumber {
      digest.add(calendar.start(ofDay: day) / 1000)
    }
    #expect(digest.value == expected)
  }

  @Test(arguments: zonesUnderTest) func everyInstantBelongsToOnePeriod(name: String) throws {
    for weekStart in [Weekday.monday, .sunday, .saturday] {
      let calendar = Calendar(zone: try Zone.named(name), weekStart: weekStart)
      var random = KnuthGenerator(state: 11)
      for _ in 0..<300 {
        let instant = random.instant(in: utc(1900, 1, 1)..<utc(2600, 1, 1))
        for unit in PeriodUnit.allCases {
          for every in [1, 2, 3, 7] {
            let period = calendar.period(of: unit, every: every, containing: instant)
            let place = "\(name) \(unit) \(every) \(instant)"
            #expect(period.contains(instant), "\(place)")
            #expect(
              calendar.start(of: unit, every: every, containing: period.lowerBound) == period.lowerBound, "\(place)")
            let before = calendar.period(of: unit, every: every, containing: period.lowerBound - 1)
            #expect(before.upperBound == period.lowerBound, "\(place)")
          }
        }
      }
    }
  }

  @Test func daysOf23And25HoursAreOneDay() throws {
    let calendar = Calendar(zone: try Zone.named("America/New_York"))
    let spring = calendar.period(of: .day, containing: utc(2026, 3, 8, 12))
    #expect(spring == utc(2026, 3, 8, 5)..<utc(2026, 3, 9, 4))
    let autumn = calendar.period(of: .day, containing: utc(2026, 11, 1, 12))
    #expect(autumn == utc(2026, 11, 1, 4)..<utc(2026, 11, 2, 5))
    #expect(calendar.periods(of: .day, from: utc(2026, 3, 8, 6), to: utc(2026, 3, 9, 6)) == 1)
    // The hour from one to two occurs twice and is two periods.
    #expect(
      calendar.period(of: .hour, containing: utc(2026, 11, 1, 5, 30)) == utc(2026, 11, 1, 5)..<utc(2026, 11, 1, 6))
    #expect(
      calendar.period(of: .hour, containing: utc(2026, 11, 1, 6, 30)) == utc(2026, 11, 1, 6)..<utc(2026, 11, 1, 7))
  }

  @Test func halfHourShiftsStretchAndShortenHours() throws {
    // Lord Howe: 2026-04-05 02:00 (+11:00) becomes 01:30 (+10:30) at 2026-04-04T15:00Z.
    let calendar = Calendar(zone: try Zone.named("Australia/Lord_Howe"))
    #expect(
      calendar.period(of: .hour, containing: utc(2026, 4, 4, 15, 10)) == utc(2026, 4, 4, 14)..<utc(2026, 4, 4, 15, 30))
    // 2026-10-04 02:00 (+10:30) becomes 02:30 (+11:00) at 2026-10-03T15:30Z.
    #expect(
      calendar.period(of: .hour, containing: utc(2026, 10, 3, 15, 40)) == utc(
        2026, 10, 3, 15, 30)..<utc(2026, 10, 3, 16))
    // Kathmandu's hours begin at a quarter to of UTC.
    let kathmandu = Calendar(zone: try Zone.named("Asia/Kathmandu"))
    #expect(kathmandu.start(of: .hour, containing: utc(2026, 1, 1, 12)) == utc(2026, 1, 1, 11, 15))
  }

  @Test func aSkippedDayIsEmpty() throws {
    let calendar = Calendar(zone: try Zone.named("Pacific/Apia"))
    let skipped = CivilDate(year: 2011, month: 12, day: 30).dayNumber
    #expect(calendar.start(ofDay: skipped) == calendar.start(ofDay: skipped + 1))
    #expect(calendar.date(of: utc(2011, 12, 30, 9, 59)) == CivilDate(year: 2011, month: 12, day: 29))
    #expect(calendar.date(of: utc(2011, 12, 30, 10)) == CivilDate(year: 2011, month: 12, day: 31))
  }

  @Test func weeksBeginOnTheirDay() {
    // 2026-03-01 is a Sunday.
    let instant = utc(2026, 3, 1, 12)
    #expect(Calendar().start(of: .week, containing: instant) == utc(2026, 2, 23))
    #expect(Calendar(weekStart: .sunday).start(of: .week, containing: instant) == utc(2026, 3, 1))
    #expect(Calendar(weekStart: .saturday).start(of: .week, containing: instant) == utc(2026, 2, 28))
  }

  @Test func monthsFollowTheCalendar() throws {
    let calendar = Calendar()
    let month = CalendarDuration(months: 1)
    #expect(calendar.adding(-month, to: utc(2026, 3, 31, 10)) == utc(2026, 2, 28, 10))
    #expect(calendar.adding(-month, to: utc(2024, 3, 31, 10)) == utc(2024, 2, 29, 10))
    #expect(calendar.adding(month, to: utc(2026, 1, 31)) == utc(2026, 2, 28))
    #expect(calendar.adding(month, times: 2, to: utc(2026, 1, 31)) == utc(2026, 3, 31))
    #expect(calendar.adding(CalendarDuration(months: -12), to: utc(2024, 2, 29)) == utc(2023, 2, 28))
    // The local time of day stays: 9:00 in New York is 14:00 UTC in winter and 13:00 in summer.
    let newYork = Calendar(zone: try Zone.named("America/New_York"))
    #expect(newYork.adding(month, times: 6, to: utc(2026, 1, 15, 14)) == utc(2026, 7, 15, 13))
    // Days are 24 hours.
    let days = try #require(CalendarDuration(90, .day))
    #expect(newYork.last(days, before: utc(2026, 3, 20)) == utc(2026, 3, 20) - 90 * 86_400_000..<utc(2026, 3, 20))
  }

  @Test func agesCountWholeDurationsFromBirth() {
    let calendar = Calendar()
    let birth = utc(2026, 1, 31, 12)
    let month = CalendarDuration(months: 1)
    #expect(calendar.age(at: utc(2026, 2, 28, 11), from: birth, in: month) == 0)
    #expect(calendar.age(at: utc(2026, 2, 28, 12), from: birth, in: month) == 1)
    #expect(calendar.age(at: utc(2026, 3, 30, 12), from: birth, in: month) == 1)
    #expect(calendar.age(at: utc(2026, 3, 31, 12), from: birth, in: month) == 2)
    #expect(calendar.age(at: utc(2027, 1, 31, 12), from: birth, in: month) == 12)
    #expect(calendar.age(at: birth - 1, from: birth, in: month) == -1)
    let day = CalendarDuration(milliseconds: 86_400_000)
    // R1: signup 23:45, visit 00:01 on the next day: rolling age 0, calendar age 1.
    let (signup, visit) = (utc(2026, 5, 1, 23, 45), utc(2026, 5, 2, 0, 1))
    #expect(calendar.age(at: visit, from: signup, in: day) == 0)
    #expect(calendar.periods(of: .day, from: signup, to: visit) == 1)
  }

  @Test func previousUnitsAreWhole() {
    let calendar = Calendar()
    let now = utc(2026, 5, 17, 8, 30)
    #expect(calendar.previous(3, .month, before: now) == utc(2026, 2, 1)..<utc(2026, 5, 1))
    #expect(calendar.previous(1, .quarter, before: now) == utc(2026, 1, 1)..<utc(2026, 4, 1))
    #expect(calendar.previous(2, .week, before: now) == utc(2026, 4, 27)..<utc(2026, 5, 11))
    #expect(calendar.previous(6, .hour, before: now) == utc(2026, 5, 17, 2)..<utc(2026, 5, 17, 8))
    #expect(calendar.period(of: .month, containing: now) == utc(2026, 5, 1)..<utc(2026, 6, 1))
    #expect(calendar.periods(of: .quarter, from: utc(2025, 12, 31), to: now) == 2)
    #expect(calendar.periods(of: .hour, from: now, to: now + 3_600_000) == 1)
  }

  @Test func dateLiteralsArePeriods() throws {
    let calendar = Calendar()
    func range(_ text: String) throws -> Range<Int64> { try calendar.range(of: DateLiteral(text)) }
    #expect(try range("2026") == utc(2026, 1, 1)..<utc(2027, 1, 1))
    #expect(try range("2026-Q1") == utc(2026, 1, 1)..<utc(2026, 4, 1))
    #expect(try range("2026-W07") == utc(2026, 2, 9)..<utc(2026, 2, 16))
    #expect(try range("2026-W53") == utc(2026, 12, 28)..<utc(2027, 1, 4))
    #expect(try range("2026-02") == utc(2026, 2, 1)..<utc(2026, 3, 1))
    #expect(try range("2026-03-15") == utc(2026, 3, 15)..<utc(2026, 3, 16))
    #expect(try range("2026-03-15T10:30") == utc(2026, 3, 15, 10, 30)..<utc(2026, 3, 15, 10, 31))
    #expect(try range("2026-03-15T10:30:15") == utc(2026, 3, 15, 10, 30, 15)..<utc(2026, 3, 15, 10, 30, 16))
    // Weeks that begin on Sunday: 4 January 2026 is one, so week 1 begins there.
    let sunday = Calendar(weekStart: .sunday)
    #expect(try sunday.range(of: DateLiteral("2026-W01")) == utc(2026, 1, 4)..<utc(2026, 1, 11))
    let istanbul = Calendar(zone: try Zone.named("Europe/Istanbul"))
    #expect(try istanbul.range(of: DateLiteral("2026-03-15")) == utc(2026, 3, 14, 21)..<utc(2026, 3, 15, 21))
    let newYork = Calendar(zone: try Zone.named("America/New_York"))
    #expect(try newYork.range(of: DateLiteral("2026-03-08T02:30")).isEmpty)
  }

  @Test func wrongLiteralsSayWhy() throws {
    func message(_ text: String) -> String? {
      do {
        _ = try Calendar().range(of: DateLiteral(text))
        return nil
      } catch {
        return error.message
      }
    }
    #expect(message("2026-13") == "'2026-13' has no month: months are 01 to 12")
    #expect(message("2026-02-29") == "'2026-02-29' is no date: that month has the days 01 to 28")
    #expect(message("2026-Q5") == "'2026-Q5' is no date: a year has the quarters Q1 to Q4")
    #expect(message("2025-W53") == "2025 has 52 weeks that begin on monday")
    #expect(message("2026-03-15T24:00") == "'2026-03-15T24:00' has no time of day: 00:00 to 23:59")
    for text in [
      "", "26", "2026-", "2026-3", "2026-03-1", "2026-03-15T", "2026-03-15T10", "2026-03-15T10:30:", "2026-Q12",
    ] {
      #expect(message(text)?.contains("write 2026") == true, "\(text)")
    }
  }
}
