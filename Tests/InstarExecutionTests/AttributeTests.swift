import Testing

/// Built-in attributes, the built-in life cycle, and figures at other moments.
@Suite struct AttributeTests {
  @Test func builtInAttributes() throws {
    let log = try Log(
      """
      user time       event    amount category
      u    2026-01-01 visit    -      toys
      u    2026-01-11 purchase 10     toys
      u    2026-01-21 purchase 30     books
      u    2026-02-10 purchase 20     books
      """, settings: ["SET GOAL EVENT purchase"])
    // 1 January to 2 March is 60 days, 10 February to 2 March is 20. Gaps of 10 and 20 days: median 15; quartiles by
    // linear interpolation 12.5 and 17.5.
    #expect(
      try log.ask(
        "AS OF @2026-03-02 SEGMENT users KEEP first_seen, last_seen, tenure, active_days, recency, frequency, monetary, aov, cycle, cycle_spread"
      ) == ["2026-01-01 2026-02-10 60.0 4 20.0 3 60.0 20.0 15.0 5.0"])
    #expect(
      try log.ask("AS OF @2026-01-15 SEGMENT users KEEP tenure, frequency, monetary, cycle") == ["14.0 1 10.0 -"])
    #expect(try log.each("top_category") == "books")
  }

  @Test func preferenceFollowsAChangeOfTaste() throws {
    // Three toys a year ago weigh 3 × 2^(-365 / 90) = 0.18; one book today weighs 1.
    let log = try Log(
      """
      user time       event category
      u    2025-03-01 buy   toys
      u    2025-03-01 buy   toys
      u    2025-03-01 buy   toys
      u    2026-03-01 buy   books
      """)
    #expect(try log.each("top_category") == "books")
    #expect(try log.ask("AS OF @2026-01-01 SEGMENT users ADD t = top_category", "t") == ["toys"])
  }

  @Test func stagesOfTheBuiltInLifeCycle() throws {
    // As of 1 July 2026.
    let log = try Log(
      """
      user     time       event
      lost     2025-12-01 purchase
      risk     2026-04-01 purchase
      limit    2026-05-02 purchase
      ownlost  2026-05-20 purchase
      ownlost  2026-05-25 purchase
      ownlost  2026-05-30 purchase
      ownrisk  2026-05-17 purchase
      ownrisk  2026-05-27 purchase
      ownrisk  2026-06-06 purchase
      owntwice 2026-05-22 purchase
      owntwice 2026-06-01 purchase
      owntwice 2026-06-11 purchase
      loyal    2026-03-01 purchase
      loyal    2026-04-01 purchase
      loyal    2026-05-01 purchase
      loyal    2026-06-01 purchase
      customer 2026-06-01 purchase
      customer 2026-06-20 purchase
      acquired 2026-06-10 visit
      active   2026-05-01 visit
      active   2026-06-25 visit
      once     2026-06-10 purchase
      """, settings: ["SET GOAL EVENT purchase"])
    let stages = try log.ask("AS OF @2026-07-01 SEGMENT users KEEP user, stage")
    #expect(
      stages == [
        "lost lost",  // silent for 212 days, more than 180
        "risk at_risk",  // 91 days, more than 60
        "limit active",  // exactly 60 days is not more
        "ownlost lost",  // own cycle 5 days, silent for 32
        "ownrisk at_risk",  // own cycle 10 days, silent for 25
        "owntwice customer",  // own cycle 10 days, silent for exactly 20
        "loyal loyal",  // four in 180 days
        "customer customer", "acquired acquired", "active active",
        "once active",  // seen within 30 days, but a goal event already
      ])
    #expect(try log.value("AS OF @2026-05-01 SEGMENT users WHERE user = 'loyal' KEEP stage", "stage") == "customer")
  }

  @Test func anotherMoment() throws {
    let log = try Log(
      """
      user time       event    amount channel
      a    2026-01-01 visit    -      ads
      a    2026-01-05 purchase 10     -
      a    2026-01-09 visit    -      mail
      a    2026-02-01 purchase 20     -
      a    2026-08-01 purchase 40     -
      b    2026-07-01 purchase 5      -
      """, settings: ["SET GOAL EVENT purchase"])
    #expect(try log.each("sum(purchase.amount) AT @2026-02-01") == "10.0 0.0")
    #expect(try log.each("frequency AT @2026-03-01") == "2 0")
    // 180 days after 5 January is 4 July; after 1 July it lies beyond now.
    #expect(try log.each("sum(purchase.amount) AT (first(purchase) + 180 DAYS)") == "30.0 -")
    #expect(try log.each("count(purchase) AT (first(purchase) + 31 DAYS)") == "2 1")
    // At the time of the row, which itself is not seen.
    #expect(
      try log.ask(
        "EVENTS purchase ADD n = count(purchase) AT time, isNew = count(purchase) AT time = 0", "user n isNew")
        == ["a 0 true", "a 1 false", "a 2 false", "b 0 true"])
    #expect(
      try log.ask("EVENTS purchase ADD touch = last(visit.channel IN LAST 7 DAYS) AT time", "touch")
        == ["ads", "-", "-", "-"])
    #expect(
      try log.ask(
        "EVENTS purchase ADD touch = last(visit.channel) AT time AGGREGATE sum(amount) AS s BY touch", "touch s"
      )
      .sorted() == ["- 5.0", "ads 10.0", "mail 60.0"])
    // Before 5 January only a visit four days ago; before 1 February one purchase and no silence; 1 August comes 181
    // days later. Before 1 July b had no event at all, so none of the conditions holds.
    #expect(
      try log.ask("EVENTS purchase ADD was = stage AT time", "was") == ["acquired", "active", "lost", "active"])
    #expect(try log.who("NOT did purchase IN LAST 30 DAYS AT first(purchase)") == "a b")
    #expect(try log.who("did visit IN LAST 7 DAYS AT first(purchase)") == "a")
  }

  @Test func aDatedPropertyHasItsValueAtTheMoment() throws {
    let log = try Log(
      "user time event \n a 2026-01-15 e \n a 2026-03-15 e \n b 2026-02-01 e",
      users: "user since plan \n a 2026-01-01 free \n a 2026-02-01 pro \n b 2026-03-01 free")
    #expect(try log.who("plan = 'pro'") == "a")
    #expect(try log.users("AS OF @2026-01-20 SEGMENT users WHERE plan = 'free'") == "a")
    #expect(try log.users("AS OF @2026-02-15 SEGMENT users WHERE plan = 'pro'") == "a")
    #expect(try log.who("plan AT @2026-01-20 = 'free'") == "a")
    // 17 days after the first event of a plan is pro; after that of b it lies beyond now.
    #expect(try log.each("plan AT (first(e) + 18 DAYS)") == "pro -")
    // In EVENTS a user property has its value at the event's time.
    #expect(try log.ask("EVENTS e AGGREGATE count() AS n BY plan", "plan n").sorted() == ["- 1", "free 1", "pro 1"])
  }
}
