import InstarColumns
import InstarPlan
import Testing

/// What a wrong statement gets: a code, the words that are to blame, a sentence and a way out.
@Suite struct DiagnosticTests {
  @Test func theNearestNamesOfTheStoreWithTheirCounts() {
    #expect(
      helps("SEGMENT users WHERE did purchse IN LAST 90 DAYS")
        == "no event named 'purchse' / did you mean purchase (5,000 events)? SHOW EVENTS lists 11 names")
    #expect(helps("SEGMENT vipp") == "no segment named vipp / did you mean vip (segment)?")
    #expect(helps("SEGMENT users WHERE contry = 'TR'").contains("did you mean country (user property, text)?"))
    #expect(helps("SEGMENT users WHERE sum(purchase.amout) > 3").contains("did you mean amount?"))
  }

  @Test(arguments: [
    ("SEGMENT users WHERE did purchse[amount > 3]", "E0102 purchse"),
    ("SEGMENT users WHERE count(purchse) > 3", "E0102 purchse"),
    ("SEGMENT users WHERE first(purchse.category) = 'x'", "E0102 purchse"),
    ("EVENTS purchase AGGREGATE sum(amout)", "E0101 amout"),
    ("SEGMENT users WHERE country = TR", "E0101 TR"),
    ("SEGMENT users WHERE country = \"TR\"", "E0318 \"TR\""),
    ("SEGMENT users WHERE vip", "E0108 vip"),
    ("SEGMENT users WHERE purchase.amount > 3", "E0108 purchase.amount"),
    ("SEGMENT purchase", "E0103 purchase"),
    ("SEGMENT users WHERE age = 'x'", "E0302 'x'"),
    ("SEGMENT users WHERE country > 3", "E0302 3"),
    ("SEGMENT users WHERE age = @2026", "E0302 age"),
    ("SEGMENT users WHERE premium > false", "E0302 premium > false"),
    ("SEGMENT users WHERE age CONTAINS 'x'", "E0302 age"),
    ("SEGMENT users WHERE country * 2 > 3", "E0303 country * 2"),
    ("SEGMENT users WHERE 3 MONTHS > 2 DAYS", "E0303 3 MONTHS"),
    ("SEGMENT users WHERE did visit IN PREVIOUS 9000000000000000000 MONTHS", "E0401 9000000000000000000 MONTHS"),
    ("SEGMENT users WHERE did visit IN LAST 9000000000000000000 DAYS", "E0401 9000000000000000000 DAYS"),
    ("SEGMENT users WHERE country", "E0304 country"),
    ("SEGMENT users WHERE count(visit)", "E0304 count(visit)"),
    ("SEGMENT users WHERE sum(purchase.channel) > 2", "E0303 channel"),
    ("SEGMENT users WHERE sum(purchase) > 2", "E0307 sum(purchase)"),
    ("SEGMENT users WHERE users() > 2", "E0305 users()"),
    ("SEGMENT users WHERE running(age) > 2", "E0305 running(age)"),
    ("SEGMENT users AGGREGATE sum(sum(age))", "E0305 sum(age)"),
    ("SEGMENT users AGGREGATE sum(country)", "E0303 country"),
    ("SEGMENT users AGGREGATE users() BY DAY", "E0306 DAY"),
    ("SEGMENT users AGGREGATE users() DURING @2026", "E0306 @2026"),
    ("EVENTS visit FUNNEL visit THEN purchase", "E0306 FUNNEL visit THEN purchase"),
    ("ITEMS FUNNEL visit THEN purchase", "E0315 FUNNEL visit THEN purchase"),
    ("ITEMS WHERE did visit", "E0315 did visit"),
    ("ITEMS WHERE country = 'x'", "E0101 country"),
    ("SEGMENT users AGGREGATE users() AS n BY country WHERE stage = 'loyal'", "E0101 stage"),
    ("SEGMENT users WHERE did purchase[count(visit) > 2]", "E0209 count(visit)"),
    ("SEGMENT users WHERE did purchase[IN vip]", "E0209 vip"),
    ("SEGMENT users WHERE round(age, 1, 2) > 2", "E0307 round(age, 1, 2)"),
    ("SEGMENT users WHERE lower(age) = 'x'", "E0303 age"),
    ("SEGMENT users ADD user = 3", "E0314 user"),
    ("FUNNEL visit THEN purchase SAME dvice", "E0105 dvice"),
    ("PATHS FROM visit SAME device", "E0320 device"),
    ("FUNNEL visit THEN purchase WITH tolerance = 3", "E0308 tolerance = 3"),
    ("FUNNEL visit THEN purchase WITH value_at = 3", "E0308 value_at = 3"),
    ("RETENTION FROM LAST signup RETURN visit BY WEEK", "E0320 LAST signup"),
    ("RETENTION FROM FIRST signup RETURN visit BY country", "E0321 country"),
    ("FUNNEL visit THEN WITHIN 1 MONTH purchase", "E0321 1 MONTH"),
    ("FUNNEL visit THEN AFTER 1 QUARTER purchase WITHIN 1 YEAR", "E0321 1 QUARTER"),
    ("SEGMENT users WHERE did (visit THEN AFTER 2 DAYS WITHIN 1 YEAR purchase)", "E0321 1 YEAR"),
    ("RETENTION FROM FIRST signup RETURN visit BY WEEK WITH measure = amount", "E0308 measure = amount"),
    ("RETENTION FROM FIRST signup RETURN visit BY WEEK USING hours", "E0308 hours"),
    ("FUNNEL visit THEN purchase WITH baseline = 'TR'", "E0308 baseline = 'TR'"),
    ("EVENTS purchase AGGREGATE avg(amount) BY country WITH baseline = 'TR'", "E0308 baseline = 'TR'"),
    ("EVENTS visit AGGREGATE users() BY country WITH trailing = 7 DAYS", "E0308 trailing = 7 DAYS"),
    ("RECOMMEND 0", "E0308 0"),
    ("RECOMMEND 5 USING hybird", "E0308 hybird"),
    ("RECOMMEND 5 USING community", "E0308 RECOMMEND 5 USING community"),
    ("RECOMMEND 5 USERS", "E0306 RECOMMEND 5 USERS"),
    ("SEGMENT users AGGREGATE users() RECOMMEND 3", "E0315 RECOMMEND 3"),
    ("SEGMENT users SNAPSHOT AS vip_2025", "E0112 vip_2025"),
    ("SEGMENT loop_a", "E0111 loop_a"),
    ("SEGMENT broken", "E0113 broken"),
    ("TABLE spnd", "E0107 spnd"),
    ("DESCRIBE nothing_here", "E0107 nothing_here"),
    ("DROP SEGMENT nobody", "E0107 nobody"),
    ("SEGMENT users WHERE frequency AT country > 3", "E0313 country"),
    ("SEGMENT users ASSERT age > 3", "E0309 age > 3"),
    ("EXPLAIN SET WEEK START monday", "E0306 EXPLAIN SET WEEK START monday"),
    ("DEFINE SEGMENT s AS SEGMENT users EXPORT TO 'x.csv'", "E0306 EXPORT TO 'x.csv'"),
  ])
  func codeAndPlace(statement: String, expected: String) {
    #expect(faults(statement) == [expected])
  }

  @Test func allPartsOfAConditionAreChecked() {
    #expect(
      faults("SEGMENT users WHERE contry = 'TR' AND did purchse AND age = 'x'")
        == ["E0101 contry", "E0102 purchse", "E0302 'x'"])
  }

  @Test func repairsAreSaid() {
    #expect(helps("SEGMENT users WHERE age = '18'").hasSuffix("write 18 without quotes"))
    #expect(helps("SEGMENT users WHERE country = 5").hasSuffix("write '5'"))
    #expect(helps("SEGMENT users WHERE registered > '2026-01-01'").hasSuffix("write a date with @: @2026-01-01"))
    #expect(helps("SEGMENT users WHERE country = TR").hasSuffix("for text write 'TR'"))
    #expect(helps("SEGMENT users AGGREGATE users() SORT BY users()").hasSuffix("use the column by its name: users"))
    #expect(
      helps("FUNNEL visit THEN purchase WHERE page = '/x'").contains("to filter the event write visit[page = ..]"))
  }

  @Test func parameters() {
    #expect(faults("SEGMENT users LIMIT $n", in: Shop(), ["n": -3]) == ["E0310 $n"])
    #expect(faults("SEGMENT users WHERE did visit IN LAST $n DAYS", in: Shop(), ["n": "x"]) == ["E0310 $n"])
    #expect(faults("SEGMENT users WHERE did visit IN LAST $n", in: Shop(), ["n": 3]) == ["E0310 $n"])
    #expect(faults("SEGMENT users WHERE age > $n", in: Shop(), ["n": "x"]) == ["E0302 $n"])
    #expect(faults("SEGMENT users WHERE age > $n SAVE AS SEGMENT old", in: Shop(), ["n": 3]) == ["E0115 $n"])
    #expect(
      printed(
        "SEGMENT users WHERE did visit IN LAST $d AND country IN ($a, 'DE') KEEP user", in: Shop(),
        ["d": .duration(3_600_000), "a": "TR"])
        == "users | filter count(visit last 1 hour) >= 1 and user.country in ('TR', 'DE') | keep user = user")
  }

  /// A part that is not built says so once and says what there is instead.
  @Test func partsThatAreNotBuilt() {
    #expect(
      helps("DEFINE MODEL again AS SEGMENT users PREDICT TIME TO purchase")
        == "DEFINE MODEL and EVALUATE of PREDICT TIME TO is not available in this version / it is fitted when it is asked: "
        + "SEGMENT users PREDICT TIME TO purchase")
  }

  @Test func privacy() {
    var shop = Shop()
    shop.settings.privacyThreshold = 10
    #expect(faults("PROFILE USER 'u1'", in: shop) == ["E0322 USER 'u1'"])
    #expect(faults("TIMELINE USER 'u1'", in: shop) == ["E0322 USER 'u1'"])
    #expect(faults("SEGMENT vip EXPORT TO 'x.csv'", in: shop) == ["E0322 EXPORT TO 'x.csv'"])
    #expect(faults("EXPORT USER 'u1' TO 'x.json'", in: shop) == [], "a user's own data are his")
    #expect(faults("SEGMENT vip AGGREGATE users() BY country EXPORT TO 'x.csv'", in: shop) == [])
    #expect(faults("SEGMENT stuck AGGREGATE users()", in: shop) == [])
  }

  @Test func aStoreWithoutEventsSaysSo() {
    var shop = Shop()
    shop.eventTypes = []
    #expect(helps("SEGMENT users WHERE did purchase", in: shop).hasSuffix("IMPORT EVENTS FROM 'events.csv'"))
  }

  @Test func unknownEventsMayBeAWarning() throws {
    var shop = Shop()
    shop.settings.unknownEvents = .warn
    let plan = try plan("SEGMENT users WHERE did purchse AGGREGATE users()", in: shop)
    #expect(plan.notes == ["W0101 no event named 'purchse': it counts as never having happened"])
    #expect(
      printed("SEGMENT users WHERE did purchse KEEP user", in: shop)
        == "users | filter count(nothing) >= 1 | keep user = user")
  }
}
