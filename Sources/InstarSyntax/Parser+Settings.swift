extension Parser {
  mutating func parseSet() throws(SyntaxError) -> Setting {
    let start = index
    try expect(.set)
    let kind: Setting.Kind
    if at(.timezone) {
      kind = .timezone(try parseTimezoneSetting())
    } else if at(.week) {
      kind = .weekStart(try parseWeekSetting())
    } else if at(.clock) {
      kind = .clock(try parseClockSetting())
    } else if at(.privacy) {
      kind = try parsePrivacySetting()
    } else if at(.unknown) {
      kind = .unknownEvents(try parseUnknownSetting())
    } else if at(.goal) {
      kind = .goalEvent(try parseGoalSetting())
    } else if at(.noun) {
      kind = try parseNounSetting()
    } else if at(.future) {
      kind = .futureLimit(try parseFutureSetting())
    } else if at(.limit) {
      kind = try parseLimitSetting()
    } else {
      kind = .consentRequired(try parseConsentSetting())
    }
    return Setting(kind: kind, range: range(from: start))
  }

  mutating func parseTimezoneSetting() throws(SyntaxError) -> TextValue {
    try expect(.timezone)
    return try parseText(.timezone)
  }

  mutating func parseWeekSetting() throws(SyntaxError) -> Name {
    try expect(.week)
    try expect(.start)
    return try parseName(.settingValue)
  }

  mutating func parseClockSetting() throws(SyntaxError) -> Setting.Clock {
    try expect(.clock)
    return isAtTimePoint() ? .fixed(try parseTimePoint()) : .named(try parseName(.settingValue))
  }

  mutating func parsePrivacySetting() throws(SyntaxError) -> Setting.Kind {
    try expect(.privacy)
    if accept(.budget) { return .privacyBudget(try parseCount()) }
    try expect(.threshold)
    return .privacyThreshold(try parseCount())
  }

  mutating func parseUnknownSetting() throws(SyntaxError) -> Name {
    try expect(.unknown)
    try expect(.events)
    return try parseName(.settingValue)
  }

  mutating func parseGoalSetting() throws(SyntaxError) -> EventName {
    try expect(.goal)
    try expect(.event)
    return try parseEventName()
  }

  mutating func parseNounSetting() throws(SyntaxError) -> Setting.Kind {
    try expect(.noun)
    if accept(.users) { return .userNoun(try parseName(.new)) }
    try expect(.items)
    return .itemNoun(try parseName(.new))
  }

  mutating func parseFutureSetting() throws(SyntaxError) -> TimeSpan {
    try expect(.future)
    try expect(.limit)
    return try parseTimeSpan()
  }

  mutating func parseLimitSetting() throws(SyntaxError) -> Setting.Kind {
    try expect(.limit)
    let resource = try parseName(.settingValue)
    return .limit(resource, try parseCount())
  }

  mutating func parseConsentSetting() throws(SyntaxError) -> [Purpose] {
    try expect(.consent)
    try expect(.required)
    try expect(.for)
    return accept(.nothing) ? [] : try parsePurposes()
  }
}
