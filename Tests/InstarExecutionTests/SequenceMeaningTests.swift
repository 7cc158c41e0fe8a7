import Testing

/// What FUNNEL and `did (a THEN b)` mean beyond the conformance cases.
@Suite struct SequenceMeaningTests {
  @Test func thenNotHoldsOnceItsWindowHasClosed() throws {
    let log = try Log(
      """
      user time             event
      a    2026-03-01       cart
      b    2026-03-01       cart
      b    2026-03-02       buy
      c    2026-03-01       cart
      c    2026-03-02T00:01 buy
      d    2026-03-05       buy
      """)
    let abandoned = "SEGMENT users WHERE did (cart THEN NOT buy WITHIN 1 DAY)"
    #expect(try log.users("AS OF @2026-03-01T23:00 \(abandoned)") == "")
    // A buy exactly a day later is inside the window, so at that moment nothing is settled.
    #expect(try log.users("AS OF @2026-03-02 \(abandoned)") == "")
    #expect(try log.users("AS OF @2026-03-02T00:00:01 \(abandoned)") == "a c")
    #expect(try log.users(abandoned) == "a c")
    #expect(
      try log.ask("FUNNEL cart THEN NOT buy WITHIN 1 DAY", "step event users complete")
        == ["1 cart 3 true", "2 not buy 2 true"])
  }

  @Test func withinIsInclusive() throws {
    let log = try Log(
      "user time event \n a 2026-03-01 s \n a 2026-03-08 p \n b 2026-03-01 s \n b 2026-03-08T00:00:01 p")
    #expect(try log.who("did (s THEN p WITHIN 7 DAYS)") == "a")
    #expect(try log.who("did (s THEN p WITHIN 8 DAYS)") == "a b")
    #expect(try log.who("did (s THEN p)") == "a b")
  }

  @Test func gapsBetweenSteps() throws {
    let log = try Log(
      """
      user time event
      a    0d   trial
      a    6d   subscribe
      b    0d   trial
      b    7d   subscribe
      c    0d   trial
      c    14d  subscribe
      d    0d   trial
      d    15d  subscribe
      e    0d   trial
      e    3d   ticket
      e    10d  subscribe
      """)
    #expect(try log.who("did (trial THEN AFTER 7 DAYS WITHIN 14 DAYS subscribe)") == "b c e")
    #expect(try log.who("did (trial THEN AFTER 7 DAYS WITHIN 14 DAYS subscribe WITHOUT ticket)") == "b c")
  }

  @Test func withoutEndsTheAttemptNotTheUser() throws {
    let log = try Log(
      """
      user time event
      u    1s   a
      u    2s   x
      u    3s   a
      u    4s   b
      v    1s   a
      v    2s   x
      v    3s   b
      """)
    #expect(
      try log.ask("FUNNEL a THEN b WITHOUT x PER USER", "user reached t1")
        == ["u 2 2026-01-01T00:00:03", "v 1 2026-01-01T00:00:01"])
  }

  @Test func optionalStepsAndAnyOrder() throws {
    let log = try Log(
      """
      user time event
      u    1s   a
      u    2s   o
      u    3s   b
      v    1s   a
      v    3s   b
      w    1s   b
      w    2s   a
      """)
    #expect(
      try log.ask("FUNNEL a THEN OPTIONAL o THEN b", "step users rate rate_prev dropped") == [
        "1 3 1.0 1.0 0", "2 1 0.333333 0.333333 0", "3 2 0.666667 0.666667 1",
      ])
    #expect(try log.who("did (ANY ORDER (a, b) THEN o)") == "")
    #expect(try log.ask("FUNNEL ANY ORDER (a, b) THEN DIRECTLY o", "users") == ["3", "0"])
  }

  @Test func didWithASequenceCountsAndLooksAtItsFirstStep() throws {
    // The window of `did (..)` bounds the first step; the rest may run past it.
    let log = try Log(
      """
      user time event
      a    2026-02-27 s
      a    2026-03-03 p
      b    2026-03-01 s
      b    2026-03-03 p
      b    2026-03-04 s
      b    2026-03-05 p
      """)
    #expect(try log.who("did (s THEN p WITHIN 7 DAYS) IN @2026-02") == "a")
    #expect(try log.who("did (s THEN p WITHIN 7 DAYS) IN @2026-03") == "b")
    #expect(try log.who("did (s THEN p WITHIN 7 DAYS) AT LEAST 2 TIMES") == "b")
    #expect(try log.who("did not (s THEN p WITHIN 3 DAYS)") == "a")
  }

  @Test func countsAreCumulativeAndRatesFollow() throws {
    // Three enter, two reach b after 2 s and 4 s, one reaches c 4 s later.
    let log = try Log(
      """
      user time event
      a    0s   a
      a    2s   b
      a    6s   c
      b    0s   a
      b    4s   b
      c    25s  a
      d    29s  b
      """)
    #expect(
      try log.ask(
        "FUNNEL a THEN b THEN c WITHIN 10 SECONDS", "step event users rate rate_prev dropped median_time complete") == [
          "1 a 3 1.0 1.0 0 - true", "2 b 2 0.666667 0.666667 1 3s false", "3 c 1 0.333333 0.5 1 4s false",
        ])
    #expect(
      try log.ask(
        "FUNNEL a THEN b THEN c WITHIN 10 SECONDS PER USER", "user reached converted time_to_convert entry_complete")
        == ["a 3 true 6s true", "b 2 false - true", "c 1 false - false"])
  }

  @Test func everyEntryCountsAttempts() throws {
    let log = try Log("user time event \n u 1s a \n u 2s a \n u 3s b \n u 4s a")
    #expect(try log.ask("FUNNEL a THEN b", "users") == ["1", "1"])
    #expect(try log.ask("FUNNEL a THEN b WITH entry = every", "users") == ["3", "2"])
  }

  @Test func breakdownTakesTheValueAtTheFirstStep() throws {
    let log = try Log(
      """
      user time event device
      u    1s   a     phone
      u    2s   b     desk
      v    1s   a     desk
      """, users: "user country \n u TR \n v DE")
    let funnel = "FUNNEL a THEN b BY device"
    #expect(try log.ask(funnel, "device step users") == ["desk 1 1", "desk 2 0", "phone 1 1", "phone 2 1"])
    #expect(try log.ask("\(funnel) WITH value_at = last", "device step users") == ["desk 1 2", "desk 2 1"])
    #expect(try log.ask("\(funnel) WITH value_at = 2", "device step users") == ["desk 1 2", "desk 2 1"])
    #expect(
      try log.ask("FUNNEL a THEN b BY country", "country step users") == ["DE 1 1", "DE 2 0", "TR 1 1", "TR 2 1"])
  }

  @Test func breakdownPerUserIsAColumn() throws {
    let log = try Log("user time event device \n u 1s a phone \n u 2s b desk \n v 1s a desk")
    #expect(try log.ask("FUNNEL a THEN b BY device PER USER", "user device reached") == ["u phone 2", "v desk 1"])
    #expect(try log.users("FUNNEL a THEN b BY device PER USER WHERE reached = 1") == "v")
    #expect(try log.users("FUNNEL a THEN b BY device PER USER WHERE device = 'phone'") == "u")
  }

  @Test func theFunnelOfASegment() throws {
    let log = try Log(
      "user time event \n u 1s a \n u 2s b \n v 1s a \n w 1s b", users: "user country \n u TR \n v DE \n w TR")
    #expect(try log.ask("SEGMENT users WHERE country = 'TR' FUNNEL a THEN b", "users") == ["1", "1"])
    #expect(try log.users("FUNNEL a THEN b PER USER WHERE reached = 1") == "v")
  }

  @Test func aDefinedFunnelIsTheChain() throws {
    let log = try Log("user time event \n u 1s a \n u 2s b \n v 1s a")
    try log.run("DEFINE FUNNEL way AS a THEN b WITHIN 1 DAY")
    #expect(try log.ask("FUNNEL OF way", "event users") == ["a 2", "b 1"])
  }
}
