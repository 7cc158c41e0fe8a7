/// The periods of a range of time, with a lookup from instants to periods that costs a shift, a load and a compare.
///
/// ```
/// from           v (inside the first period)                   v to
/// boundaries  |-----------|----------|-----------|-----------|-----------|
/// index             0          1           2           3           4
/// slots         [  |  |  |  |  |  |  |  |  |  |  |  |  |  |  |  |  ]   equal widths from `from` on
/// ```
///
/// A slot is narrower than a period, so at most one boundary falls into it: it keeps the period on either side and
/// the instant between them. Slots with more boundaries, which old changes of the clock can make, fall back to binary
/// search. Periods are those of ``Calendar``, whole ones: the first may begin before `from`, the last end after `to`.
package struct PeriodTable: Sendable {
  package let calendar: Calendar
  package let unit: PeriodUnit
  /// The number of units of one period.
  package let every: Int
  /// The instants that the table answers for: `range.lowerBound ..< range.upperBound`.
  package let range: Range<Int64>
  /// Starts of the periods and the end of the last: `count + 1` instants, ascending; equal where a period is empty.
  package let boundaries: [Int64]
  /// The number of the first period of day or longer, as ``Calendar/ordinal(of:every:containing:)``; 0 for others.
  package let firstOrdinal: Int

  @usableFromInline let slots: [Slot]
  @usableFromInline let shift: UInt64

  /// One stretch of `1 << shift` milliseconds.
  @usableFromInline struct Slot: Sendable {
    /// The first instant of the period `high`; `Int64.max` when the slot lies within `low`.
    @usableFromInline var split: Int64
    /// The period of the instants before `split`; negative when only a search can tell.
    @usableFromInline var low: Int32
    @usableFromInline var high: Int32
  }

  /// The range has more periods than a table may have.
  package struct TooManyPeriods: Error, Sendable, Hashable {
    package var unit: PeriodUnit
    package var limit: Int

    package init(unit: PeriodUnit, limit: Int) {
      self.unit = unit
      self.limit = limit
    }

    /// One plain sentence.
    package var message: String {
      "the range has more than \(limit) periods of a \(unit.rawValue); choose a longer unit or a shorter range"
    }
  }

  /// The most periods of one table.
  package static let limit = 4_000_000

  /// The periods of `every` units that meet `range`. An empty range has none.
  /// - Precondition: `every >= 1`; both ends lie within 100,000 years of 1970.
  /// - Complexity: O(*periods* x log *changes of the zone*).
  package init(
    _ unit: PeriodUnit, every: Int = 1, over range: Range<Int64>, in calendar: Calendar
  ) throws(TooManyPeriods) {
    let bound: Int64 = 3_155_760_000_000_000
    precondition(range.lowerBound >= -bound && range.upperBound <= bound, "the ends lie within 100,000 years of 1970")
    let least = unit.leastMilliseconds * Int64(every)
    guard (range.upperBound - range.lowerBound) / least < PeriodTable.limit else {
      throw TooManyPeriods(unit: unit, limit: PeriodTable.limit)
    }
    self.calendar = calendar
    self.unit = unit
    self.every = every
    self.range = range
    firstOrdinal = unit.isCalendarDay ? calendar.ordinal(of: unit, every: every, containing: range.lowerBound) : 0
    boundaries = PeriodTable.boundaries(unit, every, range, calendar, firstOrdinal)
    let width = UInt64(least) / 8 * 7
    let shift = UInt64(63 - width.leadingZeroBitCount)
    self.shift = shift
    slots = PeriodTable.slots(boundaries, range, shift)
  }

  /// The number of periods.
  package var count: Int { boundaries.count - 1 }

  /// The instants of a period.
  package func period(_ index: Int) -> Range<Int64> { boundaries[index]..<boundaries[index + 1] }

  /// Whether the range covers the period from its start to its end.
  package func isComplete(_ index: Int) -> Bool {
    boundaries[index] >= range.lowerBound && boundaries[index + 1] <= range.upperBound
  }

  /// The period of `instant`, or -1 outside the range. Complexity: O(1).
  @inlinable package func index(of instant: Int64) -> Int {
    let distance = UInt64(bitPattern: instant &- range.lowerBound)
    guard distance < UInt64(bitPattern: range.upperBound &- range.lowerBound) else { return -1 }
    let slot = slots[Int(truncatingIfNeeded: distance &>> shift)]
    let index = instant < slot.split ? slot.low : slot.high
    return index >= 0 ? Int(index) : search(instant)
  }

  /// The period of each instant, or -1 outside the range.
  /// - Precondition: `indices.count == instants.count`. Complexity: O(*n*). No allocation.
  package func indices(of instants: Span<Int64>, into indices: inout MutableSpan<Int32>) {
    write(instants, adding: 0, outside: -1, into: &indices)
  }

  /// The number of the period of each instant (``firstOrdinal`` and up), or `Int32.min` outside the range: for a table
  /// of days the local day numbers since 1970-01-01.
  /// - Precondition: `ordinals.count == instants.count`; the unit is day or longer. Complexity: O(*n*).
  package func ordinals(of instants: Span<Int64>, into ordinals: inout MutableSpan<Int32>) {
    precondition(unit.isCalendarDay, "hours and shorter have no numbers")
    write(instants, adding: Int32(firstOrdinal), outside: .min, into: &ordinals)
  }

  private func write(
    _ instants: Span<Int64>, adding first: Int32, outside: Int32, into output: inout MutableSpan<Int32>
  ) {
    precondition(instants.count == output.count, "one index for each instant")
    let lower = range.lowerBound
    let extent = UInt64(bitPattern: range.upperBound &- lower)
    let shift = self.shift
    let slots = self.slots
    let table = slots.span
    var row = 0
    while row < instants.count {
      let instant = instants[row]
      let distance = UInt64(bitPattern: instant &- lower)
      var value = outside
      if distance < extent {
        let slot = table[Int(truncatingIfNeeded: distance &>> shift)]
        var index = instant < slot.split ? slot.low : slot.high
        if index < 0 { index = Int32(truncatingIfNeeded: search(instant)) }
        value = index &+ first
      }
      output[row] = value
      row &+= 1
    }
  }

  /// The last period that begins at or before `instant`. Complexity: O(log *periods*).
  @usableFromInline func search(_ instant: Int64) -> Int {
    var low = 0
    var high = count
    while high - low > 1 {
      let middle = (low + high) / 2
      if boundaries[middle] <= instant { low = middle } else { high = middle }
    }
    return low
  }

  // MARK: Construction

  private static func boundaries(
    _ unit: PeriodUnit, _ every: Int, _ range: Range<Int64>, _ calendar: Calendar, _ firstOrdinal: Int
  ) -> [Int64] {
    var boundaries: [Int64] = []
    var ordinal = firstOrdinal
    var next = calendar.start(of: unit, every: every, containing: range.lowerBound)
    while next < range.upperBound || boundaries.isEmpty {
      boundaries.append(next)
      if range.isEmpty { break }
      ordinal += 1
      next =
        unit.isCalendarDay
        ? calendar.start(of: unit, every: every, ordinal: ordinal)
        : calendar.nextStart(of: unit, every: every, after: next)
    }
    if !range.isEmpty { boundaries.append(next) }
    return boundaries
  }

  private static func slots(_ boundaries: [Int64], _ range: Range<Int64>, _ shift: UInt64) -> [Slot] {
    guard !range.isEmpty else { return [] }
    let slotCount = Int(UInt64(range.upperBound - range.lowerBound - 1) >> shift) + 1
    var slots: [Slot] = []
    slots.reserveCapacity(slotCount)
    var index = 0
    for number in 0..<slotCount {
      let start = range.lowerBound + Int64(number) << Int64(shift)
      let end = min(start + 1 << Int64(shift), range.upperBound)
      while index + 2 < boundaries.count, boundaries[index + 1] <= start { index += 1 }
      var last = index
      while last + 2 < boundaries.count, boundaries[last + 1] < end { last += 1 }
      if last == index {
        slots.append(Slot(split: .max, low: Int32(index), high: Int32(index)))
      } else if boundaries[index + 1] == boundaries[last] {
        slots.append(Slot(split: boundaries[last], low: Int32(index), high: Int32(last)))
      } else {
        slots.append(Slot(split: .max, low: -1, high: -1))
      }
    }
    return slots
  }
}
