internal import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

/// Dates, lengths of time, windows and ranges: from what was written to instants.
extension Resolution {
  // MARK: Parameters

  func value(of parameter: Parameter) throws(Failure) -> Value {
    if isStored {
      throw fail(
        .parameterInDefinition, at: parameter.range,
        "$\(parameter.name) has a value only in this run, and a definition is kept",
        help: "write the value in its place, or use LET for this session")
    }
    usedParameters.append(parameter.range)
    guard let value = parameters[parameter.name] else {
      throw fail(
        .missingParameter, at: parameter.range, "no value for $\(parameter.name)",
        help: "pass it by name: --param \(parameter.name)=..")
    }
    return value
  }

  func mismatch(_ parameter: Parameter, _ value: Value, expected: String) -> Failure {
    fail(
      .parameterType, at: parameter.range,
      "$\(parameter.name) is \(value.type?.phrase ?? "missing"), and \(expected) is needed here")
  }

  func count(_ count: Count) throws(Failure) -> Int {
    switch count.kind {
    case .literal(let number): return number
    case .parameter(let parameter):
      let value = try value(of: parameter)
      guard case .integer(let number) = value, let result = Int(exactly: number), result >= 0 else {
        throw mismatch(parameter, value, expected: "a whole number from 0")
      }
      return result
    }
  }

  func text(_ text: TextValue) throws(Failure) -> String {
    switch text.kind {
    case .literal(let text): return text
    case .parameter(let parameter):
      let value = try value(of: parameter)
      guard case .text(let text) = value else { throw mismatch(parameter, value, expected: "text") }
      return text
    }
  }

  // MARK: Lengths

  /// A span as a count of units; a parameter that holds a whole length counts its days, or its milliseconds.
  func units(_ span: TimeSpan) throws(Failure) -> (count: Int, unit: PeriodUnit) {
    switch span.kind {
    case .units(let number, let unit):
      let units = (count: try count(number), unit: PeriodUnit(unit))
      guard CalendarDuration(units.count, units.unit) != nil else { throw tooLong(span) }
      return units
    case .parameter(let parameter):
      let value = try value(of: parameter)
      guard case .duration(let length) = value, length > 0 else {
        throw mismatch(parameter, value, expected: "a duration")
      }
      for unit in [PeriodUnit.day, .hour, .minute, .second] {
        if let size = unit.milliseconds, length % size == 0 { return (Int(length / size), unit) }
      }
      throw mismatch(parameter, value, expected: "a duration of whole seconds")
    }
  }

  func duration(_ span: TimeSpan) throws(Failure) -> CalendarDuration {
    let (count, unit) = try units(span)
    guard let duration = CalendarDuration(count, unit) else { throw tooLong(span) }
    return duration
  }

  private func tooLong(_ span: TimeSpan) -> Failure {
    fail(.badDate, at: span.range, "\(text(at: span.range)) is longer than the calendar reaches")
  }

  // MARK: Dates

  func range(of date: InstarSyntax.DateLiteral) throws(Failure) -> TimeRange {
    do {
      let range = try calendar.range(of: InstarCalendar.DateLiteral(date.kind))
      return TimeRange(from: range.lowerBound, to: range.upperBound)
    } catch {
      throw fail(.badDate, at: date.range, error.message)
    }
  }

  /// The period that a time point names; an instant is a period without length.
  func period(of point: TimePoint) throws(Failure) -> TimeRange {
    switch point.kind {
    case .date(let date): return try range(of: date)
    case .now: return TimeRange(from: moment, to: moment)
    case .text(let text): return try period(ofText: text, at: point.range)
    case .parameter(let parameter): return try period(of: parameter)
    }
  }

  func period(of term: DateTerm) throws(Failure) -> TimeRange {
    switch term {
    case .date(let date): try range(of: date)
    case .parameter(let parameter): try period(of: parameter)
    }
  }

  private func period(of parameter: Parameter) throws(Failure) -> TimeRange {
    let value = try value(of: parameter)
    switch value {
    case .time(let instant): return TimeRange(from: instant, to: instant)
    case .text(let text): return try period(ofText: text, at: parameter.range)
    default: throw mismatch(parameter, value, expected: "a date such as 2026-03-15")
    }
  }

  /// The text of a date with or without `@`.
  private func period(ofText text: String, at range: SourceRange) throws(Failure) -> TimeRange {
    let digits = text.hasPrefix("@") ? String(text.dropFirst()) : text
    do {
      let period = try calendar.range(of: InstarCalendar.DateLiteral(digits))
      return TimeRange(from: period.lowerBound, to: period.upperBound)
    } catch {
      throw fail(.badDate, at: range, error.message)
    }
  }

  /// The first instant of what a time point names: in AS OF, AT, SINCE, BEFORE.
  func instant(_ point: TimePoint) throws(Failure) -> Int64 { try period(of: point).from }

  // MARK: Windows and ranges

  func window(_ window: Syntax.Window?) throws(Failure) -> Window {
    guard let window else { return .ever }
    switch window.kind {
    case .ever: return .ever
    case .last(let span): return .last(try duration(span))
    case .first(let span): return .first(try duration(span))
    case .this(let unit): return .this(PeriodUnit(unit))
    case .previous(let span):
      let (count, unit) = try units(span)
      return .previous(count, unit)
    case .since(let point): return .range(from: try instant(point), to: nil)
    case .before(let point): return .range(from: nil, to: try instant(point))
    case .dates(let first, let last):
      let start = try period(of: first)
      let end = try optional(last) { term throws(Failure) in try period(of: term) } ?? start
      let range = try checked(TimeRange(from: start.from, to: end.to), at: window.range)
      return .range(from: range.from, to: range.to)
    case .next(let span):
      if looksAhead { return .next(try duration(span)) }
      throw fail(
        .lookIntoFuture, at: window.range,
        "IN NEXT looks into the future and is only allowed in PREDICT and AGAINST",
        help: "for the past write IN LAST")
    }
  }

  func range(_ range: DateRange?) throws(Failure) -> TimeRange? {
    guard let range else { return nil }
    switch range.kind {
    case .last(let span):
      let last = calendar.last(try duration(span), before: moment)
      return TimeRange(from: last.lowerBound, to: last.upperBound)
    case .this(let unit):
      let start = calendar.start(of: PeriodUnit(unit), containing: moment)
      return TimeRange(from: start, to: moment)
    case .previous(let span):
      let (count, unit) = try units(span)
      let previous = calendar.previous(count, unit, before: moment)
      return TimeRange(from: previous.lowerBound, to: previous.upperBound)
    case .dates(let first, let last):
      let start = try period(of: first)
      let end = try optional(last) { point throws(Failure) in try period(of: point) } ?? start
      return try checked(TimeRange(from: start.from, to: end.to), at: range.range)
    }
  }

  private func checked(_ range: TimeRange, at place: SourceRange) throws(Failure) -> TimeRange {
    guard range.from < range.to else {
      throw fail(.emptyRange, at: place, "the range ends before it starts", help: "write the earlier date first")
    }
    return range
  }
}

extension PeriodUnit {
  init(_ unit: TimeUnit) {
    switch unit {
    case .second: self = .second
    case .minute: self = .minute
    case .hour: self = .hour
    case .day: self = .day
    case .week: self = .week
    case .month: self = .month
    case .quarter: self = .quarter
    case .year: self = .year
    }
  }
}

extension InstarCalendar.DateLiteral {
  init(_ kind: InstarSyntax.DateLiteral.Kind) {
    switch kind {
    case .year(let year): self = .year(year)
    case .quarter(let year, let quarter): self = .quarter(year: year, quarter: quarter)
    case .week(let year, let week): self = .week(year: year, week: week)
    case .month(let year, let month): self = .month(year: year, month: month)
    case .day(let year, let month, let day): self = .day(CivilDate(year: year, month: month, day: day))
    case .minute(let year, let month, let day, let hour, let minute):
      self = .minute(CivilDate(year: year, month: month, day: day), hour: hour, minute: minute)
    case .second(let year, let month, let day, let hour, let minute, let second):
      self = .second(CivilDate(year: year, month: month, day: day), hour: hour, minute: minute, second: second)
    }
  }
}
