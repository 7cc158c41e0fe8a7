internal import InstarCalendar

/// Instants and lengths as plans and sentences print them: local time, the largest whole units.
struct TimeText {
  let calendar: Calendar

  init(_ calendar: Calendar) { self.calendar = calendar }

  /// `@2026-03-15`, with the time of day where it is not midnight.
  func instant(_ instant: Int64) -> String { "@" + plain(instant, separator: "T") }

  /// `2026-03-31 23:59:59.999`.
  func plain(_ instant: Int64, separator: String = " ") -> String {
    let date = calendar.date(of: instant)
    let local = calendar.zone.local(at: instant)
    let dayStart = Int64(date.dayNumber) * 86_400_000
    var rest = Int(local - dayStart)
    let day = "\(pad(date.year, 4))-\(pad(date.month, 2))-\(pad(date.day, 2))"
    guard rest != 0 else { return day }
    let hour = rest / 3_600_000
    rest %= 3_600_000
    var clock = "\(pad(hour, 2)):\(pad(rest / 60_000, 2))"
    rest %= 60_000
    if rest > 0 { clock += ":\(pad(rest / 1000, 2))" }
    if rest % 1000 > 0 { clock += ".\(pad(rest % 1000, 3))" }
    return day + separator + clock
  }

  /// "30 days", "1 month".
  func length(_ duration: CalendarDuration) -> String {
    guard duration.months != 0 else { return length(duration.milliseconds) }
    let months =
      duration.months % 12 == 0 ? counted(duration.months / 12, "year") : counted(duration.months, "month")
    return duration.milliseconds == 0 ? months : "\(months) \(length(duration.milliseconds))"
  }

  func length(_ milliseconds: Int64) -> String {
    let units: [(Int64, String)] = [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1000, "second")]
    for (size, name) in units where milliseconds % size == 0 { return counted(Int(milliseconds / size), name) }
    return "\(milliseconds) ms"
  }

  private func counted(_ count: Int, _ unit: String) -> String { "\(count) \(unit)\(abs(count) == 1 ? "" : "s")" }

  private func pad(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
