extension PeriodTable {
  /// The name of a period, as a date literal where the unit has one: "2026", "2026-Q1", "2026-03", "2026-W07",
  /// "2026-03-15", "2026-03-15 10:00", "2026-03-15 10:30", "2026-03-15 10:30:15".
  ///
  /// Periods of several units bear the name of their first unit. Where the clocks make a local time occur twice the
  /// name tells the two apart by the offset: "2026-10-25 01:00+01:00".
  package func label(_ index: Int) -> String {
    guard unit.isCalendarDay else {
      return calendar.clockLabel(unit, at: boundaries[index])
    }
    return calendar.label(unit, firstDay: calendar.firstDay(of: unit, every: every, ordinal: firstOrdinal + index))
  }

  /// The names of all periods, in order.
  package var labels: [String] { (0..<count).map(label) }
}

extension Calendar {
  /// The name of the period of one unit that contains `instant`, as in ``PeriodTable/label(_:)``.
  package func label(_ unit: PeriodUnit, containing instant: Int64) -> String {
    guard unit.isCalendarDay else { return clockLabel(unit, at: start(of: unit, containing: instant)) }
    return label(unit, firstDay: firstDay(of: unit, ordinal: ordinal(of: unit, containing: instant)))
  }

  fileprivate func label(_ unit: PeriodUnit, firstDay: Int) -> String {
    let date = CivilDate(dayNumber: firstDay)
    var bytes: [UInt8] = []
    switch unit {
    case .year: TimeFormatter.appendYear(date.year, to: &bytes)
    case .quarter:
      TimeFormatter.appendYear(date.year, to: &bytes)
      bytes += [UInt8(ascii: "-"), UInt8(ascii: "Q"), 49 + UInt8((date.month - 1) / 3)]
    case .month:
      TimeFormatter.appendYear(date.year, to: &bytes)
      TimeFormatter.append("-", date.month, to: &bytes)
    case .week:
      let (year, week) = week(beginningOn: firstDay)
      TimeFormatter.appendYear(year, to: &bytes)
      bytes.append(UInt8(ascii: "-"))
      TimeFormatter.append("W", week, to: &bytes)
    default: TimeFormatter.append(date, to: &bytes)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  fileprivate func clockLabel(_ unit: PeriodUnit, at start: Int64) -> String {
    let offset = zone.offset(at: start)
    let precision: TimeFormatter.Precision = unit == .second ? .seconds : .minutes
    let text = TimeFormatter(zone: zone, precision: precision).text(start)
    return zone.isAmbiguous(local: start + offset) ? text + TimeFormatter.offsetText(offset) : text
  }
}
