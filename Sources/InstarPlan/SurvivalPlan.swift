/// PREDICT TIME TO: how long it takes until an event, of users some of whom have not had it yet.
///
/// A clock starts for each user, at the first event of any kind or at each event that is an anchor, and ends with the
/// first such event behind its start. Where none has come by the moment of the statement, the duration is censored.
package struct SurvivalPlan: Sendable, Hashable {
  package enum Method: String, Sendable, Hashable, CaseIterable {
    case kaplanMeier = "kaplan_meier"
    case nelsonAalen = "nelson_aalen"
    /// Whether groups differ.
    case logRank = "log_rank"
    /// What raises the rate, and how long it takes for each user.
    case cox
    /// Renewals of contracts: shifted beta-geometric.
    case sbg
  }

  package enum Ties: String, Sendable, Hashable, CaseIterable { case efron, breslow }

  /// Choices with a default, from the clause WITH.
  package struct Options: Sendable, Hashable {
    package var confidence = 0.95
    /// The length of a row of a curve, and of a contract, milliseconds.
    package var every: Int64
    /// Of `log_rank`: the power of survival that weighs an event.
    package var rho = 0.0
    package var ties = Ties.efron
    /// Of `cox`: the penalty on half the squared coefficients of features scaled to deviation 1.
    package var penalty = 0.0
    /// Of `cox`: numbers and conditions of users.
    package var features: [NamedExpression] = []
    /// Of `cox`: days from the moment on, for each of which there is a column.
    package var horizons: [Double] = [30, 90, 365]
    /// Of `cox`: a row for each feature in place of each user.
    package var listsCoefficients = false
    /// Of `sbg`: how many renewals are shown; `nil` for those that were seen.
    package var renewals: Int?

    package init(every: Int64) { self.every = every }
  }

  package var event: EventPattern
  /// The events that start a clock; `nil` for the first event of each user.
  package var anchor: EventPattern?
  /// With an anchor: a chain of conditions that must hold just before it.
  package var population: ChainBox?
  package var method: Method
  package var by: [Bucket] = []
  package var options: Options
  /// The name after AS.
  package var column: String?
  /// Reasons per row; `nil` for none.
  package var why: Int?
  /// "TIME TO purchase".
  package var text: String

  package init(
    event: EventPattern, anchor: EventPattern? = nil, population: ChainBox? = nil, method: Method, options: Options,
    text: String
  ) {
    self.event = event
    self.anchor = anchor
    self.population = population
    self.method = method
    self.options = options
    self.text = text
  }

  /// Whether the step adds columns to users; the others sum them up.
  package var isPerUser: Bool { method == .cox && !options.listsCoefficients }

  /// The columns of the summary, or those that the step adds.
  package var columns: [PlanColumn] {
    let groups = by.map { PlanColumn($0.name, $0.key.type, unit: $0.key.unit) }
    let risk = [PlanColumn("at_risk", .integer), PlanColumn("events", .integer)]
    let limits = [PlanColumn("low", .real), PlanColumn("high", .real)]
    switch method {
    case .kaplanMeier:
      return groups + [PlanColumn("days", .real)] + risk + [PlanColumn(column ?? "survival", .real)] + limits
    case .nelsonAalen:
      return groups + [PlanColumn("days", .real)] + risk + [PlanColumn(column ?? "hazard", .real)] + limits
    case .logRank:
      return groups + [
        PlanColumn("users", .integer), PlanColumn("events", .real), PlanColumn("expected", .real),
        PlanColumn("ratio", .real), PlanColumn("chi_square", .real), PlanColumn("df", .integer),
        PlanColumn("p", .real),
      ]
    case .sbg:
      return groups + [PlanColumn("renewal", .integer)] + [
        PlanColumn("at_risk", .integer), PlanColumn("lost", .integer), PlanColumn("observed", .real),
        PlanColumn(column ?? "survival", .real), PlanColumn("retention", .real),
      ]
    case .cox where options.listsCoefficients:
      return [
        PlanColumn("feature", .text), PlanColumn("coefficient", .real), PlanColumn("se", .real),
        PlanColumn("hazard_ratio", .real), PlanColumn("low", .real), PlanColumn("high", .real), PlanColumn("z", .real),
        PlanColumn("p", .real),
      ]
    case .cox:
      let quantiles = ["p10", "p25", column ?? "median", "p75", "p90"].map { PlanColumn($0, .real, unit: "days") }
      let chances = options.horizons.map { PlanColumn("survival_\(Self.days($0))", .real) }
      return quantiles + chances + (why == nil ? [] : [PlanColumn("why", .text)])
    }
  }

  private static func days(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e9 ? "\(Int(number))" : "\(number)"
  }
}
