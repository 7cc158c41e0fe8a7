import InstarPlan
import Testing

@Suite struct MeaningTests {
  @Test func theMissionsSentence() throws {
    let plan = try plan("SEGMENT users WHERE loyalty > 0.7 RECOMMEND 10")
    #expect(
      Meaning(Shop()).sentences(plan) == [
        "users where score loyalty > 0.7",
        "as of 2026-03-31 12:00:00.001 UTC (just after the last event)",
        "then 10 items per user, chain hybrid -> content -> popular, consumed items excluded",
        "by default using = hybrid, content, popular, excluding = consumed items",
      ])
  }

  @Test func aFunnel() throws {
    let plan = try plan(
      "AS OF @2026-03-01 SEGMENT vip_2025 WHERE premium FUNNEL visit THEN purchase WITHIN 7 DAYS BY device DURING PREVIOUS 1 MONTH"
    )
    #expect(
      Meaning(Shop()).sentences(plan) == [
        "users of the frozen list vip_2025 where user.premium",
        "as of 2026-03-01 UTC",
        "then how many users reached each step of visit then purchase within 7 days for each device, first step from 2026-02-01 until 2026-03-01, entry = best",
        "by default entry = best, value_at = 1", "note: W0105 premium has no dates: one value stands for all moments",
      ])
  }
}
