package import InstarCalendar
internal import InstarColumns

/// FORECAST: the periods of an AGGREGATE continued.
package struct ForecastPlan: Sendable, Hashable {
  package enum Method: String, Sendable, Hashable, CaseIterable {
    /// The two ways that erred least in the back-tests, averaged.
    case auto
    /// The value of one season ago.
    case seasonal
  }

  /// The buckets of the AGGREGATE, which the columns of the result begin with.
  package var by: [Bucket]
  /// The position of the bucket of time.
  package var period: Int
  /// The figure that goes on, as it is called and counted.
  package var figure: PlanColumn
  /// The range of the AGGREGATE: the forecast begins after its last whole period.
  package var during: TimeRange?
  package var horizon: CalendarDuration
  package var method: Method
  /// Periods of a season; `nil` for what the unit of time suggests.
  package var season: Int?
  /// The probability that the interval holds a value.
  package var level: Double

  package init(
    by: [Bucket], period: Int, figure: PlanColumn, during: TimeRange? = nil, horizon: CalendarDuration,
    method: Method = .auto, season: Int? = nil, level: Double = 0.95
  ) {
    self.by = by
    self.period = period
    self.figure = figure
    self.during = during
    self.horizon = horizon
    self.method = method
    self.season = season
    self.level = level
  }

  /// The bucket columns, then what is said of each period.
  package var columns: [PlanColumn] {
    by.map { PlanColumn($0.name, $0.key.type, unit: $0.key.unit) }
      + ["value", "low", "high", "baseline"].map { PlanColumn($0, .real, unit: figure.unit) }
      + [PlanColumn("error", .real), PlanColumn("baseline_error", .real)]
  }
}
