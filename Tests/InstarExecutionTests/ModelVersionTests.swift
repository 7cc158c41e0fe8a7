import InstarColumns
import Testing

/// DEFINE MODEL, TRAIN, PROMOTE, EVALUATE and the scores that are models.
@Suite struct ModelVersionTests {
  static let churn =
    "DEFINE MODEL churn AS SEGMENT users WHERE did event IN LAST 60 DAYS PREDICT did not event IN NEXT 30 DAYS USING logistic WITH every = 30 DAYS"

  @Test func versionsAreNumberedAndOneIsActive() throws {
    let log = try PredictTests.log()
    #expect(log.refusal("SEGMENT users PREDICT churn") == "E0107")
    try log.run(Self.churn)
    #expect(log.refusal("SEGMENT users PREDICT churn") == "E0405")
    #expect(try log.ask("TRAIN churn", "model version state") == ["churn 1 active"])
    #expect(try log.ask("TRAIN churn", "version state") == ["2 ready"], "the same data make no better model")
    #expect(try log.ask("TRAIN churn WITH promote = always", "version state") == ["3 active"])
    #expect(try log.ask("TRAIN churn WITH promote = never", "version state") == ["4 ready"])
    try log.run("PROMOTE churn@2")
    #expect(try log.ask("SHOW MODELS", "version state") == ["1 ready", "2 active", "3 ready", "4 ready"])
    #expect(log.refusal("PROMOTE churn@9") == "E0405")
    #expect(log.refusal("SEGMENT users PREDICT churn@9") == "E0405")
    let lines = try log.ask("DESCRIBE MODEL churn@2", "property")
    for line in ["version", "trained to", "anchors", "auc", "calibration_error"] {
      #expect(lines.contains(line), "\(line)")
    }
    try log.run("DROP MODEL churn")
    #expect(try log.ask("SHOW MODELS").isEmpty)
    try log.run(Self.churn)
    #expect(log.refusal("SEGMENT users PREDICT churn") == "E0405", "a new definition starts without versions")
  }

  /// A stored version answers as the model that the statement writes out.
  @Test func aVersionPredictsLikeTheSentence() throws {
    let log = try PredictTests.log()
    try log.run(Self.churn)
    try log.run("TRAIN churn")
    let inline = try log.ask(
      "SEGMENT users WHERE did event IN LAST 60 DAYS PREDICT did not event IN NEXT 30 DAYS AS churn USING logistic WITH every = 30 DAYS"
    )
    let stored = try log.ask("SEGMENT users WHERE did event IN LAST 60 DAYS PREDICT churn")
    #expect(inline.count > 100)
    #expect(inline == stored)
    // The model keeps its own population: others are scored as missing, and counted.
    let all = try log.run("SEGMENT users PREDICT churn@1 AS risk")
    #expect(all.rowCount > inline.count)
    #expect(all.receipt.notes.contains { $0.contains("outside the population") })
    #expect(try log.ask("SEGMENT users PREDICT churn WHERE churn > 0.5", "user").count < all.rowCount)
  }

  /// M1: a model that has seen the future of a moment cannot speak at it.
  @Test func m1AModelThatHasSeenTheFutureIsRefused() throws {
    let log = try PredictTests.log()
    try log.run(Self.churn)
    try log.run("TRAIN churn")
    #expect(log.refusal("AS OF @2026-09-01 SEGMENT users PREDICT churn") == "E0409")
    #expect(try log.ask("AS OF @2026-09-01 TRAIN churn WITH promote = never", "version") == ["2"])
    #expect(try log.ask("AS OF @2026-09-01 SEGMENT users PREDICT churn@2").count > 100)
  }

  @Test func evaluationStandsBesideBaselines() throws {
    let log = try PredictTests.log()
    let rows = try log.rows(
      "EVALUATE SEGMENT users WHERE did purchase PREDICT did purchase IN NEXT 30 DAYS USING logistic "
        + "WITH folds = 3, every = 30 DAYS",
      "anchor n positives metric value baseline")
    #expect(rows.count == 3 * (12 + 4 + 20), "at three moments twelve figures, four of MBG/NBD, two for each tenth")
    for row in rows where row[3] == .text("auc") {
      guard case .real(let auc) = row[4], case .real(let rule) = row[5] else { continue }
      #expect(auc > 0.6 && auc < 1)
      #expect(rule > 0.5 && rule < 1)
    }
    try log.run(Self.churn)
    try log.run("TRAIN churn")
    let stored = try log.run("EVALUATE churn@1")
    #expect(stored.rowCount > 0)
    #expect(stored.receipt.notes.contains { $0.contains("back-tests") })
  }

  /// A rule by hand: of three users a and b are members, a and c buy in the window.
  @Test func aSegmentIsJudgedAgainstTheFuture() throws {
    let log = try Log(
      """
      user time event
      a 1d visit
      a 2d visit
      b 1d visit
      b 3d visit
      c 1d visit
      a 35d purchase
      c 36d purchase
      d 60d visit
      """, settings: ["SET CLOCK @2026-03-02"])
    try log.run("DEFINE SEGMENT keen AS SEGMENT users WHERE did visit AT LEAST 2 TIMES")
    // One window of 30 days has closed since 2026-01-31: a, b and c are known, a and c buy.
    #expect(
      try log.ask(
        "EVALUATE keen AGAINST did purchase IN NEXT 30 DAYS WITH folds = 1", "anchor n positives metric value baseline")
        == [
          "2026-01-31 3 2 precision 0.5 0.666667", "2026-01-31 3 2 recall 0.5 0.666667", "2026-01-31 3 2 lift 0.75 1.0",
          "2026-01-31 3 2 auc 0.25 0.5",
        ])
  }

  @Test func scoresAreModelsOfThePrelude() throws {
    let log = try PredictTests.log()
    let score = try log.run("SEGMENT users WHERE purchase_probability > 0.5")
    #expect(score.rowCount > 0)
    #expect(
      score.receipt.models.contains {
        $0.contains("did 'purchase' IN NEXT 30 DAYS") || $0.contains("did purchase IN NEXT 30 DAYS")
      })
    let risk = try log.rows("SEGMENT users WHERE did event IN LAST 60 DAYS KEEP user, churn_risk", "churn_risk")
    #expect(risk.count > 100)
    #expect(risk.allSatisfy { if case .real(let value) = $0[0] { value >= 0 && value <= 1 } else { false } })
    // With too little data the formula answers, and says so.
    let small = try Log(
      "user time event \n a 1d purchase \n a 9d purchase \n b 2d purchase", settings: ["SET GOAL EVENT purchase"])
    let formula = try small.run("SEGMENT users KEEP user, churn_risk, purchase_probability")
    #expect(formula.receipt.models.allSatisfy { $0.contains("formula v1, untrained") })
    #expect(formula.rowCount == 2)
  }
}
