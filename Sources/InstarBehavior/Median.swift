/// The exact median: the middle value, or the mean of the two middle ones rounded down.
///
/// Selects by narrowing the range of values to the bucket that holds the middle, 2,048 times narrower each round, so
/// nothing is sorted.
///
/// - Returns: `nil` for no values.
/// - Complexity: O(*n*), at most six rounds; the values of one bucket are copied.
///
/// - Parameter zeros: how many zeros stand before `values`, none of which is negative then: they need not be stored.
package func median(_ values: [Int64], zeros: Int = 0) -> Int64? {
  let count = values.count + zeros
  guard count > 0 else { return nil }
  let middle = count / 2
  let upper = middle < zeros ? 0 : value(atRank: middle - zeros, in: values)
  if count % 2 == 1 { return upper }
  let lower = middle - 1 < zeros && zeros > 0 ? 0 : value(atRank: middle - 1 - zeros, in: values)
  // The mean without the sum, which might overflow.
  return (lower >> 1) + (upper >> 1) + (lower & upper & 1)
}

/// The value that would stand at `rank` if `values` were sorted.
///
/// - Precondition: `rank` is a position in `values`.
/// - Complexity: O(*n*).
package func value(atRank rank: Int, in values: [Int64]) -> Int64 {
  precondition(values.indices.contains(rank), "the rank is a position")
  var remaining = values
  var rank = rank
  while true {
    var least = remaining[0]
    var greatest = remaining[0]
    for value in remaining {
      least = min(least, value)
      greatest = max(greatest, value)
    }
    if least == greatest { return least }
    // Distances from the least value, as unsigned numbers: they fit whatever the signs.
    let span = UInt64(bitPattern: greatest &- least)
    let shift = UInt64(max(0, (64 - span.leadingZeroBitCount) - 11))
    var counts = [Int](repeating: 0, count: Int(span >> shift) + 1)
    for value in remaining { counts[Int(UInt64(bitPattern: value &- least) >> shift)] += 1 }
    var bucket = 0
    while rank >= counts[bucket] {
      rank -= counts[bucket]
      bucket += 1
    }
    if shift == 0 { return least &+ Int64(bucket) }
    remaining = remaining.filter { Int(UInt64(bitPattern: $0 &- least) >> shift) == bucket }
  }
}
