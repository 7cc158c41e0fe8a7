import InstarColumns
import InstarModels
import InstarPlan

/// PREDICT TIME TO .. USING cox: what raises the rate of the event, and how long it takes for each user.
struct CoxPrediction {
  let environment: QueryEnvironment
  let plan: SurvivalPlan
  let spells: Spells

  private static let shares = [0.1, 0.25, 0.5, 0.75, 0.9]

  func run(_ outcome: inout QueryOutcome) throws {
    let model = try fit()
    for line in lines(model) { environment.log.add(line: line) }
    for note in warnings(model) { environment.log.add(note: note) }
    if plan.options.listsCoefficients {
      outcome.table = coefficients(model)
    } else {
      let columns = columns(outcome.table, model)
      outcome.table.columns += columns.columns
      if columns.outside > 0 {
        outcome.notes.append(
          "\(columns.outside) users have no prediction: \(plan.event.text) has come, or no clock has started")
      }
    }
  }

  private func fit() throws -> CoxModel {
    let options = plan.options
    let ties: CoxModel.Ties = options.ties == .efron ? .efron : .breslow
    do {
      return try CoxModel.fit(
        spells.features, durations: spells.durations, observed: spells.observed,
        .init(ties: ties, ridge: options.penalty))
    } catch {
      throw ExecutionError("E0408", error.message, help: "a wider population, or an earlier start of the clock")
    }
  }

  // MARK: - Receipt

  private func lines(_ model: CoxModel) -> [String] {
    let test = model.likelihoodRatio
    let digits = SurvivalText.digits
    var text = "cox: \(plan.text); \(model.rowCount) clocks, \(model.eventCount) stopped; "
    text += "log-likelihood \(digits(model.logLikelihood)) (without features \(digits(model.nullLogLikelihood))), "
    text += "likelihood ratio \(digits(test.statistic)) with \(SurvivalText.freedom(test.degreesOfFreedom)), "
    text += "p = \(digits(test.pValue))"
    if let concordance = model.concordance { text += ", C-index \(digits(concordance))" }
    let strongest = model.effects(confidence: plan.options.confidence).filter { $0.z.isFinite }
      .sorted { abs($0.z) > abs($1.z) }.prefix(5)
    let effects = strongest.map { "\($0.name) x \(digits($0.ratio)) (p = \(digits($0.pValue)))" }
    return [effects.isEmpty ? text : text + "; rate by unit of " + effects.joined(separator: ", ")]
  }

  private func warnings(_ model: CoxModel) -> [String] {
    var notes: [String] = []
    if !model.droppedNames.isEmpty {
      notes.append("dropped, constant or following from others: \(model.droppedNames.joined(separator: ", "))")
    }
    if !model.unboundedNames.isEmpty {
      notes.append(
        "the coefficient may be infinite, because one side has no event: \(model.unboundedNames.joined(separator: ", "))"
      )
    }
    if !model.converged { notes.append("cox did not converge in \(model.iterations) steps") }
    return notes
  }

  private func coefficients(_ model: CoxModel) -> Table {
    func known(_ number: Double) -> Value { number.isFinite ? .real(number) : .missing }
    let rows = model.effects(confidence: plan.options.confidence).map { effect -> [Value] in
      guard effect.standardError.isFinite else { return [.text(effect.name)] + [Value](repeating: .missing, count: 7) }
      return [
        .text(effect.name), .real(effect.coefficient), .real(effect.standardError), known(effect.ratio),
        known(effect.lower), known(effect.upper), known(effect.z), known(effect.pValue),
      ]
    }
    return Table(rows: rows, columns: plan.columns)
  }

  // MARK: - Users

  /// The columns of the users of a table: what their newest clock says, where it still runs.
  private func columns(_ table: Table, _ model: CoxModel) -> (columns: [Column], outside: Int) {
    var newest: [UInt32: Int] = [:]
    for place in spells.users.indices { newest[spells.users[place]] = place }
    let places = (table.users ?? []).map { user in newest[user].flatMap { spells.observed[$0] ? nil : $0 } }
    let rows = places.map { place in place.map { spells.features.row($0) } }
    func column(_ name: String, unit: String? = nil, _ value: (Int, [Double]) -> Double?) -> Column {
      let values = zip(places, rows).map { place, row -> Double? in
        guard let place, let row else { return nil }
        return value(place, row)
      }
      return Column(name, unit: unit, reals: values)
    }
    let names = plan.columns.map(\.name)
    var columns: [Column] = []
    for (share, name) in zip(Self.shares, names) {
      columns.append(
        column(name, unit: "days") { model.quantile(ofRow: $1, share, after: spells.durations[$0]) })
    }
    for (horizon, name) in zip(plan.options.horizons, names.dropFirst(Self.shares.count)) {
      columns.append(column(name) { model.survival(ofRow: $1, at: horizon, after: spells.durations[$0]) })
    }
    if let why = plan.why {
      columns.append(Column("why", texts: rows.map { $0.map { reasons(model, $0, why) } }))
    }
    return (columns, places.count { $0 == nil })
  }

  /// "plan = pro 1.0 (-0.41), age 62.0 (+0.2)": amounts add to the logarithm of the rate.
  private func reasons(_ model: CoxModel, _ row: [Double], _ count: Int) -> String {
    func rounded(_ number: Double) -> Double { (number * 100).rounded() / 100 }
    return model.contributions(ofRow: row).prefix(count).filter { $0.part != 0 }.map { feature, part in
      let value = model.names.firstIndex(of: feature).map { "\(rounded(row[$0]))" } ?? "unknown"
      return "\(feature) \(value) (\(part < 0 ? "-" : "+")\(rounded(abs(part))))"
    }.joined(separator: ", ")
  }
}
