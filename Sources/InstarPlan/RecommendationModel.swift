internal import InstarColumns

/// `DEFINE MODEL r AS RECOMMEND n ..`: which methods a version fits, and how.
package struct RecommendationModel: Sendable, Hashable {
  /// The length of the lists by which a version is judged.
  package var count: Int
  /// The chain of methods that the name stands for.
  package var using: [String]
  package var measure: RecommendPlan.Measure
  package var promotion: PredictionModel.Promotion

  package init(
    count: Int, using: [String], measure: RecommendPlan.Measure = .normalised,
    promotion: PredictionModel.Promotion = .ifBetter
  ) {
    self.count = count
    self.using = using
    self.measure = measure
    self.promotion = promotion
  }
}

/// TRAIN of a model that recommends.
package struct RecommendationTraining: Sendable, Hashable {
  package var name: String
  package var model: RecommendationModel
  /// The DEFINE statement, kept with the version.
  package var definition: String

  package init(name: String, model: RecommendationModel, definition: String) {
    self.name = name
    self.model = model
    self.definition = definition
  }

  package static let columns = [
    PlanColumn("model", .text), PlanColumn("version", .integer), PlanColumn("state", .text),
    PlanColumn("interactions", .integer), PlanColumn("users", .integer), PlanColumn("items", .integer),
    PlanColumn("judged", .integer), PlanColumn("ndcg", .real), PlanColumn("popular_ndcg", .real),
    PlanColumn("note", .text),
  ]
}
