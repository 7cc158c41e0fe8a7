import InstarColumns
import InstarPlan
import Testing

/// The analyses beside FUNNEL and RETENTION: their columns, which are part of the language, and their plans.
@Suite struct AnalysisTests {
  @Test(arguments: [
    ("SESSIONS BY DAY, device", ["device", "period", "sessions", "users", "events", "median_length"]),
    ("SESSIONS BY DAY AS day", ["day", "sessions", "users", "events", "median_length"]),
    ("SESSIONS", ["sessions", "users", "events", "median_length"]),
    ("SESSIONS PER USER", ["user", "sessions", "median_length"]),
    ("STICKINESS OF visit DAYS PER WEEK", ["days", "users", "share"]),
    ("STICKINESS OF purchase WEEKS PER QUARTER", ["weeks", "users", "share"]),
    (
      "STICKINESS OF visit DAYS PER MONTH BY MONTH, country",
      ["country", "period", "active", "mean_days", "ratio"]
    ),
    ("STICKINESS OF visit DAYS PER WEEK PER USER", ["user", "days"]),
    ("LIFECYCLE OF visit BY WEEK", ["period", "stage", "users"]),
    ("LIFECYCLE shop BY MONTH TRANSITIONS", ["from", "to", "users", "share"]),
    ("LIFECYCLE shop BY MONTH, country PER USER", ["country", "user", "period", "stage", "previous_stage"]),
    (
      "RFM OF purchase.amount",
      ["user", "recency", "frequency", "monetary", "r", "f", "m", "score", "label"]
    ),
    ("PATHS FROM signup", ["position", "from", "to", "transitions", "users", "share", "median_gap"]),
    ("PATHS TO purchase PER USER", ["user", "path", "length", "ended_at"]),
  ])
  func outputColumns(statement: String, expected: [String]) {
    #expect(columns(statement) == expected)
  }

  @Test func plans() {
    #expect(
      printed("SESSIONS BY DAY, device DURING @2026-03 WITH gap = 10 MINUTES")
        == "users | sessions gap 10 minutes by period = each day, device = device during @2026-03-01 to @2026-04-01")
    #expect(
      printed("STICKINESS OF visit DAYS PER MONTH BY MONTH WITH cumulative = false")
        == "users | stickiness of visit days per month by period = each month")
    #expect(
      printed("LIFECYCLE OF visit BY MONTH DURING @2026-02 WITH dormant_after = 60 DAYS PER USER")
        == "users | lifecycle of visit by period = each month during @2026-02-01 to @2026-03-01 dormant after 60 days per user"
    )
    #expect(
      printed("PATHS FROM add_to_cart WITHOUT search WITHIN 1 HOUR BY device WITH on = page, min_users = 3")
        == "users | paths from add_to_cart without search within 1 hour by device = device on page steps 5 top 20 min users 3"
    )
    #expect(
      printed("RFM OF purchase.amount DURING @2026-03 WITH weights = (1, 2, 1)").hasSuffix(
        "into 5 weights 1.0, 2.0, 1.0"))
  }

  /// The stages are asked as of the end of each month, and of the moment in the last.
  @Test func stagesLookFromTheEndOfEachPeriod() throws {
    let plan = try plan("LIFECYCLE shop BY MONTH DURING @2026-02 TO @2026-03")
    guard case .lifecycle(let lifecycle) = plan.steps.first, case .stages(_, let names, let numbers) = lifecycle.subject
    else {
      Issue.record("no stages")
      return
    }
    #expect(names == ["prospect", "buyer"])
    let texts = numbers.map { PlanText(Shop()).text($0) }
    #expect(texts.count == 2)
    #expect(texts[0].contains("2026-03-01"))
    #expect(!texts[1].contains("2026"))
    // March is not over.
    #expect(lifecycle.range.to == plan.moment)
  }

  @Test func defaults() throws {
    #expect(try plan("SESSIONS").defaults == ["gap = 30 minutes"])
    #expect(try plan("PATHS FROM signup").defaults == ["steps = 5", "top = 20"])
    #expect(try plan("RFM OF purchase.amount").defaults == ["into = 5"])
  }

  /// A breakdown of a life cycle is a value of users.
  @Test func breakdownsOfUsers() {
    #expect(
      printed("LIFECYCLE OF visit BY MONTH, device DURING @2026-02").contains("device = last(event.device)"))
    #expect(
      printed("SEGMENT users ADD n = count(visit) RFM OF purchase.amount BY n").contains("by n = count(visit)"))
  }

  @Test func sameSessionInChains() {
    #expect(
      printed("FUNNEL visit THEN purchase SAME SESSION") == "users | funnel visit then purchase same session")
  }

  @Test func refusals() {
    #expect(faults("EVENTS visit SESSIONS") == ["E0306 SESSIONS"])
    #expect(faults("SESSIONS WITHOUT search") == ["E0320 SESSIONS WITHOUT search"])
    #expect(faults("LIFECYCLE shp BY MONTH") == ["E0107 shp"])
    #expect(helps("LIFECYCLE shp BY MONTH").contains("shop"))
    #expect(faults("LIFECYCLE OF visit BY country") == ["E0321 country"])
    #expect(faults("STICKINESS OF visit DAYS PER WEEK BY MONTH") == ["E0321 MONTH"])
    #expect(faults("RFM OF purchase.page") == ["E0303 page"])
    #expect(faults("PATHS FROM signup WITH on = amount") == ["E0303 amount"])
    #expect(faults("SESSIONS AGGREGATE users()").map { $0.prefix(5) } == ["E0315"])
  }
}
