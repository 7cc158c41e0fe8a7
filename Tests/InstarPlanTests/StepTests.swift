import InstarColumns
import InstarPlan
import Testing

/// Steps and their output columns, which are part of the language.
@Suite struct StepTests {
  @Test(arguments: [
    ("SEGMENT users", ["user", "stage", "recency", "frequency", "monetary"]),
    (
      "SEGMENT users WHERE did purchase SORT BY monetary DESC LIMIT 3",
      ["user", "stage", "recency", "frequency", "monetary"]
    ),
    ("SEGMENT users ADD n = count(visit)", ["user", "n"]),
    (
      "SEGMENT users KEEP user, country, count(visit), sum(purchase.amount)",
      ["user", "country", "count_visit", "sum_amount"]
    ),
    (
      "EVENTS purchase",
      [
        "user", "time", "event", "item", "title", "order", "amount", "quantity", "channel", "device", "page",
        "discount", "total", "document_id",
      ]
    ),
    ("ITEMS", ["item", "title", "category", "price", "stock", "minimum_risk"]),
    (
      "EVENTS purchase AGGREGATE count() AS n, sum(amount), users() BY WEEK, country, top_category AS taste",
      ["week", "country", "taste", "n", "sum_amount", "users", "complete"]
    ),
    ("EVENTS purchase AGGREGATE count() BY EVERY 2 WEEKS", ["week", "count", "complete"]),
    ("SEGMENT users AGGREGATE users() BY IN vip, stage", ["in_vip", "stage", "users"]),
    (
      "FUNNEL visit THEN purchase BY device",
      ["device", "step", "event", "users", "rate", "rate_prev", "dropped", "median_time", "complete"]
    ),
    (
      "FUNNEL visit THEN search THEN purchase PER USER",
      ["user", "reached", "converted", "t1", "t2", "t3", "time_to_convert", "entry_complete"]
    ),
    (
      "RETENTION FROM FIRST signup RETURN visit BY WEEK, country FOR 4 WEEKS",
      ["country", "cohort", "size", "age", "users", "rate", "complete"]
    ),
    (
      "RETENTION FROM FIRST signup RETURN purchase BY MONTH FOR 4 MONTHS WITH measure = sum(amount)",
      ["cohort", "size", "age", "users", "rate", "measure", "complete"]
    ),
    (
      "RETENTION FROM FIRST signup RETURN visit BY DAY FOR 4 DAYS PER USER",
      ["user", "cohort", "birth", "days_active", "last_age"]
    ),
    ("RECOMMEND 10 WHY", ["user", "item", "title", "rank", "score", "source", "why"]),
    ("RECOMMEND 10 LIKE ITEM 'x'", ["item", "title", "rank", "score", "source"]),
    ("RECOMMEND 200 USERS FOR ITEM 'x'", ["user", "rank", "score", "source"]),
    ("SHOW EVENTS", ["event", "events"]),
    ("PROFILE USER 'u1'", ["property", "value"]),
    ("TABLE spend", ["month", "channel", "cost"]),
    ("TIMELINE USER 'u1' KEEP time, event", ["time", "event"]),
  ])
  func outputColumns(statement: String, expected: [String]) {
    #expect(columns(statement) == expected)
  }

  /// Every plan says its columns; without a goal a bare SEGMENT shows the last event.
  @Test func withoutAGoal() {
    var shop = Shop()
    shop.settings.goalEvent = nil
    #expect(columns("SEGMENT users", in: shop) == ["user", "last_seen", "active_days"])
  }

  @Test func aSummaryThatKeepsUsersIsASetOfUsers() {
    #expect(
      printed("FUNNEL signup THEN purchase PER USER WHERE reached = 1 AND country = 'TR' RECOMMEND 3")
        == "users | funnel signup then purchase per user | filter #1 = 1 and user.country = 'TR' | recommend 3 using hybrid, content, popular"
    )
    #expect(
      printed("EVENTS purchase AGGREGATE sum(amount) AS spent BY user SORT BY spent DESC LIMIT 5 SNAPSHOT AS top5")
        == "events purchase | aggregate spent = sum(amount) by user = user | sort #1 desc | limit 5 | snapshot top5")
  }

  @Test func aPeriodIsReusedByItsUnit() {
    #expect(
      printed("EVENTS purchase AGGREGATE sum(amount) AS basket BY order, MONTH AGGREGATE median(basket) AS b BY MONTH")
        == "events purchase | aggregate basket = sum(amount) by order = order, month = each month | aggregate b = median(#2) by month = #1"
    )
  }

  @Test func limitPerColumn() {
    #expect(
      printed("SEGMENT users SORT BY monetary DESC LIMIT 5 PER stage").hasSuffix("| limit 5 per #1"))
    #expect(printed("SEGMENT users LIMIT 5 PER country") == "users | add country = user.country | limit 5 per #1")
  }

  @Test func rowsInOrder() {
    #expect(
      printed("SEGMENT users ADD d = ntile(frequency, 10) AGGREGATE users() AS n BY d ADD s = share(n), c = running(n)")
        == "users | add d = ntile(count(purchase), 10) | aggregate n = users() by d = #1 | add s = share(#1) | add c = running(#1)"
    )
  }

  // MARK: PIVOT and JOIN

  @Test func pivotOfEventsKnowsItsColumns() throws {
    let text =
      "EVENTS purchase, refund AGGREGATE count() AS n BY item PIVOT event ADD rate = refund / purchase WHERE purchase > 50"
    #expect(
      printed(text)
        == "events purchase, refund | aggregate n = count() by item = item, event = event | pivot #1 of #2 per #0 as 'purchase', 'refund' | add rate = #2 / #1 | filter #1 > 50"
    )
    #expect(columns(text) == ["item", "purchase", "refund", "rate"])
  }

  @Test func pivotOfSeveralValuesNamesThemAfterBoth() {
    #expect(
      columns("EVENTS purchase, refund AGGREGATE count() AS n, users() AS u BY country, event PIVOT event")
        == ["country", "purchase_n", "purchase_u", "refund_n", "refund_u"])
  }

  @Test func pivotOfAnyColumnLeavesItsKeys() {
    #expect(columns("SEGMENT vip RECOMMEND 3 KEEP user, rank, item PIVOT rank") == ["user"])
    #expect(
      printed("SEGMENT users AGGREGATE users() BY country, premium PIVOT premium")
        == "users | aggregate users = users() by country = user.country, premium = user.premium | pivot #1 of #2 per #0 as false, true"
    )
  }

  @Test func joinAddsTheOtherColumns() {
    #expect(
      columns(
        "EVENTS purchase AGGREGATE sum(amount) AS revenue BY MONTH, channel JOIN spend ON month, channel ADD roas = revenue / cost"
      )
        == ["month", "channel", "revenue", "complete", "cost", "roas"])
    #expect(faults("SEGMENT users JOIN spend ON month") == ["E0101 month"])
  }

  // MARK: Options

  @Test func funnelOptions() throws {
    #expect(
      printed(
        "FUNNEL visit THEN purchase BY device WITH entry = every, tolerance = 2 SECONDS, value_at = last, cut = range")
        == "users | funnel visit then purchase by device = device entry every tolerance 2 seconds value at last cut")
    #expect(try plan("FUNNEL visit THEN purchase").defaults == ["entry = best"])
  }

  @Test func breakdownByWhatAddMade() {
    #expect(
      printed("SEGMENT users ADD kind = CASE WHEN did refund THEN 'r' ELSE 'n' END FUNNEL visit THEN purchase BY kind")
        == "users | add kind = case when count(refund) >= 1 then 'r' else 'n' end | funnel visit then purchase by kind = case when count(refund) >= 1 then 'r' else 'n' end"
    )
  }

  @Test func breakdownByAnExpressionOfWhatAddMade() {
    #expect(
      printed(
        "SEGMENT users ADD n = count(visit) RETENTION FROM FIRST signup RETURN visit BY WEEK, bucket(n, 10) AS group FOR 2 WEEKS"
      )
        == "users | add n = count(visit) | retention from first signup return visit by week by group = bucket(count(visit), 10) for 2 rolling on"
    )
  }

  @Test func retentionDefaults() throws {
    let plan = try plan("RETENTION FROM signup RETURN visit BY WEEK")
    #expect(plan.defaults == ["birth = first", "for = 12 weeks", "using = rolling", "criterion = on"])
    #expect(plan.shape == .retention)
  }

  /// The whole of RFM is looked at as a grid; a step after it, and a breakdown, ask for rows.
  @Test func rfmIsAGridWhereItIsWhole() throws {
    #expect(try plan("RFM OF purchase.amount").shape == .rfm)
    #expect(try plan("RFM OF purchase.amount LIMIT 3").shape == .table)
    #expect(try plan("RFM OF purchase.amount BY country").shape == .table)
  }

  @Test func recommendClauses() {
    #expect(
      printed(
        "SEGMENT vip_2025 RECOMMEND 10 ITEMS[price < 5 AND minimum_risk <= user.risk] EXCLUDING purchase IN LAST 365 DAYS AT MOST 2 PER category USING taste, trend WITH diversity = 0.3 WHY 2"
      )
        == "snapshot vip_2025 | recommend 10 items where item.price < 5 and item.minimum_risk <= user.risk excluding purchase last 365 days at most 2 per item.category using taste, trend diversity 0.3 why 2"
    )
    #expect(
      printed("RECOMMEND 5 ONLY purchase")
        == "users | recommend 5 keeping consumed only purchase using hybrid, content, popular")
  }

  @Test func explainKeepsTheStatement() throws {
    guard
      case .success(.explain(let plan, let analyze, let statement)) = resolve(
        "EXPLAIN ANALYZE segment users recommend 10")
    else {
      Issue.record("EXPLAIN does not resolve")
      return
    }
    #expect(analyze)
    #expect(statement == "SEGMENT users RECOMMEND 10;")
    #expect(plan.steps.count == 1)
  }
}
