import InstarCalendar
import InstarModels
import InstarPlan

/// WHY: what moved a prediction most, in words, and the events behind it.
struct ModelReasons: Sendable {
  private let predictor: Predictor
  private let names: [String: Int]
  private let phrases: [String: String]
  private let evidence: [String: FeatureEvidence]
  private let count: Int
  private let dates: TimeFormatter

  /// - Parameter zone: in which the days of events are told.
  init(_ trained: TrainedModel, _ model: PredictionModel, count: Int, zone: Zone) {
    dates = TimeFormatter(zone: zone, precision: .days)
    predictor = trained.predictor
    self.count = count
    let names = trained.specification.names
    self.names = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let kinds = trained.specification.choice.kinds
    let own = Set(trained.specification.expressions.map(\.name))
    evidence = names.reduce(into: [:]) { $0[$1] = own.contains($1) ? nil : FeatureEvidence($1, kinds: kinds) }
    let event = model.subject.text
    var phrases = kinds.reduce(into: [String: String]()) { phrases, kind in
      for window in SlotFeatures.windows { phrases["\(kind.name)_\(window)"] = "\(kind.name) in \(window) days" }
      phrases["\(kind.name)_recency"] = "days since the last \(kind.name)"
    }
    for name in names where phrases[name] == nil { phrases[name] = Self.phrase(name, event) }
    self.phrases = phrases
  }

  /// "days since the last purchase 3.2 (+0.81) [2026-03-17], ..": the reasons of one row, strongest first; amounts add to
  /// the logit, and the dates are those of the newest events behind them.
  func text(_ values: [Double], _ events: EventsOfUser) -> String {
    let parts = predictor.contributions(ofRow: values).prefix(count).filter { $0.part != 0 }
    return parts.map { part in
      let sign = part.part < 0 ? "-" : "+"
      let amount = "(\(sign)\(Self.rounded(abs(part.part))))"
      let missing = names[part.feature] == nil && part.feature.hasPrefix("no ")
      let name = missing ? String(part.feature.dropFirst(3)) : part.feature
      let phrase = phrases[name] ?? name
      guard let column = names[name], !missing, !values[column].isNaN else { return "\(phrase) unknown \(amount)" }
      return "\(phrase) \(Self.rounded(values[column])) \(amount)" + pointer(name, events)
    }.joined(separator: ", ")
  }

  private func pointer(_ feature: String, _ events: EventsOfUser) -> String {
    guard let found = evidence[feature].map(events.times), !found.times.isEmpty else { return "" }
    let days = found.times.map { dates.text($0) }
    let distinct = days.indices.filter { $0 == 0 || days[$0] != days[$0 - 1] }.map { days[$0] }
    return " [\(distinct.joined(separator: ", "))\(found.hasMore ? ", .." : "")]"
  }

  private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

  /// A feature's name in words; `event` is what the target speaks of.
  private static func phrase(_ feature: String, _ event: String) -> String {
    if let length = window(feature, "goals_") { return "\(event) in \(length) days" }
    if let length = window(feature, "spend_") { return "amount of \(event) in \(length) days" }
    if let length = window(feature, "events_") { return "events in \(length) days" }
    if let length = window(feature, "trend_") { return "\(event) in \(length) days less in the \(length) before" }
    if let length = window(feature, "ewma_") { return "\(event), each halved every \(length) days" }
    return words[feature]?.split(separator: "%", omittingEmptySubsequences: false).joined(separator: event) ?? feature
  }

  /// `%` stands for the event.
  private static let words = [
    "recency": "days since the last %", "frequency": "number of %", "monetary": "amount of %",
    "aov": "mean amount of %", "amount_max": "greatest amount of %", "amount_sd": "spread of the amounts of %",
    "amount_first": "amount of the first %", "amount_last": "amount of the last %",
    "amount_trend": "amount of the last % by the mean", "tenure": "days since the first event",
    "active_days": "active days", "event_recency": "days since the last event", "event_count": "number of events",
    "rate": "% a day", "spend_rate": "amount of % a day", "weekend_share": "share of % at weekends",
    "last_weekday": "weekday of the last %", "gap_mean": "mean days between two %",
    "gap_sd": "spread of the days between two %", "gap_min": "shortest days between two %",
    "gap_max": "longest days between two %", "gap_last": "last days between two %",
    "gap_median": "median days between two %", "overdue": "days since the last % in usual gaps",
    "gap_cv": "irregularity of the gaps between two %", "gap_trend": "last gap between two % by the mean",
    "distinct_items": "distinct items", "season_sin": "time of the year", "season_cos": "time of the year",
    "p_alive": "probability of being alive", "p_active": "probability of one more % by its rhythm",
  ]

  private static func window(_ feature: String, _ prefix: String) -> Substring? {
    guard feature.hasPrefix(prefix) else { return nil }
    let rest = feature.dropFirst(prefix.count)
    return rest.allSatisfy(\.isNumber) ? rest : nil
  }
}
