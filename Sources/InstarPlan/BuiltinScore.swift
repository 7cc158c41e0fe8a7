/// Scores that every store has without a definition.
enum BuiltinScore: String, CaseIterable {
  case loyalty
  case purchaseProbability = "purchase_probability"
  case churnRisk = "churn_risk"
  case pAlive = "p_alive"
  case ltv365 = "ltv_365"

  static let names = allCases.map(\.rawValue)
}
