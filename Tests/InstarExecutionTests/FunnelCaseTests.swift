import Testing

/// The conformance cases F1 to F11: one user each, with the step that he reaches.
@Suite struct FunnelCaseTests {
  private func reached(_ events: String, _ statement: String) throws -> String {
    try Log("user time event\n" + events).value(statement + " PER USER", "reached")
  }

  @Test func f1RepeatedStepsDoNotLoseTheChain() throws {
    let log = try Log(
      """
      user time event
      u    0s   install
      u    5s   start
      u    10s  login
      u    15s  install
      u    20s  start
      u    25s  install
      u    30s  start
      u    35s  login
      u    40s  end
      """)
    let funnel = "FUNNEL install THEN start THEN login THEN 'end' WITHIN 60 SECONDS"
    #expect(try log.value(funnel + " PER USER", "reached") == "4")
    #expect(try log.ask(funnel, "step event users") == ["1 install 1", "2 start 1", "3 login 1", "4 'end' 1"])
  }

  @Test func f2AnEarlierEventIsNoLaterStep() throws {
    #expect(try reached("u 99ms b \n u 100ms a", "FUNNEL a THEN b WITHIN 1 DAY") == "1")
  }

  @Test func f3TiesKeepTheOrderOfArrival() throws {
    #expect(try reached("u 100ms a \n u 100ms b", "FUNNEL a THEN b WITHIN 1 DAY") == "2")
    #expect(try reached("u 100ms b \n u 100ms a", "FUNNEL a THEN b WITHIN 1 DAY") == "1")
    #expect(try reached("u 100ms b \n u 100ms a", "FUNNEL a THEN b WITHIN 1 DAY WITH tolerance = 2 SECONDS") == "2")
  }

  @Test func f4OneEventIsOneStep() throws {
    #expect(try reached("u 100ms a", "FUNNEL a THEN a") == "1")
    #expect(try reached("u 100ms a", "FUNNEL a THEN a WITH tolerance = 2 SECONDS") == "1")
  }

  @Test func f5EqualEventsAtOneMomentAreDifferentEvents() throws {
    #expect(try reached("u 100ms p \n u 100ms p \n u 300ms p", "FUNNEL p THEN p THEN p") == "3")
  }

  @Test func f6BestEntryIsNotTheFirst() throws {
    let events = """
      u 2026-03-01T13:00 a
      u 2026-03-01T13:30 a
      u 2026-03-01T13:45 b
      u 2026-03-01T14:15 c
      """
    #expect(try reached(events, "FUNNEL a THEN b THEN c WITHIN 1 HOUR") == "3")
    #expect(try reached(events, "FUNNEL a THEN b THEN c WITHIN 1 HOUR WITH entry = first") == "2")
    #expect(try reached(events, "FUNNEL a THEN b THEN c WITHIN 1 HOUR WITH entry = last") == "3")
    let log = try Log("user time event\n" + events)
    #expect(
      try log.ask("FUNNEL a THEN b THEN c WITHIN 1 HOUR PER USER", "user reached converted t1 t2 t3 time_to_convert")
        == ["u 3 true 2026-03-01T13:30 2026-03-01T13:45 2026-03-01T14:15 2700s"])
  }

  @Test func f7ARepeatedStepIsAnOtherEvent() throws {
    #expect(try reached("u 1s a \n u 2s b \n u 3s c \n u 4s b \n u 5s d", "FUNNEL a THEN b THEN c THEN d") == "4")
  }

  @Test func f8DirectlyMeansTheNextEvent() throws {
    let events = "u 1s a \n u 2s b \n u 3s d \n u 4s c"
    #expect(try reached(events, "FUNNEL a THEN b THEN DIRECTLY c") == "2")
    #expect(try reached(events, "FUNNEL a THEN b THEN c") == "3")
  }

  @Test func f9AConversionMayLieAfterTheRange() throws {
    let events = "u 2026-07-31 a \n u 2026-08-10 b"
    #expect(try reached(events, "FUNNEL a THEN b WITHIN 14 DAYS DURING @2026-07") == "2")
    #expect(try reached(events, "FUNNEL a THEN b WITHIN 14 DAYS DURING @2026-07 WITH cut = range") == "1")
  }

  @Test func f10AnOpenWindowIsCountedAndFlagged() throws {
    let log = try Log("user time event \n u 2026-03-01 a \n other 2026-02-01 b")
    let funnel = "AS OF @2026-03-03 FUNNEL a THEN b WITHIN 14 DAYS"
    #expect(try log.ask(funnel, "event users complete") == ["a 1 true", "b 0 false"])
    #expect(try log.ask(funnel + " PER USER", "reached converted entry_complete") == ["1 false false"])
    let later = "AS OF @2026-03-16 FUNNEL a THEN b WITHIN 14 DAYS"
    #expect(try log.ask(later, "event users complete") == ["a 1 true", "b 0 true"])
  }

  @Test func f11SameKeepsTheKey() throws {
    let log = try Log(
      """
      user time event  document_id
      u    1s   upload doc1
      u    2s   sent   doc2
      u    3s   sent   doc1
      """)
    #expect(
      try log.ask("FUNNEL upload THEN sent SAME document_id WITHIN 30 DAYS PER USER", "reached t1 t2")
        == ["2 2026-01-01T00:00:01 2026-01-01T00:00:03"])
    #expect(try log.value("FUNNEL sent[document_id = 'doc2'] THEN sent SAME document_id PER USER", "reached") == "1")
  }
}
