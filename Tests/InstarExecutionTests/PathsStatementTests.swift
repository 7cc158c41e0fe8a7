import Testing

/// PATHS as statements. Ann: a, b, leaves. Bob: a, b, c. Cid: a, c, and later a, b.
@Suite struct PathsStatementTests {
  private func log(threads: Int = 1) throws -> Log {
    try Log(
      """
      user time             event page  device
      ann  2026-03-01T10:00 a     home  phone
      ann  2026-03-01T10:10 b     list  phone
      bob  2026-03-01T10:00 a     home  desk
      bob  2026-03-01T10:20 b     list  phone
      bob  2026-03-01T10:30 c     -     desk
      cid  2026-03-01T10:00 a     home  phone
      cid  2026-03-01T10:01 c     cart  phone
      cid  2026-03-01T12:00 a     home  phone
      cid  2026-03-01T12:10 b     list  phone
      """, users: "user country \n ann TR \n bob DE \n cid DE", threads: threads)
  }

  /// P1: whoever leaves after b is seen there, and the listed users are those of the row.
  @Test func p1LeavingIsATransition() throws {
    #expect(
      try log().ask("PATHS FROM a TO c") == [
        // Ann, Bob and Cid's second; Cid's first.
        "1 a b 3 3 0.75 600s", "1 a c 1 1 0.25 60s",
        // Ann and Cid leave after b.
        "2 b left 2 2 0.666667 -", "2 b c 1 1 0.333333 600s",
      ])
    #expect(
      try log().users("PATHS FROM a TO c PER USER WHERE length = 2 AND ended_at = 'b' AND path ENDS WITH 'left'")
        == "ann cid")
  }

  @Test func perUser() throws {
    #expect(
      try log().ask("PATHS FROM a TO c PER USER") == [
        "ann a > b > left 2 b", "bob a > b > c 3 c", "cid a > c 2 c", "cid a > b > left 2 b",
      ])
    #expect(
      try log().run("PATHS FROM a PER USER").columns.map(\.name) == ["user", "path", "length", "ended_at"])
    #expect(
      try log().run("PATHS FROM a BY device").columns.map(\.name) == [
        "device", "position", "from", "to", "transitions", "users", "share", "median_gap",
      ])
  }

  /// Without TO Cid's first path goes on: a, c, a, b.
  @Test func withoutAnEnd() throws {
    #expect(try log().ask("PATHS FROM a PER USER WHERE user = 'cid'", "path") == ["a > c > a > b > left"])
    #expect(
      try log().ask("PATHS FROM a SAME SESSION PER USER WHERE user = 'cid'", "path") == [
        "a > c > left", "a > b > left",
      ])
    #expect(
      try log().ask("PATHS FROM a WITHIN 10 MINUTES PER USER", "path") == [
        "a > b > left", "a > left", "a > c > left", "a > b > left",
      ])
    #expect(try log().ask("PATHS FROM a WITH steps = 1 PER USER WHERE user = 'bob'", "path") == ["a > b"])
    #expect(try log().ask("PATHS FROM a WITHOUT c PER USER WHERE user = 'bob'", "path") == ["a > b > left"])
  }

  @Test func backward() throws {
    #expect(
      try log().ask("PATHS TO c", "position from to users") == ["-1 a c 1", "-1 b c 1", "-2 a b 1"])
  }

  /// By the device of the event that the path starts from.
  @Test func breakdown() throws {
    #expect(
      try log().ask("PATHS FROM a TO c BY device", "device position from to transitions") == [
        "desk 1 a b 1", "desk 2 b c 1", "phone 1 a b 2", "phone 1 a c 1", "phone 2 b left 2",
      ])
    #expect(
      try log().ask("PATHS FROM a TO c BY country WITH steps = 1", "country from to users") == [
        "DE a b 2", "DE a c 1", "TR a b 1",
      ])
    #expect(
      try log().ask("PATHS FROM a TO c BY device PER USER", "user device ended_at").first == "ann phone b")
  }

  /// Events by their page; one without a page keeps its name.
  @Test func on() throws {
    #expect(
      try log().ask("PATHS FROM a TO c PER USER", "path").count == 4)
    #expect(
      try log().ask("PATHS FROM a TO c WITH on = page PER USER", "path") == [
        "home > list > left", "home > list > c", "home > cart", "home > list > left",
      ])
    #expect(
      try log().ask("PATHS FROM a TO c WITH on = upper(page), steps = 1", "from to users") == [
        "HOME LIST 3", "HOME CART 1",
      ])
    #expect(try log().refusal("PATHS FROM a WITH on = hour_of_day(time)") == "E0303")
  }

  @Test func topAndLeastUsers() throws {
    #expect(try log().ask("PATHS FROM a TO c WITH top = 1", "from to") == ["a b", "b left"])
    #expect(try log().ask("PATHS FROM a TO c WITH min_users = 2", "from to share") == ["a b 0.75", "b left 0.666667"])
  }

  @Test func duringBoundsTheStart() throws {
    #expect(try log().ask("PATHS FROM a DURING @2026-03-02").isEmpty)
    #expect(try log().ask("SEGMENT users WHERE country = 'TR' PATHS FROM a", "from to") == ["a b", "b left"])
  }

  @Test func collapse() throws {
    let log = try Log("user time event \n u 1s a \n u 2s b \n u 3s b \n u 4s b \n u 5s c")
    #expect(try log.ask("PATHS FROM a WITH collapse = true PER USER", "path") == ["a > b > c > left"])
  }

  /// The rows of one order are one event.
  @Test func linesOfAnOrder() throws {
    let log = try Log(
      """
      user time event    order
      u    1s   visit    -
      u    2s   purchase x
      u    2s   purchase x
      u    3s   visit    -
      """)
    #expect(try log.ask("PATHS FROM FIRST visit PER USER", "path") == ["visit > purchase > visit > left"])
  }

  @Test func refusals() throws {
    let log = try log()
    #expect(log.refusal("PATHS FROM a SAME device") == "E0320")
    #expect(log.refusal("PATHS FROM a WITH steps = 0") == "E0308")
    #expect(log.refusal("PATHS FROM a WITH collapse = maybe") == "E0308")
  }

  @Test func explains() throws {
    let text = try log().ask("EXPLAIN PATHS FROM a TO c SAME SESSION", "text").joined(separator: "\n")
    #expect(text.contains("the transitions on the ways from a to c same session, at most 5 steps"))
  }

  /// Whatever the number of threads.
  @Test func threads() throws {
    for statement in ["PATHS FROM a BY device WITH on = upper(page)", "PATHS FROM a PER USER", "SESSIONS BY device"] {
      #expect(try log(threads: 2).ask(statement) == log().ask(statement), "\(statement)")
    }
  }
}
