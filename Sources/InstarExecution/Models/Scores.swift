import InstarColumns
import InstarPlan
import InstarStorage

/// Scores by name.
struct Scores {
  let environment: QueryEnvironment

  /// The score of each user, indexed by user.
  func column(_ score: ScoreNode, in snapshot: borrowing Snapshot) throws -> Column {
    guard case .fixed(let moment) = score.moment else {
      throw ExecutionError(
        "E0407", "\(score.name) can be asked at a fixed moment, not at one of each row or user",
        help: "write \(score.name) AT @2026-01-01, or leave AT out")
    }
    var past = environment
    past.moment = min(moment, environment.moment)
    if past.moment < environment.moment { past.keepsModels = false }
    return try PreludeScore(environment: past, name: score.name).column(in: snapshot)
  }
}
