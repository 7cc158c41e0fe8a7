import InstarCalendar
import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// FORECAST: each series of the table goes on after its last whole period.
struct ForecastOperator {
  let environment: QueryEnvironment
  let plan: ForecastPlan

  /// More periods ahead than these are refused.
  private static let mostPeriods = 10_000

  /// The whole periods of one group, and the row that its breakdown values stand in.
  private struct Series {
    var row: Int
    var values: [Double]
  }

  func run(_ outcome: inout QueryOutcome) throws {
    let table = outcome.table
    let bucket = plan.by[plan.period]
    guard let (every, unit) = bucket.key.units else { preconditionFailure("a bucket of time has a unit") }
    let range = environment.range(during: plan.during)
    guard table.rowCount > 0, !range.isEmpty else {
      outcome.table = Table(columns: plan.columns.map { ColumnBuilder($0.name, type: $0.type, unit: $0.unit).finish() })
      return
    }
    // Past periods and those of the horizon, in one numbering.
    let reach = environment.calendar.adding(plan.horizon, to: range.upperBound)
    let periods = try PeriodTable(
      unit, every: every, over: range.lowerBound..<environment.calendar.nextStart(of: unit, every: every, after: reach),
      in: environment.calendar)
    let whole = wholePeriods(periods, range)
    let series = series(table, periods, whole)
    let future = future(periods, after: whole.upperBound)
    guard future.count <= Self.mostPeriods else {
      throw ExecutionError(
        "E0420",
        "the forecast would have \(future.count) periods of a \(unit.rawValue), and \(Self.mostPeriods) is the most",
        help: "look less far ahead, or count longer periods")
    }
    guard !future.isEmpty, !whole.isEmpty else {
      throw ExecutionError(
        "E0420", "there is no whole \(unit.rawValue) to go on from, or none ahead",
        help: "give DURING more periods, or FORECAST a longer time")
    }
    let forecasts = try series.map { one throws -> Forecaster.Forecast in
      if environment.isCancelled() { throw ScanCancelled() }
      return forecast(one.values, unit: unit, every: every, horizon: future.count)
    }
    outcome.table = result(table, series, forecasts, future.map { periods.label($0) })
    let untested = forecasts.count { $0.error == nil }
    if untested > 0 {
      outcome.notes.append("\(untested) of \(forecasts.count) series are too short or too empty for a back-test")
    }
  }

  private func forecast(_ values: [Double], unit: PeriodUnit, every: Int, horizon: Int) -> Forecaster.Forecast {
    let season = plan.season ?? Self.season(unit, every, values.count)
    let forecaster = Forecaster(.init(horizon: horizon, season: season, level: plan.level))
    return plan.method == .seasonal ? forecaster.naiveForecast(values) : forecaster.forecast(values)
  }

  /// What a season of such periods usually is: a week of hours or days, a year of weeks or longer.
  private static func season(_ unit: PeriodUnit, _ every: Int, _ known: Int) -> Int {
    let candidates: [Int] =
      switch unit {
      case .second, .minute: [60]
      case .hour: [168, 24]
      case .day: [7]
      case .week: [52]
      case .month: [12]
      case .quarter: [4]
      case .year: [1]
      }
    let possible = candidates.filter { $0 % every == 0 }.map { $0 / every }
    return possible.first { known >= 2 * $0 } ?? possible.last ?? 1
  }

  // MARK: - Series

  /// The periods that the range covers from start to end.
  private func wholePeriods(_ periods: PeriodTable, _ range: Range<Int64>) -> Range<Int> {
    let cutsFirst = plan.during != nil && periods.period(0).lowerBound < range.lowerBound
    var end = cutsFirst ? 1 : 0
    while end < periods.count, periods.period(end).upperBound <= range.upperBound { end += 1 }
    return (cutsFirst ? 1 : 0)..<max(end, cutsFirst ? 1 : 0)
  }

  private func series(_ table: Table, _ periods: PeriodTable, _ whole: Range<Int>) -> [Series] {
    var numbers: [String: Int] = [:]
    for number in whole { numbers[periods.label(number)] = number }
    let keys = plan.by.indices.filter { $0 != plan.period }.map { table.columns[$0] }
    let figure = table.columns[plan.by.count]
    var places: [[Value]: Int] = [:]
    var found: [Series] = []
    var values: [[Double?]] = []
    for row in 0..<table.rowCount {
      let key = keys.map { $0[row] }
      guard case .text(let label) = table.columns[plan.period][row], let number = numbers[label] else { continue }
      let place = places[key] ?? found.count
      if place == found.count {
        places[key] = place
        found.append(Series(row: row, values: []))
        values.append([Double?](repeating: nil, count: whole.count))
      }
      values[place][number - whole.lowerBound] = figure[row].number
    }
    for place in found.indices { found[place].values = Self.filled(values[place]) }
    return found
  }

  /// The values from the first that is not 0 on; a period without a value has that of the one before.
  private static func filled(_ values: [Double?]) -> [Double] {
    let first = values.firstIndex { ($0 ?? 0) != 0 } ?? max(values.count - 1, 0)
    var last = 0.0
    return values[first...].map { value in
      last = value ?? last
      return last
    }
  }

  /// The periods that begin within the horizon.
  private func future(_ periods: PeriodTable, after first: Int) -> Range<Int> {
    guard first < periods.count else { return first..<first }
    let end = environment.calendar.adding(plan.horizon, to: periods.period(first).lowerBound)
    var last = first
    while last < periods.count, periods.period(last).lowerBound < end { last += 1 }
    return first..<last
  }

  // MARK: - Result

  /// Period by period where the bucket of time stands first, else series by series.
  private func result(
    _ table: Table, _ series: [Series], _ forecasts: [Forecaster.Forecast], _ labels: [String]
  ) -> Table {
    var order: [(series: Int, step: Int)] = []
    if plan.period == 0 {
      for step in labels.indices { order += series.indices.map { ($0, step) } }
    } else {
      for one in series.indices { order += labels.indices.map { (one, $0) } }
    }
    let rows = order.map { series[$0.series].row }
    var columns: [Column] = []
    for (position, bucket) in plan.by.enumerated() {
      if position == plan.period {
        columns.append(Column(bucket.name, type: .text, values: .texts(order.map { labels[$0.step] })))
      } else {
        let column = table.columns[position]
        columns.append(Vector(column).gathered(rows).column(bucket.name, unit: column.unit, count: rows.count))
      }
    }
    func figure(_ name: String, _ value: (Forecaster.Point) -> Double) -> Column {
      Column(name, unit: plan.figure.unit, reals: order.map { value(forecasts[$0.series].points[$0.step]) })
    }
    columns += [
      figure("value", \.value), figure("low", \.low), figure("high", \.high), figure("baseline", \.baseline),
      Column("error", reals: order.map { forecasts[$0.series].error }),
      Column("baseline_error", reals: order.map { forecasts[$0.series].baselineError }),
    ]
    return Table(columns: columns, rowCount: order.count)
  }
}
