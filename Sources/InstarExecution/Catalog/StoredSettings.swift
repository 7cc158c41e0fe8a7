import InstarCalendar
import InstarPlan

/// Settings as the store keeps them: names and texts.
enum StoredSettings {
  static func settings(_ stored: [String: String]) -> Settings {
    var result = Settings()
    if let zone = stored["timezone"] { result.timeZone = zone }
    if let start = stored["week_start"] { result.weekStart = start }
    if let clock = stored["clock"] { result.clock = self.clock(clock) }
    result.goalEvent = stored["goal_event"]
    if let unknown = stored["unknown_events"].flatMap(Settings.UnknownEvents.init) { result.unknownEvents = unknown }
    if let threshold = stored["privacy_threshold"].flatMap({ Int($0) }) { result.privacyThreshold = threshold }
    if let limit = stored["future_limit"].flatMap({ Int64($0) }) { result.futureLimit = limit }
    for resource in StatementLimits.Resource.allCases {
      if let limit = stored["limit_\(resource.rawValue)"].flatMap({ Int($0) }) { result.limits[resource] = limit }
    }
    if let noun = stored["noun_users"] { result.userNoun = noun }
    if let noun = stored["noun_items"] { result.itemNoun = noun }
    result.retention = stored[RetentionSetting.length].flatMap(RetentionSetting.duration)
    result.retainedFrom = stored[RetentionSetting.boundary].flatMap { Int64($0) }
    if let purposes = stored["consent_required"] {
      result.consentRequired = Set(purposes.split(separator: " ").map(String.init))
    }
    return result
  }

  private static func clock(_ text: String) -> Settings.Clock {
    switch text {
    case "last_event": .lastEvent
    case "system": .system
    default: Int64(text).map(Settings.Clock.fixed) ?? .lastEvent
    }
  }

  /// The name and text of a change.
  static func entry(_ change: SettingChange) -> (name: String, text: String) {
    switch change {
    case .timeZone(let name): ("timezone", name)
    case .weekStart(let day): ("week_start", day)
    case .clock(.lastEvent): ("clock", "last_event")
    case .clock(.system): ("clock", "system")
    case .clock(.fixed(let instant)): ("clock", "\(instant)")
    case .goalEvent(let event): ("goal_event", event)
    case .unknownEvents(let unknown): ("unknown_events", unknown.rawValue)
    case .privacyThreshold(let users): ("privacy_threshold", "\(users)")
    case .privacyBudget(let budget): (PrivacyLedger.setting, "\(budget)")
    case .limit(let resource, let number): ("limit_\(resource.rawValue)", "\(number)")
    case .futureLimit(milliseconds: let limit): ("future_limit", "\(limit)")
    case .noun(plural: let word, for: let owner): (owner == .item ? "noun_items" : "noun_users", word)
    case .consentRequired(let purposes): ("consent_required", purposes.sorted().joined(separator: " "))
    }
  }
}

/// What RETAIN keeps in the settings.
enum RetentionSetting {
  /// The length: months and milliseconds.
  static let length = "retain_events"
  /// The moment before which events were trimmed, milliseconds since 1970.
  static let boundary = "retained_from"

  static func text(_ duration: CalendarDuration) -> String { "\(duration.months) \(duration.milliseconds)" }

  static func duration(_ text: String) -> CalendarDuration? {
    let parts = text.split(separator: " ")
    guard parts.count == 2, let months = Int(parts[0]), let milliseconds = Int64(parts[1]) else { return nil }
    return CalendarDuration(months: months, milliseconds: milliseconds)
  }

  /// A boundary in local time: the day where it begins one.
  static func text(of moment: Int64, _ calendar: Calendar) -> String {
    let isDay = calendar.start(of: .day, containing: moment) == moment
    return TimeFormatter(zone: calendar.zone, precision: isDay ? .days : .automatic).text(moment)
  }

  /// "25 months", "400 days".
  static func phrase(_ duration: CalendarDuration) -> String {
    func counted(_ count: Int64, _ unit: String) -> String { "\(count) \(unit)\(count == 1 ? "" : "s")" }
    let units: [(size: Int64, name: String)] = [
      (86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second"),
    ]
    var parts: [String] = []
    if duration.months > 0 { parts.append(counted(Int64(duration.months), "month")) }
    if let unit = units.first(where: { duration.milliseconds % $0.size == 0 }), duration.milliseconds > 0 {
      parts.append(counted(duration.milliseconds / unit.size, unit.name))
    }
    return parts.joined(separator: " ")
  }
}
