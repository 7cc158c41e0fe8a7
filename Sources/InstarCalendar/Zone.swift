/// A time zone: the offset from UTC at every instant, past and to come.
///
/// The zone is a sorted list of segments of constant offset. What a zone file states as a rule for the years after its
/// table is laid out for 402 years; instants beyond are moved back by whole cycles of 400 years, after which weekdays
/// and leap years repeat, so that every instant costs one binary search.
///
/// Local times are written as the milliseconds that UTC would show: local = instant + offset.
package final class Zone: Sendable {
  /// The IANA name, as "Europe/Istanbul".
  package let name: String
  /// First instants of the segments, ascending; the first is `Int64.min`.
  private let starts: [Int64]
  /// Offsets of the segments from UTC, in milliseconds, positive to the east.
  private let offsets: [Int64]
  /// From here on the segments repeat those of 400 years before; `Int64.max` when they do not.
  private let repeatsFrom: Int64

  /// A stretch of constant offset: `start ..< end`.
  package struct Segment: Sendable, Hashable {
    package var start: Int64
    package var end: Int64
    /// Milliseconds to add to an instant to get local time.
    package var offset: Int64
  }

  /// Coordinated universal time.
  package static let utc = Zone(name: "UTC", starts: [.min], offsets: [0], repeatsFrom: .max)

  /// - Precondition: `starts` begins with `Int64.min`, ascends strictly and is as long as `offsets`.
  init(name: String, starts: [Int64], offsets: [Int64], repeatsFrom: Int64) {
    precondition(starts.first == .min && starts.count == offsets.count, "a zone has a segment for every instant")
    self.name = name
    self.starts = starts
    self.offsets = offsets
    self.repeatsFrom = repeatsFrom
  }

  /// A zone of one offset, named as "+03:00". - Precondition: at most 26 hours either way.
  package convenience init(fixedOffset milliseconds: Int64) {
    precondition(milliseconds.magnitude <= UInt64(Zone.largestOffset), "an offset is at most 26 hours")
    let name = TimeFormatter.offsetText(milliseconds)
    self.init(name: name, starts: [.min], offsets: [milliseconds], repeatsFrom: .max)
  }

  /// Whether the offset never changes.
  package var isFixed: Bool { starts.count == 1 }

  /// Milliseconds to add to `instant` to get local time. Complexity: O(log *n*) in the number of segments.
  package func offset(at instant: Int64) -> Int64 {
    if starts.count == 1 { return offsets[0] }
    return offsets[index(at: instant - cycles(before: instant))]
  }

  /// The stretch of constant offset around `instant`, for loops that ask for many neighbouring instants.
  package func segment(at instant: Int64) -> Segment {
    let shift = cycles(before: instant)
    let index = index(at: instant - shift)
    let end = index + 1 < starts.count ? starts[index + 1] + shift : .max
    return Segment(start: index == 0 ? .min : starts[index] + shift, end: end, offset: offsets[index])
  }

  /// Local time at `instant`.
  package func local(at instant: Int64) -> Int64 { instant + offset(at: instant) }

  /// The instant of a local time.
  ///
  /// A local time that occurs twice (clocks set back) means its first occurrence. One that never occurs (clocks set
  /// forward over it) means the first instant after the gap. Complexity: O(log *n*).
  package func instant(ofLocal local: Int64) -> Int64 {
    if starts.count == 1 { return local - offsets[0] }
    var segment = segment(at: local - Zone.largestOffset)
    while true {
      let instant = local - segment.offset
      if instant < segment.start { return segment.start }
      if instant < segment.end { return instant }
      segment = self.segment(at: segment.end)
    }
  }

  /// Whether the local time occurs twice.
  package func isAmbiguous(local: Int64) -> Bool {
    let first = segment(at: instant(ofLocal: local))
    guard first.end != .max else { return false }
    let second = local - self.segment(at: first.end).offset
    return second >= first.end && local - first.offset < first.end
  }

  /// The local times around `local` that one offset serves without gap or overlap, or `nil` next to a change.
  func unambiguousLocals(around local: Int64) -> (range: Range<Int64>, offset: Int64)? {
    let segment = segment(at: instant(ofLocal: local))
    let margin = 2 * Zone.largestOffset
    let lower = segment.start == .min ? Int64.min : segment.start + segment.offset + margin
    let upper = segment.end == .max ? Int64.max : segment.end + segment.offset - margin
    guard lower <= local, local < upper else { return nil }
    return (lower..<upper, segment.offset)
  }

  private func index(at instant: Int64) -> Int {
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= instant { low = middle } else { high = middle }
    }
    return low
  }

  /// Whole cycles of 400 years, in milliseconds, by which `instant` lies beyond the laid-out segments.
  private func cycles(before instant: Int64) -> Int64 {
    guard instant >= repeatsFrom else { return 0 }
    return ((instant - repeatsFrom) / Zone.cycle + 1) * Zone.cycle
  }

  /// 400 Gregorian years in milliseconds.
  static let cycle = Int64(CivilDate.daysPerEra) * millisecondsPerDay
  /// RFC 9636 allows offsets of up to 26 hours.
  static let largestOffset: Int64 = 26 * 3_600_000
}

extension Zone: Equatable {
  /// Zones are equal by name: one process reads one zone database.
  package static func == (left: Zone, right: Zone) -> Bool { left.name == right.name }
}
