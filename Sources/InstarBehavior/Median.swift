/// The exact median: the middle value, or the mean of the two middle ones rounded down.
///
/// Selects by narrowing the range of values to the bucket that holds the middle, 2,048 times narrower each round, so
/// nothing is sorted.
///
/// - Returns: `nil` for no values.
/// - Complexity: O(*n*), at most six rounds; the values of one bucket are copied.
///
/// - Parameter zeros: how many zeros stand before `values`, none of which is negative then: they need not be stored.
package func median(_ values: [Int64], zeros: Int = 0) -> Int64? { median(ofLists: [values], zeros: zeros) }

/// As ``median(_:zeros:)`` of all values of several lists, which need not be put together.
package func median(ofLists lists: [[Int64]], zeros: Int = 0) -> Int64? {
  let count = lists.reduce(zeros) { $0 + $1.count }
  guard count > 0 else { return nil }
  let middle = count / 2
  let upper = middle < zeros ? 0 : value(atRank: middle - zeros, inLists: lists)
  if count % 2 == 1 { return upper }
  let lower = middle - 1 < zeros && zeros > 0 ? 0 : value(atRank: middle - 1 - zeros, inLists: lists)
  // The mean without the sum, which might overflow.
  return (lower >> 1) + (upper >> 1) + (lower & upper & 1)
}

/// The value that would stand at `rank` if `values` were sorted.
///
/// - Precondition: `rank` is a position in `values`.
/// - Complexity: O(*n*).
package func value(atRank rank: Int, in values: [Int64]) -> Int64 { value(atRank: rank, inLists: [values]) }

/// As ``value(atRank:in:)`` of all values of several lists.
package func value(atRank rank: Int, inLists lists: [[Int64]]) -> Int64 {
  precondition(rank >= 0 && rank < lists.reduce(0) { $0 + $1.count }, "the rank is a position")
  var remaining = lists
  var rank = rank
  while true {
    let (least, greatest) = bounds(of: remaining)
    if least == greatest { return least }
    // Distances from the least value, as unsigned numbers: they fit whatever the signs.
    let span = UInt64(bitPattern: greatest &- least)
    let shift = UInt64(max(0, (64 - span.leadingZeroBitCount) - 11))
    let counts = histogram(of: remaining, from: least, shift: shift, buckets: Int(span >> shift) + 1)
    var bucket = 0
    while rank >= counts[bucket] {
      rank -= counts[bucket]
      bucket += 1
    }
    if shift == 0 { return least &+ Int64(bucket) }
    remaining = [values(of: remaining, from: least, shift: shift, bucket: UInt64(bucket), count: counts[bucket])]
  }
}

private func bounds(of lists: [[Int64]]) -> (least: Int64, greatest: Int64) {
  var (least, greatest) = (Int64.max, Int64.min)
  for list in lists {
    let values = list.span
    var index = 0
    while index < values.count {
      let value = values[index]
      least = value < least ? value : least
      greatest = value > greatest ? value : greatest
      index &+= 1
    }
  }
  return (least, greatest)
}

private func histogram(of lists: [[Int64]], from least: Int64, shift: UInt64, buckets: Int) -> [Int] {
  var result = [Int](repeating: 0, count: buckets)
  var counts = result.mutableSpan
  for list in lists {
    let values = list.span
    var index = 0
    while index < values.count {
      counts[Int(truncatingIfNeeded: UInt64(bitPattern: values[index] &- least) &>> shift)] &+= 1
      index &+= 1
    }
  }
  return result
}

private func values(
  of lists: [[Int64]], from least: Int64, shift: UInt64, bucket: UInt64, count: Int
) -> [Int64] {
  var result: [Int64] = []
  result.reserveCapacity(count)
  for list in lists {
    let values = list.span
    var index = 0
    while index < values.count {
      if UInt64(bitPattern: values[index] &- least) &>> shift == bucket { result.append(values[index]) }
      index &+= 1
    }
  }
  return result
}
