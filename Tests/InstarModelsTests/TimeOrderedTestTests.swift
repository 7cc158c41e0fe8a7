import InstarModels
import Testing

@Suite struct TimeOrderedTestTests {
  private let day: Int64 = 86_400_000

  @Test func anchorsHaveAWholeWindowAndThoseThatTeachEndBeforeTheHeldOut() throws {
    let schedule = try AnchorSchedule(firstEvent: 0, moment: 365 * day, horizon: 90 * day)
    #expect(schedule.heldOut == 275 * day)
    #expect(schedule.anchors.map { $0 / day } == [5, 35, 65, 95, 125, 155, 185, 215, 245, 275])
    #expect(schedule.anchors.filter(schedule.mayTeach).map { $0 / day } == [5, 35, 65, 95, 125, 155, 185])
    let few = try AnchorSchedule(firstEvent: 0, moment: 365 * day, horizon: 9 * day, limit: 3)
    #expect(few.anchors.map { $0 / day } == [342, 349, 356], "steps of at least a week, the newest stay")
  }

  @Test func aHorizonBeyondTheHistoryIsAnError() {
    #expect(throws: ModelError.self) { try AnchorSchedule(firstEvent: 0, moment: 30 * day, horizon: 30 * day) }
    #expect(AnchorSchedule.loyaltyDays(firstEvent: 0, moment: 365 * day) == 121)
    #expect(AnchorSchedule.loyaltyDays(firstEvent: 0, moment: 2000 * day) == 180)
    #expect(AnchorSchedule.loyaltyDays(firstEvent: 0, moment: 2 * day) == 1)
  }

  /// Users whose label is likelier the shorter their recency, at four anchors.
  private func rows(users: Int, schedule: AnchorSchedule, seed: UInt64, signal: Double = 1) -> LabelledRows {
    var generator = SeededGenerator(seed: seed)
    var rows = LabelledRows(names: ["recency", "noise"])
    for user in 0..<UInt32(users) {
      for anchor in schedule.anchors {
        let recency = 100 * generator.uniform()
        let label = generator.uniform() < (1 - signal) * 0.5 + signal * (1 - recency / 100)
        rows.append(user: user, anchor: anchor, features: [recency, generator.uniform()], label: label ? 1 : 0)
      }
    }
    return rows
  }

  @Test func aSignalBeatsTheBaseRate() throws {
    let schedule = try AnchorSchedule(firstEvent: 0, moment: 365 * day, horizon: 90 * day)
    let test = try #require(
      try TimeOrderedTest(
        rows(users: 300, schedule: schedule, seed: 4), judged: [schedule.heldOut], horizon: schedule.horizon))
    // With P(y) = 1 - r/100 over uniform r the area under the curve is 5/6.
    expectEqual(test.metrics.auc, 5.0 / 6, within: 0.06)
    expectEqual(test.recencyRule.auc, 5.0 / 6, within: 0.06)
    #expect(test.baseRate.auc == 0.5)
    #expect(test.metrics.logLoss < test.baseRate.logLoss)
    #expect(test.metrics.rowCount == 300)
    #expect(test.teachingRows == 7 * 300)
  }

  @Test func labelsOfTheGapDoNotTeach() throws {
    // Labels inside the gap are turned around; a model that saw them would be worse than chance.
    let schedule = try AnchorSchedule(firstEvent: 0, moment: 365 * day, horizon: 90 * day)
    let honest = rows(users: 300, schedule: schedule, seed: 4)
    var turned = LabelledRows(names: ["recency", "noise"])
    for row in honest.labels.indices {
      let anchor = honest.anchors[row]
      let inGap = !schedule.mayTeach(anchor) && anchor != schedule.heldOut
      turned.append(
        user: honest.users[row], anchor: anchor, features: [honest.features[row, 0], honest.features[row, 1]],
        label: (honest.labels[row] > 0.5) != inGap ? 1 : 0)
    }
    func test(_ rows: LabelledRows) throws -> TimeOrderedTest? {
      try TimeOrderedTest(rows, judged: [schedule.heldOut], horizon: schedule.horizon)
    }
    let (first, second) = (try #require(try test(honest)), try #require(try test(turned)))
    #expect(first.metrics == second.metrics)
    // The turned labels are potent: a model that learns from all anchors differs.
    #expect(
      try Predictor.fit(honest.features, labels: honest.labels)
        != Predictor.fit(turned.features, labels: turned.labels))
  }
}
