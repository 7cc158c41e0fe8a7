import InstarColumns
import InstarPlan
import Testing

@Suite struct SegmentPlanTests {
  @Test(arguments: [
    ("did purchase", "count(purchase) >= 1"),
    ("did not purchase", "count(purchase) = 0"),
    ("did purchase AT LEAST 2 TIMES IN LAST 90 DAYS", "count(purchase last 90 days) >= 2"),
    ("did purchase AT MOST 2 TIMES", "count(purchase) <= 2"),
    ("did purchase EXACTLY 2 TIMES", "count(purchase) = 2"),
    ("did not purchase AT LEAST 2 TIMES", "not count(purchase) >= 2"),
    ("did visit AT LEAST 5 DAYS IN LAST 30 DAYS", "days(visit last 30 days) >= 5"),
    ("did visit AT LEAST 3 WEEKS", "distinct(visit.period_start(time, 'week')) >= 3"),
    ("did event IN THIS MONTH", "count(event this month) >= 1"),
    ("did purchase IN PREVIOUS 3 MONTHS", "count(purchase previous 3 months) >= 1"),
    ("did purchase IN FIRST 7 DAYS", "count(purchase first 7 days) >= 1"),
    ("did purchase IN @2026-Q1", "count(purchase from @2026-01-01 until @2026-04-01) >= 1"),
    ("did purchase IN @2026-01 TO @2026-03", "count(purchase from @2026-01-01 until @2026-04-01) >= 1"),
    ("did purchase SINCE @2026-03", "count(purchase from @2026-03-01) >= 1"),
    ("did purchase BEFORE @2026-03", "count(purchase until @2026-03-01) >= 1"),
    ("did purchase EVER", "count(purchase) >= 1"),
    ("did 'Order Completed'[total > 5]", "count(\"Order Completed\"[total > 5]) >= 1"),
    ("did big_purchase", "count((purchase[amount > 100] or \"Order Completed\"[total > 100])) >= 1"),
    (
      "did big_purchase[channel = 'ads']",
      "count((purchase[amount > 100 and channel = 'ads'] or \"Order Completed\"[total > 100 and channel = 'ads'])) >= 1"
    ),
    (
      "did FIRST purchase[category = 'books'] IN LAST 30 DAYS",
      "count(first purchase[item.category = 'books'] last 30 days) >= 1"
    ),
    ("did (FIRST purchase)[category = 'books']", "count((first purchase)[item.category = 'books']) >= 1"),
    ("did (purchase OR refund[amount > 5])", "count((purchase or refund[amount > 5])) >= 1"),
  ])
  func behaviourIsAFigureCompared(condition: String, expected: String) {
    #expect(
      printed("SEGMENT users WHERE \(condition) AGGREGATE users()")
        == "users | filter \(expected) | aggregate users = users()")
  }

  @Test(arguments: [
    ("did (signup THEN purchase WITHIN 7 DAYS)", "did (signup then purchase within 7 days)"),
    ("did not (signup THEN purchase)", "not did (signup then purchase)"),
    (
      "did (add_to_cart THEN NOT purchase WITHIN 1 DAY) IN LAST 30 DAYS",
      "did (add_to_cart then not purchase within 1 day) last 30 days"
    ),
    (
      "did (search THEN DIRECTLY product_view THEN purchase SAME item WITHIN 2 HOURS)",
      "did (search then directly product_view then purchase same item within 2 hours)"
    ),
    (
      "did (trial_start THEN AFTER 7 DAYS WITHIN 14 DAYS purchase WITHOUT support_ticket)",
      "did (trial_start then after 7 days within 14 days purchase without support_ticket)"
    ),
    (
      "did (ANY ORDER (visit, search) THEN purchase WITHIN 1 MONTH)",
      "did (any order (visit, search) then purchase within 1 month)"
    ),
    (
      "did (visit THEN purchase SAME document_id SAME order) AT LEAST 2 TIMES",
      "did (visit then purchase same document_id same order) at least 2 times"
    ),
    ("did (visit THEN purchase) EXACTLY 3 TIMES", "did (visit then purchase) exactly 3 times"),
  ])
  func sequences(condition: String, expected: String) {
    #expect(
      printed("SEGMENT users WHERE \(condition) AGGREGATE users()")
        == "users | filter \(expected) | aggregate users = users()")
  }

  @Test(arguments: [
    ("sum(purchase.amount IN LAST 365 DAYS) > 500", "sum(purchase.amount last 365 days) > 500"),
    ("count(visit) > 2 * count(search)", "count(visit) > 2 * count(search)"),
    ("distinct(purchase.category) >= 3", "distinct(purchase.item.category) >= 3"),
    ("sum(purchase[amount > 5].amount) > 10", "sum(purchase[amount > 5].amount) > 10"),
    ("count('Order Completed') > 1", "count(\"Order Completed\") > 1"),
    ("first(purchase.category) = 'books'", "first(purchase.item.category) = 'books'"),
    ("last(visit) < @2026-01-01", "last(visit) < @2026-01-01"),
    ("recency(purchase) > 30 DAYS", "recency(purchase) > 30.0"),
    ("channel = 'ads'", "last(event.channel) = 'ads'"),
    ("top_category = 'books'", "mode(event.item.category) = 'books'"),
    ("top_item = 'B00X'", "mode(event.item) = 'B00X'"),
    ("aov > 20", "sum(purchase.amount) / count(purchase) > 20"),
    ("property.aov > 20", "user.aov > 20"),
    ("user.age > 20", "user.age > 20"),
    ("\"home city\" = 'Ankara'", "user.\"home city\" = 'Ankara'"),
    ("tenure > 30", "since(event) > 30"),
    ("cycle < 7", "medianGap(purchase) < 7"),
    ("cycle_spread < 7", "gapSpread(purchase) < 7"),
    ("spend_year > 100", "sum(purchase.amount last 365 days) > 100"),
    ("tier = 'gold'", "case when sum(purchase.amount last 365 days) > 200 then 'gold' else 'basic' end = 'gold'"),
    (
      "shop = 'buyer'",
      "case when count(purchase) = 0 then 'prospect' when count(purchase) >= 1 then 'buyer' end = 'buyer'"
    ),
    ("loyalty > 0.7", "score loyalty > 0.7"),
    ("premium", "user.premium"),
    ("age BETWEEN 18 AND 30", "user.age >= 18 and user.age <= 30"),
    ("country NOT IN ('TR', 'DE')", "not user.country in ('TR', 'DE')"),
    ("email IS KNOWN AND email ENDS WITH '.com'", "not user.email is missing and user.email endsWith '.com'"),
    ("coalesce(age, 0) >= 18", "coalesce(user.age, 0) >= 18"),
  ])
  func namesAndFigures(condition: String, expected: String) {
    #expect(
      printed("SEGMENT users WHERE \(condition) AGGREGATE users()")
        == "users | filter \(expected) | aggregate users = users()")
  }

  /// The stages of the language page, in its order.
  @Test func builtInStage() {
    let own = "case when count(purchase) >= 3 then"
    #expect(
      printed("SEGMENT users KEEP stage")
        == "users | keep stage = case "
        + "when recency(event) > \(own) 4.0 * medianGap(purchase) else 180.0 end then 'lost' "
        + "when recency(event) > \(own) 2.0 * medianGap(purchase) else 60.0 end then 'at_risk' "
        + "when count(purchase last 180 days) >= 4 then 'loyal' "
        + "when count(purchase) >= 2 then 'customer' "
        + "when since(event) <= 30.0 and count(purchase) = 0 then 'acquired' else 'active' end")
  }

  // MARK: Segments

  @Test func aSavedSegmentIsItsCondition() {
    let vip = "sum(purchase.amount) > 500 and count(purchase last 180 days) >= 3"
    #expect(printed("SEGMENT vip AGGREGATE users()") == "users where \(vip) | aggregate users = users()")
    #expect(
      printed("SEGMENT users WHERE IN vip AND NOT IN vip_2025 AGGREGATE users()")
        == "users | filter \(vip) and not in snapshot vip_2025 | aggregate users = users()")
    #expect(printed("SEGMENT vip_2025 AGGREGATE users()") == "snapshot vip_2025 | aggregate users = users()")
  }

  @Test func anAnalysisIsAChain() {
    let chain = "{ users | funnel signup then purchase within 7 days per user | filter #1 = 1 }"
    #expect(printed("SEGMENT stuck AGGREGATE users()") == "users of \(chain) | aggregate users = users()")
    #expect(
      printed("SEGMENT users WHERE NOT IN stuck AGGREGATE users()")
        == "users | filter not in \(chain) | aggregate users = users()")
  }

  @Test func letIsASegmentOfTheSession() {
    let session = SessionDefinitions([
      "buyers": .init(
        statement: "LET buyers = SEGMENT users WHERE did purchase SINCE $since;", parameters: ["since": "2026-01-01"])
    ])
    #expect(
      printed("SEGMENT buyers AGGREGATE users()", session: session)
        == "users where count(purchase from @2026-01-01) >= 1 | aggregate users = users()")
  }

  @Test func nounsOfTheStore() {
    var clinic = Shop()
    clinic.settings.userNoun = "patients"
    clinic.settings.itemNoun = "treatments"
    #expect(
      printed("SEGMENT patients RECOMMEND 5 treatments[stock > 0]", in: clinic)
        == "users | recommend 5 items where item.stock > 0 using hybrid, content, popular")
  }
}
