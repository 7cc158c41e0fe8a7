internal import InstarCalendar
internal import InstarColumns

/// EVALUATE RECOMMEND: lists as they would have been shown, judged by what users turned to afterwards.
package struct RecommendationTrial: Sendable, Hashable {
  /// What is kept from the models and then asked for.
  package enum Division: Sendable, Hashable {
    /// Everything of the newest stretch, milliseconds: one moment for all users.
    case holdout(Int64)
    /// The last item of each user, whenever it was. Models then see what others did later.
    case leaveLast
  }

  /// The word of `WITH protocol`.
  package enum Scheme: String, Sendable, Hashable, CaseIterable {
    case holdout
    case leaveLast = "leave_last"
  }

  /// The lists; its chain is the methods, each judged by itself.
  package var request: RecommendPlan
  package var division: Division
  /// Whose lists are judged, at the moment of the division; `nil` for everybody. Models learn from all.
  package var population: ChainBox?
  /// Of the resamples.
  package var seed: UInt64

  package init(request: RecommendPlan, division: Division, seed: UInt64 = 1) {
    self.request = request
    self.division = division
    self.seed = seed
  }

  /// The methods in order: those asked for, then the two that every model has to beat.
  package var methods: [String] {
    request.using + ["trend", "popular"].filter { !request.using.contains($0) }
  }

  package static let columns = [
    PlanColumn("method", .text), PlanColumn("metric", .text), PlanColumn("users", .integer),
    PlanColumn("value", .real), PlanColumn("standard_error", .real), PlanColumn("difference", .real),
    PlanColumn("lower", .real), PlanColumn("upper", .real),
  ]
}

extension PlanText {
  func text(_ plan: RecommendationTrial) -> String {
    let division =
      switch plan.division {
      case .holdout(let length): "holdout \(times.length(length))"
      case .leaveLast: "leave_last"
      }
    let population = plan.population.map { " of \(inline($0.plan))" } ?? ""
    return "evaluate \(text(plan.request))\(population), \(division)"
  }
}

extension Meaning {
  func subject(_ plan: RecommendationTrial) -> String {
    let division =
      switch plan.division {
      case .holdout(let length): "models learn from all but the last \(text.times.length(length))"
      case .leaveLast: "models learn from all but the last item of each user, and so from the future of others"
      }
    return "lists of \(plan.request.count) by \(plan.methods.joined(separator: ", ")), judged by what users turned to "
      + "afterwards; \(division)"
  }
}
