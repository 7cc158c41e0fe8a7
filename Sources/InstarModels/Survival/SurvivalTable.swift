/// Durations in ascending order with what ends and what remains at each distinct one.
///
/// A duration that ends without the event is censored: all that is known is that the event came later. Events stand
/// before censorings of the same duration.
struct SurvivalTable: Sendable {
  /// The distinct durations.
  let times: [Double]
  /// How many last at least that long.
  let atRisk: [Int]
  let events: [Int]
  /// Positions of the given durations, ascending by duration.
  let order: [Int]

  /// - Precondition: as many flags as durations.
  /// - Complexity: O(*n* log *n*).
  init(durations: [Double], observed: [Bool]) {
    order = durations.indices.sorted { durations[$0] < durations[$1] }
    var (times, atRisk, events): ([Double], [Int], [Int]) = ([], [], [])
    var start = 0
    while start < order.count {
      let time = durations[order[start]]
      var (end, count) = (start, 0)
      while end < order.count && durations[order[end]] == time {
        count += observed[order[end]] ? 1 : 0
        end += 1
      }
      times.append(time)
      atRisk.append(order.count - start)
      events.append(count)
      start = end
    }
    (self.times, self.atRisk, self.events) = (times, atRisk, events)
  }

  /// A table of given figures, or `nil` when they cannot be one.
  init?(times: [Double], atRisk: [Int], events: [Int]) {
    guard !times.isEmpty, times.count == atRisk.count, times.count == events.count,
      zip(times, times.dropFirst()).allSatisfy({ $0 < $1 }), zip(atRisk, atRisk.dropFirst()).allSatisfy({ $0 > $1 }),
      zip(events, atRisk).allSatisfy({ 0 <= $0 && $0 <= $1 })
    else { return nil }
    (self.times, self.atRisk, self.events) = (times, atRisk, events)
    order = []
  }

  /// Throws unless there is a duration and each is a number of at least 0.
  static func check(_ durations: [Double], _ observed: [Bool]) throws(ModelError) {
    precondition(durations.count == observed.count, "one flag for each duration")
    try ModelError.check(!durations.isEmpty, "there is no duration to estimate survival from")
    let wrong = durations.first { !($0 >= 0 && $0.isFinite) }
    try ModelError.check(wrong == nil, "a duration must be a number of at least 0, not \(wrong ?? 0)")
  }
}
