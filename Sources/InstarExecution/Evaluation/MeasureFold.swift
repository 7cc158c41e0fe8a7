import InstarCalendar
import InstarColumns
import InstarPlan

/// Figures over a user's events: find the stretch of the pattern's rows that the window leaves, then fold it.
extension BatchEvaluator {
  /// Half-open positions in a pattern's list, one pair for each row of the result.
  struct Stretches {
    var from: [Int]
    var to: [Int]
    /// The moments that were looked from, for recency and mode.
    var moments: [Int64]
    /// 0 where the moment itself is missing or lies beyond the statement's.
    var present: [UInt8]
  }

  /// The measure for each user of the batch.
  func fold(_ measure: MeasureNode, type: ValueType) -> Vector {
    let found = rows(of: measure.pattern)
    let list = measure.seesOccurrences ? found.occurrences : found.all
    let ordinal = program.patterns[measure.pattern].ordinal
    let count = batch.userCount
    var stretches = Stretches(from: [], to: [], moments: [], present: [])
    stretches.from.reserveCapacity(count)
    stretches.to.reserveCapacity(count)
    switch measure.moment {
    case .fixed(let moment):
      stretches.moments = [Int64](repeating: moment, count: count)
      let fixed = context.bounds(of: measure.window, at: moment)
      if let fixed, ordinal == nil || ordinal == .each {
        fill(&stretches, list, from: fixed.from, to: min(fixed.to, moment))
        break
      }
      let (starts, times) = (batch.starts, batch.times)
      for user in 0..<count {
        let bounds = fixed ?? context.bounds(of: measure.window, at: moment, firstEvent: times[starts[user]])
        append(&stretches, list, user, bounds, moment, ordinal)
      }
    case .user(let node):
      let moments = users(node)
      let values = moments.integers(count)
      stretches.moments = values
      stretches.present = [UInt8](repeating: 1, count: count)
      for user in 0..<count {
        guard moments.isPresent(user), values[user] <= context.moment else {
          stretches.present[user] = 0
          stretches.from.append(0)
          stretches.to.append(0)
          continue
        }
        append(
          &stretches, list, user, bounds(of: measure.window, user: user, at: values[user]), values[user], ordinal)
      }
    case .row: preconditionFailure("a measure at the time of a row is of level event")
    }
    leaveOutOthers(&stretches)
    return reduce(measure, list, stretches, type: type)
  }

  /// The measure for each selected event, looked at from the event's own time.
  func foldAtRows(_ measure: MeasureNode, type: ValueType) -> Vector {
    let found = rows(of: measure.pattern)
    let list = measure.seesOccurrences ? found.occurrences : found.all
    var stretches = Stretches(from: [], to: [], moments: [], present: [])
    let ordinal = program.patterns[measure.pattern].ordinal
    let (selection, owners, starts, times) = (self.selection, self.selection.owners, batch.starts, batch.times)
    for index in 0..<selection.count {
      let user = owners[index]
      let moment = times[selection.rows[index]]
      let first = times[starts[user]]
      let bounds = context.bounds(of: measure.window, at: moment, firstEvent: first)
      append(&stretches, list, user, bounds, moment, ordinal)
      stretches.moments.append(moment)
    }
    return reduce(measure, list, stretches, type: type)
  }

  /// The stretches of one window that is the same for all users. A window that reaches over everything the scan lets
  /// through costs nothing.
  private func fill(_ stretches: inout Stretches, _ list: PatternList, from lower: Int64, to upper: Int64) {
    let count = list.starts.count - 1
    stretches.from = Array(list.starts[..<count])
    stretches.to = Array(list.starts[1...])
    let (starts, times) = (list.starts, list.times)
    var user = 0
    if lower != .min {
      while user < count {
        let (start, end) = (starts[user], starts[user &+ 1])
        // Most users have a few rows; the rest are searched.
        if start < end, times[start] < lower {
          stretches.from[user] = times[end &- 1] < lower ? end : lowerBound(times, start &+ 1, end, lower)
        }
        user &+= 1
      }
    }
    guard upper < context.moment else { return }
    user = 0
    while user < count {
      let (start, end) = (stretches.from[user], starts[user &+ 1])
      if start < end, times[end &- 1] >= upper { stretches.to[user] = lowerBound(times, start, end, upper) }
      user &+= 1
    }
  }

  private func append(
    _ stretches: inout Stretches, _ list: PatternList, _ user: Int, _ bounds: (from: Int64, to: Int64), _ moment: Int64,
    _ ordinal: EventPattern.Ordinal?
  ) {
    let start = list.starts[user]
    let end = list.starts[user &+ 1]
    let upper = min(bounds.to, moment)
    switch ordinal {
    case .first:
      // The first ever; the window only says whether it counts.
      let inside =
        start < end && list.times[start] >= bounds.from && list.times[start] < upper
        && (list.holds.map { $0[start] != 0 } ?? true)
      stretches.from.append(start)
      stretches.to.append(inside ? start + 1 : start)
    case .last:
      let after = lowerBound(list.times, start, end, moment)
      let at = after - 1
      let inside =
        after > start && list.times[at] >= bounds.from && list.times[at] < upper
        && (list.holds.map { $0[at] != 0 } ?? true)
      stretches.from.append(inside ? at : start)
      stretches.to.append(inside ? at + 1 : start)
    case .each, nil:
      let from = bounds.from == .min ? start : lowerBound(list.times, start, end, bounds.from)
      let to = end > from && list.times[end - 1] < upper ? end : lowerBound(list.times, from, end, upper)
      stretches.from.append(from)
      stretches.to.append(to)
    }
  }

  private func reduce(_ measure: MeasureNode, _ list: PatternList, _ stretches: Stretches, type: ValueType) -> Vector {
    let days = measure.function == .days ? self.days(of: list.times) : nil
    let fold = StretchFold(list: list, stretches: stretches, calendar: context.calendar, days: days)
    var result: Vector
    if let value = measure.value, case .eventColumn(let position) = program.nodes[value].operation {
      let narrow = measure.function == .mode ? fold : fold.compacted()
      result = narrow.ofValues(measure.function, field(position, at: narrow.list.rows), type: type)
    } else if let value = measure.value {
      let values = withSelection(EventRows(rows: list.rows, owners: OwnerList(starts: list.starts))) {
        events(value).expanded(list.rows.count)
      }
      result = fold.ofValues(measure.function, values, type: type)
    } else {
      result = fold.ofRows(measure.function, type: type)
    }
    if !stretches.present.isEmpty {
      let own = result.presence(stretches.from.count)
      result.present = own.isEmpty ? stretches.present : zip(own, stretches.present).map { $0 & $1 }
    }
    return result
  }
}

extension BatchEvaluator {
  /// Empties the stretches of users that do not matter.
  private func leaveOutOthers(_ stretches: inout Stretches) {
    guard meant.count == stretches.from.count else { return }
    let mask = meant
    var user = 0
    while user < mask.count {
      if mask[user] == 0 { stretches.to[user] = stretches.from[user] }
      user &+= 1
    }
  }
}

/// The first position in `start ..< end` of the ascending `values` that is not less than `bound`.
func lowerBound(_ values: [Int64], _ start: Int, _ end: Int, _ bound: Int64) -> Int {
  var low = start
  var high = end
  while low < high {
    let middle = (low &+ high) >> 1
    if values[middle] < bound { low = middle &+ 1 } else { high = middle }
  }
  return low
}

extension MeasureNode {
  /// Counting and rhythm see occurrences; sums and values see rows.
  var seesOccurrences: Bool {
    switch function {
    case .count, .days, .recency, .since, .medianGap, .gapSpread: true
    case .first, .last: value == nil
    default: false
    }
  }
}
