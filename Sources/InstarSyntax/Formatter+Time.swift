extension Formatter {
  static func singular(_ unit: TimeUnit) -> String { unit.rawValue.uppercased() }

  static func plural(_ unit: TimeUnit) -> String { unit.rawValue.uppercased() + "S" }

  static func timeSpan(_ span: TimeSpan) -> String {
    switch span.kind {
    case .units(let number, let unit):
      count(number) + " " + (number.kind == .literal(1) ? singular(unit) : plural(unit))
    case .parameter(let value):
      parameter(value)
    }
  }

  static func date(_ date: DateLiteral) -> String {
    switch date.kind {
    case .year(let year): "@" + padded(year, 4)
    case .quarter(let year, let quarter): "@\(padded(year, 4))-Q\(quarter)"
    case .week(let year, let week): "@\(padded(year, 4))-W\(padded(week))"
    case .month(let year, let month): "@\(padded(year, 4))-\(padded(month))"
    case .day(let year, let month, let day): dayDate(year, month, day)
    case .minute(let year, let month, let day, let hour, let minute):
      "\(dayDate(year, month, day))T\(padded(hour)):\(padded(minute))"
    case .second(let year, let month, let day, let hour, let minute, let second):
      "\(dayDate(year, month, day))T\(padded(hour)):\(padded(minute)):\(padded(second))"
    }
  }

  private static func dayDate(_ year: Int, _ month: Int, _ day: Int) -> String {
    "@\(padded(year, 4))-\(padded(month))-\(padded(day))"
  }

  private static func padded(_ value: Int, _ width: Int = 2) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  static func timePoint(_ point: TimePoint) -> String {
    switch point.kind {
    case .date(let value): date(value)
    case .text(let value): quotedText(value)
    case .parameter(let value): parameter(value)
    case .now: "NOW"
    }
  }

  static func dateTerm(_ term: DateTerm) -> String {
    switch term {
    case .date(let value): date(value)
    case .parameter(let value): parameter(value)
    }
  }

  static func window(_ window: Window) -> String {
    switch window.kind {
    case .last(let span): "IN LAST " + timeSpan(span)
    case .next(let span): "IN NEXT " + timeSpan(span)
    case .this(let unit): "IN THIS " + singular(unit)
    case .previous(let span): "IN PREVIOUS " + timeSpan(span)
    case .first(let span): "IN FIRST " + timeSpan(span)
    case .dates(let from, let to): "IN " + dateTerm(from) + (to.map { " TO " + dateTerm($0) } ?? "")
    case .since(let point): "SINCE " + timePoint(point)
    case .before(let point): "BEFORE " + timePoint(point)
    case .ever: "EVER"
    }
  }

  static func dateRange(_ range: DateRange) -> String {
    switch range.kind {
    case .last(let span): "LAST " + timeSpan(span)
    case .this(let unit): "THIS " + singular(unit)
    case .previous(let span): "PREVIOUS " + timeSpan(span)
    case .dates(let from, let to): timePoint(from) + (to.map { " TO " + timePoint($0) } ?? "")
    }
  }

  static func moment(_ moment: Moment) -> String {
    switch moment {
    case .time(let point): timePoint(point)
    case .path(let value): path(value)
    case .call(let value): call(value)
    case .expression(let value): "(" + sum(value) + ")"
    }
  }
}
