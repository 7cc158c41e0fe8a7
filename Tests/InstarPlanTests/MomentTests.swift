import InstarColumns
import InstarPlan
import Testing

/// Moments and dates.
@Suite struct MomentTests {
  /// 2026-03-31T12:00:00Z, the shop's last event.
  let last: Int64 = 1_774_958_400_000
  /// 2026-01-01T00:00:00Z.
  let newYear: Int64 = 1_767_225_600_000

  @Test func theClock() throws {
    var shop = Shop()
    #expect(try plan("SEGMENT users", in: shop).moment == last + 1)
    shop.settings.clock = .system
    #expect(try plan("SEGMENT users", in: shop).moment == 1_780_000_000_000)
    shop.settings.clock = .fixed(5)
    #expect(try plan("SEGMENT users", in: shop).moment == 5)
    shop.settings.clock = .lastEvent
    shop.lastEvent = nil
    #expect(try plan("SEGMENT users", in: shop).moment == 1_780_000_000_000)
  }

  @Test func asOfIsTheFirstInstantOfADate() throws {
    #expect(try plan("AS OF @2026 SEGMENT users").moment == newYear)
    #expect(try plan("AS OF @2026-Q1 SEGMENT users").moment == newYear)
    #expect(try plan("AS OF '2026-01-01' SEGMENT users").moment == newYear)
    #expect(try plan("AS OF $day SEGMENT users", in: Shop(), ["day": .time(newYear)]).moment == newYear)
  }

  @Test func datesAreInTheStoresZone() throws {
    var shop = Shop()
    shop.settings.timeZone = "Europe/Istanbul"  // three hours ahead of UTC all year
    #expect(try plan("AS OF @2026-01-01 SEGMENT users", in: shop).moment == newYear - 3 * 3_600_000)
  }

  @Test(arguments: [
    ("registered = @2026-01", "user.registered >= @2026-01-01 and user.registered < @2026-02-01"),
    ("registered != @2026-01", "not (user.registered >= @2026-01-01 and user.registered < @2026-02-01)"),
    ("registered < @2026-01", "user.registered < @2026-01-01"),
    ("registered <= @2026-01", "user.registered < @2026-02-01"),
    ("registered > @2026-01", "user.registered >= @2026-02-01"),
    ("registered >= @2026-01", "user.registered >= @2026-01-01"),
    ("@2026-01 > registered", "user.registered < @2026-01-01"),
    (
      "registered BETWEEN @2026-01 AND @2026-02",
      "user.registered >= @2026-01-01 and user.registered < @2026-03-01"
    ),
    (
      "registered IN (@2025, @2026-01)",
      "user.registered >= @2025-01-01 and user.registered < @2026-01-01 or user.registered >= @2026-01-01 and user.registered < @2026-02-01"
    ),
    ("registered > first(purchase) + 3 DAYS", "user.registered > first(purchase) + 3 days"),
    ("registered > first(purchase) + 2 MONTHS", "user.registered > first(purchase) + 2 months"),
    ("registered - first(purchase) > 3 DAYS", "user.registered - first(purchase) > 3 days"),
  ])
  func aDateIsAPeriod(condition: String, expected: String) {
    #expect(
      printed("SEGMENT users WHERE \(condition) AGGREGATE users()")
        == "users | filter \(expected) | aggregate users = users()")
  }

  @Test func atReachesEveryPartOfADefinition() {
    let then = "at @2026-01-01"
    #expect(
      printed("SEGMENT users WHERE IN vip AT @2026-01-01 AGGREGATE users()")
        == "users | filter sum(purchase.amount) \(then) > 500 and count(purchase last 180 days) \(then) >= 3 | aggregate users = users()"
    )
    #expect(
      printed("SEGMENT users KEEP country AT @2026-01-01, loyalty AT @2026-01-01")
        == "users | keep country = user.country \(then), loyalty = score loyalty \(then)")
    #expect(
      printed("SEGMENT users KEEP tier AT first(purchase)")
        == "users | keep tier = case when sum(purchase.amount last 365 days) at (first(purchase)) > 200 then 'gold' else 'basic' end"
    )
    #expect(
      printed("SEGMENT users ADD v = sum(purchase.amount) AT (first(purchase) + 180 DAYS) KEEP v")
        == "users | add v = sum(purchase.amount) at (first(purchase) + 180 days) | keep v = #1")
  }

  @Test func atTakesAColumnThatAddMade() {
    #expect(
      printed("SEGMENT users ADD bought = first(purchase) ADD then = aov AT bought KEEP then")
        == "users | add bought = first(purchase) | add then = sum(purchase.amount) at (first(purchase)) / count(purchase) at (first(purchase)) | keep then = #2"
    )
  }

  @Test func onEventRowsPropertiesAreOfTheirTimeAndAttributesOfToday() {
    #expect(
      printed("EVENTS purchase WHERE country = 'TR' AND tier = 'gold' AGGREGATE count()")
        == "events purchase | filter user.country at time = 'TR' and case when sum(purchase.amount last 365 days) > 200 then 'gold' else 'basic' end = 'gold' | aggregate count = count()"
    )
    #expect(
      printed("EVENTS purchase ADD n = count(purchase) AT time = 0 AGGREGATE count() BY n")
        == "events purchase | add n = count(purchase) at time = 0 | aggregate count = count() by n = #0")
  }

  /// An analysis at a date is the same chain seen from that date; LAST counts from it.
  @Test func aChainAtADate() throws {
    var shop = Shop()
    shop.definitions.append(
      DefinitionEntry(
        kind: .segment, name: "recent",
        statement: "DEFINE SEGMENT recent AS FUNNEL visit THEN purchase DURING LAST 30 DAYS PER USER WHERE converted;"))
    let text = printed("SEGMENT users WHERE IN recent AT @2026-01-31 AGGREGATE users()", in: shop)
    #expect(text.contains("during @2026-01-01 to @2026-01-31"))
    #expect(faults("EVENTS visit WHERE IN recent AT time AGGREGATE count()", in: shop) == ["E0332 recent"])
  }

  @Test(arguments: [
    ("LAST 7 DAYS", "@2026-03-24T12:00:00.001 to @2026-03-31T12:00:00.001"),
    ("THIS MONTH", "@2026-03-01 to @2026-03-31T12:00:00.001"),
    ("PREVIOUS 2 WEEKS", "@2026-03-16 to @2026-03-30"),
    ("PREVIOUS 1 MONTH", "@2026-02-01 to @2026-03-01"),
    ("@2026-01 TO @2026-02", "@2026-01-01 to @2026-03-01"),
    ("@2026", "@2026-01-01 to @2027-01-01"),
    ("@2026-03-15T10:30", "@2026-03-15T10:30 to @2026-03-15T10:31"),
  ])
  func during(range: String, expected: String) {
    #expect(
      printed("EVENTS purchase AGGREGATE count() DURING \(range)")
        == "events purchase | aggregate count = count() during \(expected)")
  }

  @Test func weeksStartWhereTheStoreSays() {
    var shop = Shop()
    shop.settings.weekStart = "sunday"  // 2026-03-31 is a Tuesday
    #expect(
      printed("EVENTS purchase AGGREGATE count() DURING PREVIOUS 1 WEEK", in: shop)
        == "events purchase | aggregate count = count() during @2026-03-22 to @2026-03-29")
  }
}
