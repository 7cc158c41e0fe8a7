import InstarModels
import Testing

@Suite struct BacktestTests {
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
    #expect(AnchorSchedule.loyaltyHorizon(firstEvent: 0, moment: 365 * day) == 365 * day / 3)
    #expect(AnchorSchedule.loyaltyHorizon(firstEvent: 0, moment: 2000 * day) == 180 * day)
  }

  /// Users whose label is likelier the shorter their recency, at four anchors.
  private func rows(users: Int, schedule: AnchorSchedule, seed: UInt64, signal: Double = 1) -> LabelledRows {
    var generator = SeededGenerator(seed: seed)
    var rows = LabelledRows(names: ["recency", "noise"])
    for user in 0..<UInt32(users) {
      for anchor in schedule.anchors {
        let recency = 100 * generator.uniform()
        let label = generator.uniform() < (1 - signal) * 0.5 + signal * (1 - recency / 100)
        rows.append(user: user, anchor: anchor, features: [recency, generator.uniform()], label: label)
      }
    }
    return rows
  }

  @Test func aSignalBeatsTheBaseRate() throws {
    let schedule = try AnchorSchedule(firstEvent: 0, moment: 365 * day, horizon: 90 * day)
    let backtest = try Backtest(rows(users: 300, schedule: schedule, seed: 4), schedule)
    let heldOut = try #require(backtest.heldOut)
    // With P(y) = 1 - r/100 over uniform r the area under the curve is 5/6.
    expectEqual(heldOut.auc, 5.0 / 6, within: 0.06)
    expectEqual(backtest.recencyOnly?.auc, 5.0 / 6, within: 0.06)
    #expect(backtest.baseRate?.auc == 0.5)
    #expect(heldOut.logLoss < backtest.baseRate!.logLoss)
    #expect(heldOut.rowCount == 300)
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
        label: (honest.labels[row] > 0.5) != inGap)
    }
    let first = try Backtest(honest, schedule)
    let second = try Backtest(turned, schedule)
    #expect(first.heldOut == second.heldOut)
    #expect(first.model.regression.coefficients != second.model.regression.coefficients)
  }

  @Test func tooLittleDataIsSaidWithNumbers() throws {
    let schedule = try AnchorSchedule(firstEvent: 0, moment: 365 * day, horizon: 90 * day, limit: 1)
    let error = #expect(throws: Backtest.TooLittle.self) {
      try Backtest(rows(users: 41, schedule: schedule, seed: 1), schedule)
    }
    #expect(error?.users == 41)
    #expect(error?.description.hasPrefix("needs >= 200 users and >= 20 positives; found 41 and ") == true)
  }
}
