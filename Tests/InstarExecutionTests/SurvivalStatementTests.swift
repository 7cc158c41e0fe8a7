import InstarColumns
import InstarStorage
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// PREDICT TIME TO in a sentence, against R 4.2.2 with the package `survival` 3.5.3, closed forms and counts by hand.
@Suite struct SurvivalStatementTests {
  private static let day: Int64 = 86_400_000
  /// 2029-01-01.
  private static let moment = Log.origin + 1096 * day

  /// One subject: days to the event or to now, whether it came, and what is known of him.
  private struct Subject {
    var days: Int64
    var ended: Bool
    var properties: [String: String]
  }

  /// A log in which each subject's clock ran as long as it says: it starts with `start` and ends with `end`.
  private static func log(_ subjects: [Subject]) throws -> Log {
    var events: [EventRecord] = []
    for (number, subject) in subjects.enumerated() {
      // Those whose event came ended a day ago, the others' clocks run on until now.
      let origin = moment - (subject.days + (subject.ended ? 1 : 0)) * day
      events.append(EventRecord(user: "u\(number)", type: "start", time: origin))
      if subject.ended {
        events.append(EventRecord(user: "u\(number)", type: "end", time: origin + subject.days * day))
      }
    }
    let names = subjects[0].properties.keys.sorted()
    let lines = subjects.enumerated().map { number, subject in
      "u\(number) " + names.map { subject.properties[$0] ?? "-" }.joined(separator: " ")
    }
    let users = "user \(names.joined(separator: " "))\n" + lines.joined(separator: "\n")
    return try Log(events, users: users, settings: ["SET CLOCK @2029-01-01"])
  }

  /// 137 men with lung cancer (Kalbfleisch and Prentice 1980): days / died, treatment, cell type, prior therapy / Karnofsky
  /// score / months from diagnosis / age.
  private static let veterans = Result {
    let cells: [Character: String] = ["q": "squamous", "s": "smallcell", "a": "adeno", "l": "large"]
    return try log(
      veteranText.split(whereSeparator: \.isWhitespace).map { word in
        let parts = word.split(separator: "/").map(String.init)
        let flags = Array(parts[1])
        return Subject(
          days: Int64(parts[0]) ?? 0, ended: flags[0] == "1",
          properties: [
            "trt": String(flags[1]), "cell": cells[flags[2]] ?? "", "prior": flags[3] == "1" ? "10" : "0",
            "karno": parts[2], "diagtime": parts[3], "age": parts[4],
          ])
      })
  }

  /// 23 patients with leukemia (Miller 1981): weeks to relapse, here days.
  private static let aml = Result {
    let days: [Int64] = [9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161, 5, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45]
    let ended = [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1]
    return try log(
      days.indices.map { place in
        Subject(days: days[place], ended: ended[place] == 1, properties: ["group": place < 11 ? "maintained" : "not"])
      })
  }

  /// The six subjects of Therneau and Grambsch (2000, appendix E).
  private static let six = Result {
    let days: [Int64] = [9, 1, 1, 6, 6, 8]
    let (ended, x) = ([1, 1, 0, 1, 1, 0], [0, 1, 1, 1, 0, 0])
    return try log(
      days.indices.map { Subject(days: days[$0], ended: ended[$0] == 1, properties: ["x": "\(x[$0])"]) })
  }

  private func reals(_ rows: [[Value]]) -> [[Double]] {
    rows.map { row in
      row.map { value in
        switch value {
        case .real(let number): number
        case .integer(let number): Double(number)
        default: .nan
        }
      }
    }
  }

  private func expectEqual(
    _ found: [Double], _ expected: [Double], within tolerance: Double = 1e-6,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(found.count == expected.count, sourceLocation: sourceLocation)
    for (left, right) in zip(found, expected) where !(left.isNaN && right.isNaN) {
      #expect(
        abs(left - right) <= tolerance * max(1, abs(right)), "\(left), not \(right)", sourceLocation: sourceLocation)
    }
  }

  // MARK: - Curves

  private static let curveDays = [1.0, 10, 30, 80, 100, 200, 365, 500, 999]

  /// The row of the curve that holds at `days`.
  private func row(_ rows: [[Double]], at days: Double) -> [Double] { rows.last { $0[0] <= days } ?? [] }

  @Test func kaplanMeierOfVeterans() throws {
    let log = try Self.veterans.get()
    let sentence = "SEGMENT users PREDICT TIME TO 'end' USING kaplan_meier"
    let rows = reals(try log.rows(sentence, "days survival low high"))
    let found = Self.curveDays.map { row(rows, at: $0) }
    expectEqual(
      found.map { $0[1] },
      [
        0.9854014599, 0.897810219, 0.700435007, 0.4939910049, 0.4179945072, 0.2053028434, 0.09004510676, 0.0360180427,
        0,
      ])
    expectEqual(
      found.dropLast().map { $0[2] },
      [
        0.9428931086, 0.8335535102, 0.6160837774, 0.4075851077, 0.3341946906, 0.1398659842, 0.0469571296, 0.011944682,
      ])
    expectEqual(
      found.dropLast().map { $0[3] },
      [
        0.9963288283, 0.9381676788, 0.7697196649, 0.5745553637, 0.4994649873, 0.2796119925, 0.1503235734, 0.08248376796,
      ])
    let table = try log.run(sentence)
    #expect(table.columns.map(\.name) == ["days", "at_risk", "events", "survival", "low", "high"])
    #expect(table.shape == .survival)
    #expect(
      table.receipt.notes.contains { $0.contains("137 clocks, 128 stopped by the event, median 80 days") },
      "\(table.receipt.notes)")
    // Without USING, and by the name of the family, the curve is meant.
    for other in ["", "USING survival"] {
      #expect(try log.ask("SEGMENT users PREDICT TIME TO 'end' \(other)") == log.ask(sentence))
    }
  }

  @Test func nelsonAalenOfVeterans() throws {
    let rows = reals(
      try Self.veterans.get().rows("SEGMENT users PREDICT TIME TO 'end' USING nelson_aalen", "days hazard low high"))
    let found = Self.curveDays.map { row(rows, at: $0) }
    expectEqual(
      found.map { $0[1] },
      [
        0.01459854015, 0.1067224558, 0.352658368, 0.6982557882, 0.8633161224, 1.562208959, 2.359198883, 3.204833804,
        5.288167137,
      ])
    for row in found { #expect(row[2] < row[1] && row[1] < row[3]) }
    // At day 1 two of 137 end: H = 2/137 with the deviation sqrt(2)/137, so the limits are H exp(±1.959964/sqrt(2)).
    expectEqual(Array(found[0][2...]), [-1.0, 1].map { 2.0 / 137 * exp($0 * 1.959963985 / 2.0.squareRoot()) })
  }

  /// Three of four fell silent for ten days: after 14, 10 and 10 days; Dan's clock has run for 4.
  @Test func silenceStopsTheClock() throws {
    let log = try Log(
      """
      user time       event
      ann  2026-03-01 visit
      ann  2026-03-05 visit
      ann  2026-03-25 visit
      bob  2026-03-01 visit
      cat  2026-03-20 visit
      dan  2026-03-28 visit
      """, settings: ["SET CLOCK @2026-04-01"])
    try log.run("DEFINE EVENT stopped AS NO event FOR 10 DAYS")
    #expect(
      try log.ask("SEGMENT users PREDICT TIME TO stopped", "days at_risk events survival") == [
        "0.0 4 0 1.0", "10.0 3 2 0.333333", "14.0 1 1 0.0",
      ])
    #expect(
      try log.ask(
        "SEGMENT users WHERE did visit AT LEAST 2 TIMES PREDICT TIME TO stopped", "days at_risk events survival")
        == ["0.0 1 0 1.0", "14.0 1 1 0.0"])
  }

  /// A discharge is a clock of its own, and an admission at its very instant does not stop it. The clocks: 2 and 4 days to
  /// the admission, 10 and 12 days until now.
  @Test func everyAnchorStartsAClock() throws {
    let log = try Log(
      """
      user time event
      a    1d   discharge
      a    3d   admission
      a    10d  discharge
      b    2d   discharge
      b    2d   admission
      b    6d   admission
      c    5d   admission
      c    8d   discharge
      """, settings: ["SET CLOCK @2026-01-21"])
    let curve = "PREDICT TIME TO admission USING kaplan_meier WITH anchor = discharge"
    #expect(
      try log.ask("SEGMENT users \(curve)", "days at_risk events survival") == [
        "0.0 4 0 1.0", "2.0 4 1 0.75", "4.0 3 1 0.5", "12.0 1 0 0.5",
      ])
    // Conditions hold just before the discharge: a's second and c's.
    #expect(
      try log.ask("SEGMENT users WHERE did admission \(curve)", "days at_risk events survival") == [
        "0.0 2 0 1.0", "12.0 1 0 1.0",
      ])
    // By longer stretches the same curve has fewer rows.
    #expect(
      try log.ask("SEGMENT users \(curve), every = 7 DAYS", "days at_risk events survival") == [
        "0.0 4 0 1.0", "7.0 4 2 0.5", "14.0 2 0 0.5",
      ])
  }

  // MARK: - Groups

  @Test func logRankTests() throws {
    let veterans = try Self.veterans.get()
    let cells = try veterans.rows(
      "SEGMENT users PREDICT TIME TO 'end' BY cell USING log_rank", "cell users events expected chi_square df p")
    #expect(cells.map { $0[0] } == ["adeno", "large", "smallcell", "squamous"].map { .text($0) })
    let figures = reals(cells.map { Array($0.dropFirst()) })
    expectEqual(figures.map { $0[1] }, [26, 26, 45, 31])
    expectEqual(figures.map { $0[2] }, [15.69376461, 34.54947839, 30.10207933, 47.65467767])
    for row in figures { expectEqual(Array(row[3...]), [25.4037003458, 3, 1.271245939e-05]) }
    let treatments = reals(
      try veterans.rows("SEGMENT users PREDICT TIME TO 'end' BY trt USING log_rank", "chi_square df p"))
    expectEqual(treatments[0], [0.0082273432, 1, 0.9277272333])
    let aml = reals(
      try Self.aml.get().rows(
        "SEGMENT users PREDICT TIME TO 'end' BY group USING log_rank", "events expected chi_square p"))
    expectEqual(aml[0], [7, 10.68933599, 3.396388699, 0.06533932204])
    expectEqual(aml[1], [11, 7.310664008, 3.396388699, 0.06533932204])
    // Weighting early events by survival moves the statistic (Fleming and Harrington).
    let peto = reals(
      try Self.aml.get().rows("SEGMENT users PREDICT TIME TO 'end' BY group USING log_rank WITH rho = 1", "chi_square"))
    #expect(peto[0][0] > 0 && abs(peto[0][0] - 3.396388699) > 0.1)
  }

  @Test func aCurveForEachGroup() throws {
    let log = try Self.aml.get()
    let table = try log.run("SEGMENT users PREDICT TIME TO 'end' BY group")
    #expect(table.columns.map(\.name) == ["group", "days", "at_risk", "events", "survival", "low", "high"])
    let rows = try log.ask("SEGMENT users PREDICT TIME TO 'end' BY group", "group days at_risk events survival")
    // Miller (1981): 11 maintained, S(9) = 10/11, S(13) = 9/11; of the twelve others S(5) = 10/12, S(8) = 8/12.
    for line in [
      "maintained 9.0 11 1 0.909091", "maintained 13.0 10 1 0.818182", "not 5.0 12 2 0.833333", "not 8.0 10 2 0.666667",
    ] {
      #expect(rows.contains(line), "\(line) in \(rows)")
    }
    let notes = table.receipt.notes
    #expect(
      notes.contains { $0.contains("group = maintained: 11 clocks, 7 stopped by the event, median 31 days") },
      "\(notes)")
    #expect(
      notes.contains { $0.contains("group = not: 12 clocks, 11 stopped by the event, median 23 days") }, "\(notes)")
    #expect(notes.contains { $0.contains("log-rank test of group: chi-square 3.39639 with 1") }, "\(notes)")
  }

  // MARK: - Cox

  private static let full =
    "SEGMENT users PREDICT TIME TO 'end' USING cox WITH timeless = (trt), features = (cell = 'smallcell', cell = 'adeno', "
    + "cell = 'large', karno, diagtime, age, prior)"

  @Test func coxOfVeterans() throws {
    let log = try Self.veterans.get()
    let rows = try log.rows(Self.full + ", coefficients = true", "feature coefficient se z hazard_ratio")
    #expect(rows.count == 8 && rows[0][0] == .text("trt"))
    let figures = reals(rows.map { Array($0.dropFirst()) })
    expectEqual(
      figures.map { $0[0] },
      [
        0.2946028215, 0.8615604628, 1.196066374, 0.4012916543, -0.03281532619, 8.132051305e-05, -0.008706474946,
        0.00715936019,
      ])
    expectEqual(
      figures.map { $0[1] },
      [
        0.2075496036, 0.275284474, 0.3009169945, 0.2826886383, 0.005507756886, 0.009136062248, 0.00930029912,
        0.02323053841,
      ])
    for row in figures {
      expectEqual([row[2], row[3]], [row[0] / row[1], exp(row[0])])
    }
    let line = try log.run(Self.full).receipt.models.joined()
    for text in ["137 clocks, 128 stopped", "-474.397", "-505.449", "62.1039 with 8", "C-index 0.736029"] {
      #expect(line.contains(text), "\(text) in \(line)")
    }
    let aml = try Self.aml.get().rows(
      "SEGMENT users PREDICT TIME TO 'end' USING cox WITH features = (group = 'not'), coefficients = true",
      "coefficient se")
    expectEqual(reals(aml)[0], [0.915532575, 0.5119342752])
  }

  /// The closed forms of the six subjects: the coefficient by Breslow's and by Efron's ties.
  @Test func coxOfSix() throws {
    let log = try Self.six.get()
    let sentence =
      "SEGMENT users PREDICT TIME TO 'end' USING cox WITH timeless = (x), ties = breslow, horizons = (5, 30)"
    let breslow = log1p(0.5 + 33.0.squareRoot() / 2)
    expectEqual(reals(try log.rows(sentence + ", coefficients = true", "coefficient"))[0], [breslow])
    let efron = "SEGMENT users PREDICT TIME TO 'end' USING cox WITH timeless = (x), coefficients = true"
    expectEqual(reals(try log.rows(efron, "coefficient"))[0], [1.676857])
    // Two clocks run on: that of x = 1 for a day, that of x = 0 for eight. For x = 0 the hazard rises by 2/(r + 3) on day
    // 6 and by 1 on day 9; for x = 1 it is r times as great.
    let table = try log.run(sentence + " WHY 1")
    #expect(
      table.columns.map(\.name).suffix(8) == [
        "p10", "p25", "median", "p75", "p90", "survival_5", "survival_30", "why",
      ])
    let rows = try log.rows(sentence + " WHY 1", "user p10 p25 median p75 p90 survival_5 survival_30")
    let r = exp(breslow)
    let step = 2 / (r + 3)
    for row in rows {
      let figures = reals([Array(row.dropFirst())])[0]
      switch row[0] {
      case .text("u2"):
        expectEqual(figures, [5, 5, 5, 8, 8, exp(-r * step), exp(-r * (step + 1))])
      case .text("u5"): expectEqual(figures, [1, 1, 1, .nan, .nan, exp(-1), exp(-1)])
      default: #expect(figures.allSatisfy { $0.isNaN }, "the clock of \(row[0]) has stopped")
      }
    }
    #expect(table.receipt.notes.contains { $0.hasPrefix("4 users have no prediction") }, "\(table.receipt.notes)")
  }

  // MARK: - Renewals

  /// The "regular" customers of Fader and Hardie (2007): of 1,000 so many are left after 1 to 7 renewals.
  @Test func renewalsOfContracts() throws {
    let left = [1000, 631, 468, 382, 326, 289, 262, 241]
    var events: [EventRecord] = []
    let origin = Self.moment - 215 * Self.day
    for user in 0..<1000 {
      events.append(EventRecord(user: "u\(user)", type: "subscribe", time: origin))
      guard let renewal = left.indices.first(where: { $0 > 0 && user >= left[$0] }) else { continue }
      events.append(EventRecord(user: "u\(user)", type: "cancel", time: origin + Int64(30 * renewal) * Self.day))
    }
    let log = try Log(events, settings: ["SET CLOCK @2029-01-01"])
    let sentence = "SEGMENT users PREDICT TIME TO cancel USING sbg WITH anchor = subscribe, renewals = 12"
    let table = try log.run(sentence)
    #expect(
      table.receipt.notes.contains { $0.contains("sbg alpha 0.70407") && $0.contains("beta 1.18204") },
      "\(table.receipt.notes)")
    let rows = reals(try log.rows(sentence, "renewal at_risk lost observed survival retention"))
    #expect(rows.count == 13)
    expectEqual(rows.map { $0[3] }.prefix(8).map { $0 }, left.map { Double($0) / 1000 })
    expectEqual(rows[1][1...3].map { $0 }, [1000, 369, 0.631])
    let (alpha, beta) = (0.7040773, 1.182043)
    var survival = 1.0
    for renewal in 1...12 {
      let retention = (beta + Double(renewal) - 1) / (alpha + beta + Double(renewal) - 1)
      survival *= retention
      expectEqual([rows[renewal][4], rows[renewal][5]], [survival, retention], within: 1e-5)
    }
  }

  // MARK: - Refusals

  @Test func whatAMethodHasNoUseForIsRefused() throws {
    let log = try Self.aml.get()
    let time = "SEGMENT users PREDICT TIME TO 'end'"
    for text in [
      "\(time) USING cox", "\(time) USING log_rank", "\(time) BY group USING cox WITH features = (group = 'not')",
      "\(time) USING kaplan_meier WITH horizons = (3)", "\(time) USING kaplan_meier WHY 2", "\(time) USING logistic",
      "\(time) USING kaplan_meier, cox", "\(time) WITH confidence = 2", "\(time) USING log_rank WITH confidence = 0.9",
      "\(time) USING sbg WITH every = 0 DAYS", "\(time) AS x BY group USING log_rank",
      "\(time) WITH features = (group = 'not'), horizons = (30, 30)",
    ] {
      #expect(log.refusal(text) == "E0308", "\(text)")
    }
    #expect(log.refusal("\(time) WITH solver = newton") == "E0110")
    #expect(log.refusal("SEGMENT users PREDICT TIME TO FIRST 'end'") == "E0402")
    #expect(log.refusal("SEGMENT users WHERE did 'end' AT LEAST 9 TIMES PREDICT TIME TO 'end'") == "E0408")
    #expect(log.refusal("SEGMENT users WHERE did 'start' PREDICT TIME TO 'end' WITH anchor = 'start'") == "E0408")
    // No event at all: a curve that stays at 1, and no rate to explain.
    #expect(try log.ask("SEGMENT users WHERE did not 'end' PREDICT TIME TO 'end'", "events").allSatisfy { $0 == "0" })
    #expect(
      log.refusal("SEGMENT users WHERE did not 'end' PREDICT TIME TO 'end' USING cox WITH features = (group = 'not')")
        == "E0408")
  }

  private static let veteranText = """
    72/11q0/60/7/69 411/11q1/70/5/64 228/11q0/60/3/38 126/11q1/60/9/63 118/11q1/70/11/65 10/11q0/20/5/49
    82/11q1/40/10/69 110/11q0/80/29/68 314/11q0/50/18/43 100/01q0/70/6/70 42/11q0/60/4/81 8/11q1/40/58/63
    144/11q0/30/4/63 25/01q1/80/9/52 11/11q1/70/11/48 30/11s0/60/3/61 384/11s0/60/9/42 4/11s0/40/2/35 54/11s1/80/4/63
    13/11s0/60/4/56 123/01s0/40/3/55 97/01s0/60/5/67 153/11s1/60/14/63 59/11s0/30/2/65 117/11s0/80/3/46
    16/11s1/30/4/53 151/11s0/50/12/69 22/11s0/60/4/68 56/11s1/80/12/43 21/11s1/40/2/55 18/11s0/20/15/42
    139/11s0/80/2/64 20/11s0/30/5/65 31/11s0/75/3/65 52/11s0/70/2/55 287/11s1/60/25/66 18/11s0/30/4/60
    51/11s0/60/1/67 122/11s0/80/28/53 27/11s0/60/8/62 54/11s0/70/1/67 7/11s0/50/7/72 63/11s0/50/11/48
    392/11s0/40/4/68 10/11s1/40/23/67 8/11a1/20/19/61 92/11a0/70/10/60 35/11a0/40/6/62 117/11a0/80/2/38
    132/11a0/80/5/50 12/11a1/50/4/63 162/11a0/80/5/64 3/11a0/30/3/43 95/11a0/80/4/34 177/11l1/50/16/66
    162/11l0/80/5/62 216/11l0/50/15/52 553/11l0/70/2/47 278/11l0/60/12/63 12/11l1/40/12/68 260/11l0/80/5/45
    200/11l1/80/12/41 156/11l0/70/2/66 182/01l0/90/2/62 143/11l0/90/8/60 105/11l0/80/11/66 103/11l0/80/5/38
    250/11l1/70/8/53 100/11l1/60/13/37 999/12q1/90/12/54 112/12q0/80/6/60 87/02q0/80/3/48 231/02q1/50/8/52
    242/12q0/50/1/70 991/12q1/70/7/50 111/12q0/70/3/62 1/12q1/20/21/65 587/12q0/60/3/58 389/12q0/90/2/62
    33/12q0/30/6/64 25/12q0/20/36/63 357/12q0/70/13/58 467/12q0/90/2/64 201/12q1/80/28/52 1/12q0/50/7/35
    30/12q0/70/11/63 44/12q1/60/13/70 283/12q0/90/2/51 15/12q1/50/13/40 25/12s0/30/2/69 103/02s1/70/22/36
    21/12s0/20/4/71 13/12s0/30/2/62 87/12s0/60/2/60 2/12s1/40/36/44 20/12s1/30/9/54 7/12s0/20/11/66 24/12s0/60/8/49
    99/12s0/70/3/72 8/12s0/80/2/68 99/12s0/85/4/62 61/12s0/70/2/71 25/12s0/70/2/70 95/12s0/70/1/61 80/12s0/50/17/71
    51/12s1/30/87/59 29/12s0/40/8/67 24/12a0/40/2/60 18/12a1/40/5/69 83/02a0/99/3/57 31/12a0/80/3/39 51/12a0/60/5/62
    90/12a1/60/22/50 52/12a0/60/3/43 73/12a0/60/3/70 8/12a0/50/5/66 36/12a0/70/8/61 48/12a0/10/4/81 7/12a0/40/4/58
    140/12a0/70/3/63 186/12a0/90/3/60 84/12a1/80/4/62 19/12a0/50/10/42 45/12a0/40/3/69 80/12a0/40/4/63
    52/12l0/60/4/45 164/12l1/70/15/68 19/12l1/30/4/39 53/12l0/60/12/66 15/12l0/30/5/63 43/12l1/60/11/49
    340/12l1/80/10/64 133/12l0/75/1/65 111/12l0/60/5/64 231/12l1/70/18/67 378/12l0/80/4/65 49/12l0/30/3/37
    """
}
