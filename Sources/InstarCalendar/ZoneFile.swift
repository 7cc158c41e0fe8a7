/// The contents of a TZif file (RFC 9636), versions 1 to 4, without leap seconds.
struct ZoneFile {
  /// Seconds since 1970 at which a new offset begins, ascending.
  var transitions: [Int64]
  /// The offset in seconds from each transition on.
  var offsets: [Int64]
  /// The offset in seconds before the first transition.
  var firstOffset: Int64
  /// The rule for the time after the last transition: the POSIX `TZ` text of the footer, empty in version 1.
  var rule: String

  /// Reads a file's bytes; `nil` when they are no TZif file, are cut short or count leap seconds.
  init?(_ bytes: [UInt8]) {
    guard let first = Header(bytes, at: 0) else { return nil }
    guard first.version >= 2 else {
      self.init(bytes, header: first, at: Header.size, timeSize: 4, rule: "")
      return
    }
    let secondAt = Header.size + first.bodySize(timeSize: 4)
    guard let second = Header(bytes, at: secondAt) else { return nil }
    let footerAt = secondAt + Header.size + second.bodySize(timeSize: 8)
    guard footerAt < bytes.count, bytes[footerAt] == UInt8(ascii: "\n"),
      let end = bytes[(footerAt + 1)...].firstIndex(of: UInt8(ascii: "\n"))
    else { return nil }
    let rule = String(decoding: bytes[(footerAt + 1)..<end], as: UTF8.self)
    self.init(bytes, header: second, at: secondAt + Header.size, timeSize: 8, rule: rule)
  }

  private init?(_ bytes: [UInt8], header: Header, at start: Int, timeSize: Int, rule: String) {
    let typesAt = start + header.times * timeSize
    let recordsAt = typesAt + header.times
    guard header.types > 0, header.leaps == 0, start + header.bodySize(timeSize: timeSize) <= bytes.count else {
      return nil
    }
    let typeOffsets = (0..<header.types).map {
      Int64(Int32(truncatingIfNeeded: bigEndian(bytes, recordsAt + $0 * 6, 4)))
    }
    transitions = []
    offsets = []
    for time in 0..<header.times {
      let type = Int(bytes[typesAt + time])
      let seconds = bigEndian(bytes, start + time * timeSize, timeSize)
      guard type < header.types, transitions.last.map({ $0 < seconds }) ?? true else { return nil }
      transitions.append(seconds)
      offsets.append(typeOffsets[type])
    }
    firstOffset = typeOffsets[0]
    self.rule = rule
    guard typeOffsets.allSatisfy({ $0.magnitude <= UInt64(Zone.largestOffset / 1000) }) else { return nil }
  }

  /// The counts at the head of a data block.
  private struct Header {
    static let size = 44
    var version: Int
    var utcFlags: Int, standardFlags: Int, leaps: Int, times: Int, types: Int, characters: Int

    init?(_ bytes: [UInt8], at start: Int) {
      guard start >= 0, start + Header.size <= bytes.count, bytes[start..<start + 4].elementsEqual("TZif".utf8) else {
        return nil
      }
      let digit = bytes[start + 4]
      version = digit == 0 ? 1 : Int(digit) - 48
      let counts = (0..<6).map { Int(bigEndian(bytes, start + 20 + $0 * 4, 4)) }
      guard counts.allSatisfy({ $0 >= 0 }) else { return nil }
      (utcFlags, standardFlags, leaps) = (counts[0], counts[1], counts[2])
      (times, types, characters) = (counts[3], counts[4], counts[5])
    }

    func bodySize(timeSize: Int) -> Int {
      times * (timeSize + 1) + types * 6 + characters + leaps * (timeSize + 4) + standardFlags + utcFlags
    }
  }
}

/// A signed number of 4 or 8 bytes, most significant first.
private func bigEndian(_ bytes: [UInt8], _ start: Int, _ size: Int) -> Int64 {
  var value: UInt64 = 0
  for byte in bytes[start..<start + size] { value = value << 8 | UInt64(byte) }
  return size == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
}

extension Zone {
  /// The zone that a file's contents describe; `nil` when the bytes are damaged.
  package convenience init?(name: String, fileContents bytes: [UInt8]) {
    guard let file = ZoneFile(bytes) else { return nil }
    var segments = SegmentList(firstOffset: file.firstOffset)
    for (seconds, offset) in zip(file.transitions, file.offsets) { segments.append(seconds, offset: offset) }
    guard !file.rule.isEmpty else {
      self.init(name: name, segments, repeatsFrom: .max)
      return
    }
    guard let rule = ZoneRule(file.rule) else { return nil }
    self.init(name: name, segments, after: file.transitions.last, rule: rule)
  }

  /// The zone of a POSIX `TZ` text alone, as "EST5EDT,M3.2.0,M11.1.0"; `nil` when it cannot be read.
  package convenience init?(name: String, rule text: String) {
    guard let rule = ZoneRule(text) else { return nil }
    self.init(name: name, SegmentList(firstOffset: rule.standardOffset), after: nil, rule: rule)
  }

  private convenience init(name: String, _ list: SegmentList, after last: Int64?, rule: ZoneRule) {
    var segments = list
    guard rule.daylight != nil else {
      if let last { segments.append(max(last, segments.lastSeconds), offset: rule.standardOffset) }
      self.init(name: name, segments, repeatsFrom: .max)
      return
    }
    let firstYear = CivilDate(dayNumber: Int(floorDivide(last ?? 0, 86_400))).year
    for year in firstYear..<firstYear + 404 {
      for change in rule.changes(in: year) where change.seconds > (last ?? .min) {
        segments.append(change.seconds, offset: change.offset)
      }
    }
    let repeatsFrom = CivilDate(year: firstYear + 402, month: 1, day: 1).dayNumber
    self.init(name: name, segments, repeatsFrom: Int64(repeatsFrom) * millisecondsPerDay)
  }

  private convenience init(name: String, _ list: SegmentList, repeatsFrom: Int64) {
    self.init(name: name, starts: list.starts, offsets: list.offsets, repeatsFrom: repeatsFrom)
  }
}

/// Segments under construction: changes that change nothing are left out.
private struct SegmentList {
  var starts: [Int64] = [.min]
  var offsets: [Int64]

  init(firstOffset: Int64) { offsets = [firstOffset * 1000] }

  var lastSeconds: Int64 { starts.count == 1 ? -(1 << 50) : starts[starts.count - 1] / 1000 }

  /// A change at `seconds`; one at or before the last change replaces it (a rule that holds all year meets itself).
  mutating func append(_ seconds: Int64, offset: Int64) {
    let start = max(seconds, -(1 << 50)) * 1000
    while starts.count > 1, starts[starts.count - 1] >= start {
      starts.removeLast()
      offsets.removeLast()
    }
    guard offset * 1000 != offsets[offsets.count - 1] else { return }
    starts.append(start)
    offsets.append(offset * 1000)
  }
}
