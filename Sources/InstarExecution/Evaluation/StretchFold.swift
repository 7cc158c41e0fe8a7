import InstarCalendar
import InstarColumns
import InstarPlan

/// Folds stretches of a pattern's rows into one figure each.
///
/// Complexity: O(rows in the stretches); `median` and the gaps sort each stretch.
struct StretchFold {
  let list: PatternList
  let stretches: BatchEvaluator.Stretches
  let calendar: Calendar
  /// The days of the rows, where days are asked for.
  var days: PeriodTable?

  private var count: Int { stretches.from.count }

  /// The same stretches over a list of their rows only, without times: where most rows lie outside, their values need
  /// not be read.
  func compacted() -> StretchFold {
    var wanted = 0
    for row in 0..<count { wanted += stretches.to[row] - stretches.from[row] }
    guard wanted < list.rows.count / 4 * 3 else { return self }
    var moved = stretches
    var rows: [Int] = []
    rows.reserveCapacity(wanted)
    for row in 0..<count {
      moved.from[row] = rows.count
      for index in stretches.from[row]..<stretches.to[row] { rows.append(list.rows[index]) }
      moved.to[row] = rows.count
    }
    return StretchFold(
      list: PatternList(rows: rows, starts: [], times: [], holds: nil), stretches: moved, calendar: calendar)
  }

  // MARK: - Without a value

  func ofRows(_ function: Measure.Function, type: ValueType) -> Vector {
    switch function {
    case .count, .rows:
      return Vector(.integer, .integers(zip(stretches.from, stretches.to).map { Int64($1 &- $0) }))
    case .days: return distinctDays()
    case .first: return edge(type) { from, _ in self.list.times[from] }
    case .last: return edge(type) { _, to in self.list.times[to &- 1] }
    case .recency: return days(from: { _, to in self.list.times[to &- 1] })
    case .since: return days(from: { from, _ in self.list.times[from] })
    case .medianGap: return gaps { Quantiles.median(&$0) }
    case .gapSpread:
      return gaps { values in
        values.sort()
        return Quantiles.quantile(ofSorted: values, 0.75) - Quantiles.quantile(ofSorted: values, 0.25)
      }
    case .sum, .avg, .min, .max, .median, .distinct, .mode:
      preconditionFailure("\(function) needs a value; the resolver lets none through without")
    }
  }

  private func edge(_ type: ValueType, _ pick: (Int, Int) -> Int64) -> Vector {
    var present = [UInt8](repeating: 1, count: count)
    var values = [Int64](repeating: 0, count: count)
    for row in 0..<count {
      if stretches.from[row] < stretches.to[row] {
        values[row] = pick(stretches.from[row], stretches.to[row])
      } else {
        present[row] = 0
      }
    }
    return Vector(type, .integers(values), present: present.contains(0) ? present : [])
  }

  private func days(from pick: (Int, Int) -> Int64) -> Vector {
    var present = [UInt8](repeating: 1, count: count)
    var values = [Double](repeating: 0, count: count)
    for row in 0..<count {
      if stretches.from[row] < stretches.to[row] {
        let elapsed = stretches.moments[row] - pick(stretches.from[row], stretches.to[row])
        values[row] = Double(elapsed) / 86_400_000
      } else {
        present[row] = 0
      }
    }
    return Vector(.real, .reals(values), present: present.contains(0) ? present : [])
  }

  private func distinctDays() -> Vector {
    var result = [Int64](repeating: 0, count: count)
    if let days {
      var numbers = [Int32](repeating: 0, count: list.times.count)
      var output = numbers.mutableSpan
      days.ordinals(of: list.times.span, into: &output)
      for row in 0..<count {
        var last = Int32.min
        var index = stretches.from[row]
        while index < stretches.to[row] {
          if numbers[index] != last { result[row] &+= 1 }
          last = numbers[index]
          index &+= 1
        }
      }
      return Vector(.integer, .integers(result))
    }
    for row in 0..<count {
      var last = Int.min
      var index = stretches.from[row]
      while index < stretches.to[row] {
        let day = calendar.dayNumber(of: list.times[index])
        if day != last { result[row] += 1 }
        last = day
        index += 1
      }
    }
    return Vector(.integer, .integers(result))
  }

  /// A statistic of the gaps between neighbouring occurrences, in days; missing below two occurrences.
  private func gaps(_ statistic: (inout [Double]) -> Double) -> Vector {
    var present = [UInt8](repeating: 1, count: count)
    var result = [Double](repeating: 0, count: count)
    var values: [Double] = []
    for row in 0..<count {
      let from = stretches.from[row]
      let to = stretches.to[row]
      guard to - from >= 2 else {
        present[row] = 0
        continue
      }
      values.removeAll(keepingCapacity: true)
      for index in (from + 1)..<to { values.append(Double(list.times[index] - list.times[index - 1]) / 86_400_000) }
      result[row] = statistic(&values)
    }
    return Vector(.real, .reals(result), present: present.contains(0) ? present : [])
  }

  // MARK: - Of values

  /// - Parameter values: one row for each row of the list.
  func ofValues(_ function: Measure.Function, _ values: Vector, type: ValueType) -> Vector {
    switch function {
    case .count, .rows, .days, .recency, .since, .medianGap, .gapSpread: return ofRows(function, type: type)
    case .first, .last: return edgeValue(function, values, type: type)
    case .distinct: return distinct(values)
    case .mode: return mode(values, type: type)
    case .median: return median(values)
    case .sum, .avg, .min, .max:
      if values.type == .real || function == .avg { return reals(function, values) }
      return integers(function, values, type: type)
    }
  }

  /// The value of the first or last row of each stretch whose value is known.
  private func edgeValue(_ function: Measure.Function, _ values: Vector, type: ValueType) -> Vector {
    var present = [UInt8](repeating: 1, count: count)
    var picked = [Int](repeating: 0, count: count)
    for row in 0..<count {
      let span = stretches.from[row]..<stretches.to[row]
      let found = function == .first ? span.first(where: values.isPresent) : span.last(where: values.isPresent)
      if let found { picked[row] = found } else { present[row] = 0 }
    }
    guard values.values.count > 0 else { return Vector.missing(type) }
    var result = Vector(values.type, values.values).gathered(picked)
    result.present = present.contains(0) ? present : []
    return result
  }

  private func reals(_ function: Measure.Function, _ values: Vector) -> Vector {
    let rows = values.reals(list.rows.count)
    if function == .sum, values.present.isEmpty { return sums(rows) }
    var present = [UInt8](repeating: 1, count: count)
    var result = [Double](repeating: 0, count: count)
    for row in 0..<count {
      var total = 0.0
      var known = 0
      var least = Double.infinity
      var most = -Double.infinity
      var index = stretches.from[row]
      while index < stretches.to[row] {
        if values.present.isEmpty || values.present[index] != 0 {
          let value = rows[index]
          total += value
          known += 1
          least = Swift.min(least, value)
          most = Swift.max(most, value)
        }
        index += 1
      }
      switch function {
      case .sum: result[row] = total
      case .avg: result[row] = known == 0 ? 0 : total / Double(known)
      case .min: result[row] = least
      default: result[row] = most
      }
      if known == 0, function != .sum {
        present[row] = 0
        result[row] = 0
      }
    }
    return Vector(.real, .reals(result), present: present.contains(0) ? present : [])
  }

  /// The plain case of sums: every value is known.
  private func sums(_ rows: [Double]) -> Vector {
    let (from, to) = (stretches.from, stretches.to)
    let result = [Double](unsafeUninitializedCapacity: from.count) { result, count in
      var row = 0
      while row < from.count {
        var total = 0.0
        var index = from[row]
        let end = to[row]
        while index < end {
          total += rows[index]
          index &+= 1
        }
        result.initializeElement(at: row, to: total)
        row &+= 1
      }
      count = from.count
    }
    return Vector(.real, .reals(result))
  }

  private func integers(_ function: Measure.Function, _ values: Vector, type: ValueType) -> Vector {
    let rows = values.integers(list.rows.count)
    var present = [UInt8](repeating: 1, count: count)
    var result = [Int64](repeating: 0, count: count)
    for row in 0..<count {
      var total: Int64 = 0
      var overflowed = false
      var known = 0
      var least = Int64.max
      var most = Int64.min
      var index = stretches.from[row]
      while index < stretches.to[row] {
        if values.present.isEmpty || values.present[index] != 0 {
          let (sum, overflow) = total.addingReportingOverflow(rows[index])
          total = sum
          overflowed = overflowed || overflow
          known += 1
          least = Swift.min(least, rows[index])
          most = Swift.max(most, rows[index])
        }
        index += 1
      }
      result[row] = function == .sum ? total : function == .min ? least : most
      if known == 0 && function != .sum || function == .sum && overflowed {
        present[row] = 0
        result[row] = 0
      }
    }
    return Vector(type, .integers(result), present: present.contains(0) ? present : [])
  }

  private func median(_ values: Vector) -> Vector {
    let rows = values.reals(list.rows.count)
    var present = [UInt8](repeating: 1, count: count)
    var result = [Double](repeating: 0, count: count)
    var known: [Double] = []
    for row in 0..<count {
      known.removeAll(keepingCapacity: true)
      for index in stretches.from[row]..<stretches.to[row] where values.isPresent(index) { known.append(rows[index]) }
      if known.isEmpty { present[row] = 0 } else { result[row] = Quantiles.median(&known) }
    }
    return Vector(.real, .reals(result), present: present.contains(0) ? present : [])
  }

  private func distinct(_ values: Vector) -> Vector {
    let keys = GroupKey.bits(of: values, count: list.rows.count)
    var result = [Int64](repeating: 0, count: count)
    var seen: Set<UInt64> = []
    for row in 0..<count {
      seen.removeAll(keepingCapacity: true)
      for index in stretches.from[row]..<stretches.to[row] where values.isPresent(index) { seen.insert(keys[index]) }
      result[row] = Int64(seen.count)
    }
    return Vector(.integer, .integers(result))
  }

  /// The value with the largest weight, each row weighing 2^(-age / 90 days); ties go to the latest seen.
  private func mode(_ values: Vector, type: ValueType) -> Vector {
    let keys = GroupKey.bits(of: values, count: list.rows.count)
    var present = [UInt8](repeating: 1, count: count)
    var picked = [Int](repeating: 0, count: count)
    var weights: [UInt64: (weight: Double, last: Int)] = [:]
    for row in 0..<count {
      weights.removeAll(keepingCapacity: true)
      for index in stretches.from[row]..<stretches.to[row] where values.isPresent(index) {
        let age = Double(stretches.moments[row] - list.times[index]) / 86_400_000
        let weight = halving(age / 90)
        weights[keys[index], default: (0, 0)].weight += weight
        weights[keys[index]]?.last = index
      }
      let best = weights.values.max { ($0.weight, $0.last) < ($1.weight, $1.last) }
      if let best { picked[row] = best.last } else { present[row] = 0 }
    }
    guard values.values.count > 0 else { return Vector.missing(type) }
    var result = Vector(values.type, values.values).gathered(picked)
    result.present = present.contains(0) ? present : []
    return result
  }
}
