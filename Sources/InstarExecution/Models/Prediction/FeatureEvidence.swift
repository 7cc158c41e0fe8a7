import InstarColumns
import InstarModels

/// Which events of a user stand behind a feature.
struct FeatureEvidence: Sendable, Hashable {
  enum Events: Sendable, Hashable {
    /// Those that the target speaks of.
    case target
    /// Those of a kind.
    case kind(UInt32)
    case any
  }

  var events: Events
  /// Only those of so many days before the anchor.
  var days: Int64?
  var most = 3
  var isOldest = false

  /// - Returns: `nil` where a feature does not come from single events.
  init?(_ feature: String, kinds: [FeatureSpecification.Code]) {
    func window(_ prefix: String) -> Int64? {
      feature.hasPrefix(prefix) ? Int64(feature.dropFirst(prefix.count)) : nil
    }
    for kind in kinds where feature.hasPrefix(kind.name + "_") {
      let rest = feature.dropFirst(kind.name.count + 1)
      if rest == "recency" {
        self.init(.kind(kind.code), most: 1)
        return
      }
      if let days = Int64(rest), SlotFeatures.windows.contains(Int(days)) {
        self.init(.kind(kind.code), days: days)
        return
      }
    }
    switch feature {
    case "recency", "amount_last", "last_weekday": self.init(.target, most: 1)
    case "gap_last", "overdue", "gap_trend", "amount_trend": self.init(.target, most: 2)
    case "amount_first": self.init(.target, most: 1, isOldest: true)
    case "tenure": self.init(.any, most: 1, isOldest: true)
    case "event_recency": self.init(.any, most: 1)
    case "frequency", "monetary", "aov", "rate", "spend_rate", "gap_mean", "gap_median", "ewma_7", "ewma_30", "ewma_90":
      self.init(.target)
    default:
      if let days = window("goals_") ?? window("spend_") {
        self.init(.target, days: days)
      } else if let days = window("events_") {
        self.init(.any, days: days)
      } else if let days = window("trend_") {
        self.init(.target, days: 2 * days)
      } else {
        return nil
      }
    }
  }

  private init(_ events: Events, days: Int64? = nil, most: Int = 3, isOldest: Bool = false) {
    (self.events, self.days, self.most, self.isOldest) = (events, days, most, isOldest)
  }
}

/// The events of one user before an anchor, as far as reasons point to them.
struct EventsOfUser {
  let anchor: Int64
  let times: ArraySlice<Int64>
  let types: ArraySlice<UInt32>
  /// 1 for the rows that the target speaks of.
  let marks: ArraySlice<UInt32>

  /// The times of the events behind a feature, the newest first, and whether there are more.
  func times(of evidence: FeatureEvidence) -> (times: [Int64], hasMore: Bool) {
    let from = evidence.days.map { anchor - $0 * 86_400_000 } ?? .min
    var found: [Int64] = []
    func take(_ row: Int) {
      let isMeant =
        switch evidence.events {
        case .target: marks[row] == 1
        case .kind(let code): types[row] == code
        case .any: true
        }
      // Rows of one instant, as the lines of an order, are one.
      if isMeant, times[row] >= from, found.last != times[row] { found.append(times[row]) }
    }
    if evidence.isOldest {
      for row in times.indices where found.count < evidence.most { take(row) }
    } else {
      for row in times.indices.reversed() where found.count <= evidence.most { take(row) }
    }
    return (
      Array(found.prefix(evidence.most)), !evidence.isOldest && evidence.days != nil && found.count > evidence.most
    )
  }
}
