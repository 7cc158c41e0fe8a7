internal import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

extension Resolution {
  func forecast(_ tree: ForecastStep, at range: SourceRange, in builder: inout ChainBuilder) throws(Failure) {
    guard case .aggregate(let aggregate)? = builder.plan.steps.last,
      let period = aggregate.by.firstIndex(where: \.key.isPeriod)
    else {
      throw fail(
        .wrongRows, at: range, "FORECAST goes on from the periods of an AGGREGATE just before it",
        help: "write EVENTS purchase AGGREGATE sum(amount) AS revenue BY WEEK FORECAST 4 WEEKS")
    }
    guard aggregate.aggregates.count == 1, let figure = aggregate.aggregates.first, figure.expression.type.isNumber,
      aggregate.lift == nil
    else {
      throw fail(
        .wrongRows, at: range, "FORECAST continues one number, and AGGREGATE gives something else",
        help: "keep one aggregate: AGGREGATE sum(amount) AS revenue BY WEEK")
    }
    let options = try Options(tree.options, of: "FORECAST", allowed: ["level", "season"], in: self)
    let length = try duration(tree.length)
    guard length.approximateMilliseconds > 0 else {
      throw fail(.optionValue, at: tree.length.range, "FORECAST looks at least one period ahead")
    }
    var plan = ForecastPlan(
      by: aggregate.by, period: period,
      figure: PlanColumn(figure.name, figure.expression.type, unit: figure.expression.unit),
      during: aggregate.during, horizon: length, method: try forecastMethod(tree.methods))
    plan.season = try options.whole("season", in: 1...10_000)
    if let level = try options.number("level", in: 0.01...0.999) {
      plan.level = level
    } else {
      useDefault("level = 0.95")
    }
    try checkDistinct(plan.columns, at: range)
    builder.append(.forecast(plan))
    builder.becomeTable(plan.columns, hasUser: false, by: "FORECAST")
    builder.plan.shape = .table
  }

  private func forecastMethod(_ methods: [Name]) throws(Failure) -> ForecastPlan.Method {
    guard let name = methods.first else {
      useDefault("using = auto")
      return .auto
    }
    guard methods.count == 1, let method = ForecastPlan.Method(rawValue: name.text) else {
      throw fail(.optionValue, at: name.range, "FORECAST goes USING auto or seasonal")
    }
    return method
  }
}

extension PlanText {
  func text(_ plan: ForecastPlan) -> String {
    var words = "forecast \(times.length(plan.horizon)) of \(Names.quoted(plan.figure.name)) \(plan.method.rawValue)"
    if let season = plan.season { words += " season \(season)" }
    return words + " level \(plan.level)"
  }
}

extension Meaning {
  func sentence(_ plan: ForecastPlan) -> String {
    let others = plan.by.indices.filter { $0 != plan.period }.map { plan.by[$0] }
    var words = "\(plan.figure.name) continued for \(text.times.length(plan.horizon))" + per(others)
    words += plan.method == .seasonal ? " by the value of one season ago" : " by what erred least in back-tests"
    return words
  }
}
