/// The exact median: the middle value, or the mean of the two middle ones rounded down.
///
/// A sample brackets the middle, so that one pass over the values leaves an eighth of them; nothing is sorted.
///
/// - Returns: `nil` for no values.
/// - Complexity: O(*n*); the values of the bracket are copied.
///
/// - Parameter zeros: how many zeros stand before `values`, none of which is negative then: they need not be stored.
package func median(_ values: [Int64], zeros: Int = 0) -> Int64? { median(ofLists: [values], zeros: zeros) }

/// As ``median(_:zeros:)`` of all values of several lists, which need not be put together.
package func median(ofLists lists: [[Int64]], zeros: Int = 0) -> Int64? {
  let stored = lists.reduce(0) { $0 + $1.count }
  let count = stored + zeros
  guard count > 0 else { return nil }
  let (low, high) = ((count - 1) / 2 - zeros, count / 2 - zeros)
  guard high >= 0 else { return 0 }
  let (lower, upper) = Selection(lists: lists, count: stored).values(atRanks: max(low, 0), high)
  return mean(low < 0 ? 0 : lower, upper)
}

/// The two middle values of several lists, which are the same one for an odd number of values.
///
/// - Precondition: there is a value.
func middleValues(ofLists lists: [[UInt32]]) -> (lower: UInt32, upper: UInt32) {
  let count = lists.reduce(0) { $0 + $1.count }
  return Selection(lists: lists, count: count).values(atRanks: (count - 1) / 2, count / 2)
}

/// The mean of two values rounded down, without the sum, which might overflow.
func mean(_ lower: Int64, _ upper: Int64) -> Int64 { (lower >> 1) + (upper >> 1) + (lower & upper & 1) }

/// The value that would stand at `rank` if `values` were sorted.
///
/// - Precondition: `rank` is a position in `values`.
/// - Complexity: O(*n*).
package func value(atRank rank: Int, in values: [Int64]) -> Int64 {
  Selection(lists: [values], count: values.count).values(atRanks: rank, rank).lower
}

/// Finds values by their rank in several lists together.
private struct Selection<Value: FixedWidthInteger> {
  let lists: [[Value]]
  /// The values of all lists.
  let count: Int

  /// Below this many values they are sorted.
  private static var few: Int { 512 }
  private static var sampleRoot: Int { 32 }

  /// The values at two ranks that are equal or neighbours.
  func values(atRanks low: Int, _ high: Int) -> (lower: Value, upper: Value) {
    precondition(low >= 0 && low <= high && high < count, "the rank is a position")
    if count <= Self.few {
      let sorted = lists.flatMap { $0 }.sorted()
      return (sorted[low], sorted[high])
    }
    let (least, greatest) = bracket(around: low)
    let (below, found, inside) = split(least, greatest)
    if low >= below && high < below + found {
      if least == greatest { return (least, least) }
      if let inside {
        let narrowed = Narrowing(inside)
        let lower = narrowed.value(atRank: low - below)
        return (lower, low == high ? lower : narrowed.value(atRank: high - below))
      }
    }
    // The sample was not like the whole, or many values are equal.
    let narrowed = Narrowing(lists.flatMap { $0 })
    return (narrowed.value(atRank: low), narrowed.value(atRank: high))
  }

  /// Two values between which the value at `rank` lies, as a rule: a sample of 1,024 puts it within four standard
  /// deviations of its rank, which are 64 ranks of the sample at most (Floyd and Rivest 1975, SELECT).
  private func bracket(around rank: Int) -> (least: Value, greatest: Value) {
    let size = Self.sampleRoot * Self.sampleRoot
    var sample: [Value] = []
    sample.reserveCapacity(size)
    var list = 0
    var passed = 0
    for index in 0..<size {
      let wanted = index * count / size
      while wanted - passed >= lists[list].count {
        passed += lists[list].count
        list += 1
      }
      sample.append(lists[list][wanted - passed])
    }
    sample.sort()
    let middle = rank * size / count
    let reach = 2 * Self.sampleRoot
    return (sample[max(0, middle - reach)], sample[min(size - 1, middle + reach)])
  }

  /// How many values are less than `least`, and how many lie from it to `greatest`, with these unless they are too many.
  private func split(_ least: Value, _ greatest: Value) -> (below: Int, count: Int, inside: [Value]?) {
    var below = 0
    var found = 0
    var inside = [Value](repeating: 0, count: count / 4)
    var output = inside.mutableSpan
    let most = output.count - 1
    for list in lists {
      let values = list.span
      var index = 0
      while index < values.count {
        // Without a branch: every value is written, and the next one over it unless it belongs there.
        let value = values[index]
        output[min(found, most)] = value
        below &+= value < least ? 1 : 0
        found &+= (value >= least ? 1 : 0) & (value <= greatest ? 1 : 0)
        index &+= 1
      }
    }
    return (below, found, found <= most ? Array(inside[..<found]) : nil)
  }
}

/// Selects by narrowing the range of values to the bucket that holds the wanted one, 2,048 times narrower each round: at
/// most six rounds, whatever the values.
private struct Narrowing<Value: FixedWidthInteger> {
  private let values: [Value]

  init(_ values: [Value]) { self.values = values }

  func value(atRank rank: Int) -> Value {
    var remaining = values
    var rank = rank
    while true {
      let (least, greatest) = Self.bounds(of: remaining)
      if least == greatest { return least }
      // Distances from the least value, as unsigned numbers: they fit whatever the signs.
      let span = UInt64(truncatingIfNeeded: greatest &- least)
      let shift = UInt64(max(0, (64 - span.leadingZeroBitCount) - 11))
      let counts = Self.histogram(of: remaining, from: least, shift: shift, buckets: Int(span >> shift) + 1)
      var bucket = 0
      while rank >= counts[bucket] {
        rank -= counts[bucket]
        bucket += 1
      }
      if shift == 0 { return least &+ Value(truncatingIfNeeded: bucket) }
      remaining = Self.values(of: remaining, from: least, shift: shift, bucket: UInt64(bucket), count: counts[bucket])
    }
  }

  private static func bounds(of list: [Value]) -> (least: Value, greatest: Value) {
    var (least, greatest) = (Value.max, Value.min)
    let values = list.span
    var index = 0
    while index < values.count {
      let value = values[index]
      least = value < least ? value : least
      greatest = value > greatest ? value : greatest
      index &+= 1
    }
    return (least, greatest)
  }

  private static func histogram(of list: [Value], from least: Value, shift: UInt64, buckets: Int) -> [Int] {
    var result = [Int](repeating: 0, count: buckets)
    var counts = result.mutableSpan
    let values = list.span
    var index = 0
    while index < values.count {
      counts[Int(truncatingIfNeeded: UInt64(truncatingIfNeeded: values[index] &- least) &>> shift)] &+= 1
      index &+= 1
    }
    return result
  }

  private static func values(
    of list: [Value], from least: Value, shift: UInt64, bucket: UInt64, count: Int
  ) -> [Value] {
    var result: [Value] = []
    result.reserveCapacity(count)
    let values = list.span
    var index = 0
    while index < values.count {
      let value = values[index]
      if UInt64(truncatingIfNeeded: value &- least) &>> shift == bucket { result.append(value) }
      index &+= 1
    }
    return result
  }
}
