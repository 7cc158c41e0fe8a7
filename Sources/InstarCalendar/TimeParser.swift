/// Reads times of one format from UTF-8 bytes.
///
/// The parser holds the offset of the last stretch of local time, so that the values of a file, which lie close
/// together, need no search in the zone. Reading allocates nothing.
///
/// - A value with an offset of its own (`Z`, `+03:00`) means that; others are local times of the zone: one that occurs
///   twice its first occurrence, one that the clocks skip the first instant after the gap.
/// - A date alone is its first instant.
/// - Fractions of a second are cut after milliseconds. Second 60 is the first of the next minute.
/// - Years of two digits are 1970 to 2069.
/// - Blanks around the value are passed over; anything else that is left makes the value unreadable.
package struct TimeParser: Sendable {
  package let format: TimeFormat
  package let zone: Zone
  /// Local times that `knownOffset` serves.
  private var known: Range<Int64>
  private var knownOffset: Int64

  package init(_ format: TimeFormat, zone: Zone = .utc) {
    self.format = format
    self.zone = zone
    known = zone.isFixed ? Int64.min..<Int64.max : 0..<0
    knownOffset = zone.isFixed ? zone.offset(at: 0) : 0
  }

  /// The instant that the bytes write, or `nil` when they are no time of the format.
  /// - Complexity: O(*n*) in the bytes of the value; about as many nanoseconds.
  package mutating func parse(_ bytes: Span<UInt8>) -> Int64? {
    var scanner = Position(at: 0, end: bytes.count)
    while scanner.end > 0, bytes[scanner.end - 1] <= 32 { scanner.end &-= 1 }
    while scanner.at < scanner.end, bytes[scanner.at] <= 32 { scanner.at &+= 1 }
    switch format {
    case .epoch(let unit): return epoch(bytes, &scanner, unit)
    case .yearFirst:
      if let local = TimeParser.fixedWidth(bytes, scanner) {
        scanner.at &+= 19
        guard let fraction = fraction(bytes, &scanner) else { return nil }
        return instant(ofLocal: local &+ Int64(fraction), bytes, &scanner)
      }
    case .dayFirst, .monthFirst: break
    }
    guard let date = date(bytes, &scanner), date.isValid else { return nil }
    var local = Int64(date.dayNumber) &* millisecondsPerDay
    if scanner.at < scanner.end {
      guard let time = timeOfDay(bytes, &scanner) else { return nil }
      local &+= time
    }
    return instant(ofLocal: local, bytes, &scanner)
  }

  /// The instant that the bytes write, or `nil`.
  package mutating func parse(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    bytes.withMemoryRebound(to: UInt8.self) { parse($0.span) }
  }

  /// The instant that the text writes, or `nil`. For literals and settings; it copies the text.
  package mutating func parse(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    return parse(bytes.span)
  }

  /// The instant of a local time, with the offset that follows it if one does.
  @inline(__always)
  private mutating func instant(ofLocal local: Int64, _ bytes: Span<UInt8>, _ scanner: inout Position) -> Int64? {
    if scanner.at == scanner.end { return instant(ofLocal: local) }
    guard let offset = offset(bytes, &scanner), scanner.at == scanner.end else { return nil }
    return local &- offset
  }

  private mutating func instant(ofLocal local: Int64) -> Int64 {
    if known.contains(local) { return local &- knownOffset }
    guard let stretch = zone.unambiguousLocals(around: local) else { return zone.instant(ofLocal: local) }
    known = stretch.range
    knownOffset = stretch.offset
    return local &- knownOffset
  }

  // MARK: The common layout

  /// The local time of `yyyy-mm-dd hh:mm:ss` or `yyyy-mm-ddThh:mm:ss` at the position, or `nil` for other layouts.
  ///
  /// Eight characters are checked and read at once: after the expected character is taken away from each, digits are
  /// 0 to 9 and separators 0, which one addition tests; `10 x + (x >> 8)` then puts the pairs of digits together.
  @inline(__always)
  private static func fixedWidth(_ bytes: Span<UInt8>, _ scanner: Position) -> Int64? {
    guard scanner.end &- scanner.at >= 19 else { return nil }
    let raw = bytes.bytes
    let between = bytes[scanner.at &+ 10]
    guard between == 32 || between == UInt8(ascii: "T"),
      let date = pairs(raw, scanner.at, expected: 0x2d30_302d_3030_3030, slack: 0x7f76_767f_7676_7676),
      let time = pairs(raw, scanner.at &+ 11, expected: 0x3030_3a30_303a_3030, slack: 0x7676_7f76_767f_7676)
    else { return nil }
    let tens = bytes[scanner.at &+ 8] &- 48
    let ones = bytes[scanner.at &+ 9] &- 48
    guard tens <= 9, ones <= 9 else { return nil }
    let civil = CivilDate(
      year: Int(date & 0xff) &* 100 &+ Int(date >> 16 & 0xff), month: Int(date >> 40 & 0xff),
      day: Int(tens) &* 10 &+ Int(ones))
    let (hour, minute, second) = (Int64(time & 0xff), Int64(time >> 24 & 0xff), Int64(time >> 48 & 0xff))
    guard civil.isValid, hour < 24, minute < 60, second <= 60 else { return nil }
    return Int64(civil.dayNumber) &* millisecondsPerDay &+ ((hour &* 60 &+ minute) &* 60 &+ second) &* 1000
  }

  /// Byte `i` of the result is the number of the digits `i` and `i + 1`.
  ///
  /// - Precondition: eight bytes stand at `start`.
  @inline(__always)
  private static func pairs(_ raw: RawSpan, _ start: Int, expected: UInt64, slack: UInt64) -> UInt64? {
    let word = UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self))
    let digits = word ^ expected
    guard (digits | (digits &+ slack)) & 0x8080_8080_8080_8080 == 0 else { return nil }
    return digits &* 10 &+ (digits >> 8)
  }

  // MARK: Dates

  private func date(_ bytes: Span<UInt8>, _ scanner: inout Position) -> CivilDate? {
    let first = scanner.digits(bytes, atMost: 8)
    guard format != .yearFirst else { return yearFirst(bytes, &scanner, first) }
    guard first.count == 1 || first.count == 2, let separator = scanner.separator(bytes) else { return nil }
    let second = scanner.digits(bytes, atMost: 2)
    guard second.count > 0, scanner.skip(separator, bytes) else { return nil }
    let third = scanner.digits(bytes, atMost: 4)
    guard third.count == 4 || third.count == 2 else { return nil }
    let year = third.count == 4 ? third.value : third.value + (third.value < 70 ? 2000 : 1900)
    if format == .dayFirst { return CivilDate(year: year, month: second.value, day: first.value) }
    return separator == UInt8(ascii: ".") ? nil : CivilDate(year: year, month: first.value, day: second.value)
  }

  private func yearFirst(_ bytes: Span<UInt8>, _ scanner: inout Position, _ first: Digits) -> CivilDate? {
    if first.count == 8 {
      return CivilDate(year: first.value / 10_000, month: first.value / 100 % 100, day: first.value % 100)
    }
    guard first.count == 4, let separator = scanner.separator(bytes) else { return nil }
    let month = scanner.digits(bytes, atMost: 2)
    guard month.count > 0, scanner.skip(separator, bytes) else { return nil }
    let day = scanner.digits(bytes, atMost: 2)
    return day.count > 0 ? CivilDate(year: first.value, month: month.value, day: day.value) : nil
  }

  // MARK: Time of day

  /// Milliseconds after midnight.
  private func timeOfDay(_ bytes: Span<UInt8>, _ scanner: inout Position) -> Int64? {
    let start = scanner.at
    if scanner.at < scanner.end, bytes[scanner.at] | 0x20 == UInt8(ascii: "t") {
      scanner.at &+= 1
    } else {
      _ = scanner.skip(UInt8(ascii: ","), bytes)
      while scanner.skip(32, bytes) {}
    }
    guard scanner.at > start else { return nil }
    var hour = scanner.digits(bytes, atMost: 6)
    var minute = 0
    var second = 0
    if hour.count == 4 || hour.count == 6 {
      // 1015 and 101530: the compact form of ISO 8601
      let packed = hour.count == 4 ? hour.value * 100 : hour.value
      (hour, minute, second) = (Digits(value: packed / 10_000, count: 2), packed / 100 % 100, packed % 100)
    } else {
      guard hour.count == 1 || hour.count == 2, scanner.skip(UInt8(ascii: ":"), bytes) else { return nil }
      let minutes = scanner.digits(bytes, atMost: 2)
      guard minutes.count == 2 else { return nil }
      minute = minutes.value
      if scanner.skip(UInt8(ascii: ":"), bytes) {
        let seconds = scanner.digits(bytes, atMost: 2)
        guard seconds.count == 2 else { return nil }
        second = seconds.value
      }
    }
    guard let fraction = fraction(bytes, &scanner), let hours = halfDay(bytes, &scanner, hour.value),
      hours < 24, minute < 60, second <= 60
    else { return nil }
    return Int64((hours * 60 + minute) * 60 + second) * 1000 + Int64(fraction)
  }

  /// Milliseconds of a fraction of a second; 0 without one.
  private func fraction(_ bytes: Span<UInt8>, _ scanner: inout Position) -> Int? {
    guard scanner.skip(UInt8(ascii: "."), bytes) || scanner.skip(UInt8(ascii: ","), bytes) else { return 0 }
    let digits = scanner.digits(bytes, atMost: 3)
    guard digits.count > 0 else { return nil }
    while scanner.digits(bytes, atMost: 9).count > 0 {}
    return digits.value * (digits.count == 1 ? 100 : digits.count == 2 ? 10 : 1)
  }

  /// The hour of 0 to 23, with AM and PM read where they stand.
  private func halfDay(_ bytes: Span<UInt8>, _ scanner: inout Position, _ hour: Int) -> Int? {
    guard scanner.at < scanner.end else { return hour }
    var ahead = scanner
    _ = ahead.skip(32, bytes)
    guard ahead.at &+ 2 <= ahead.end, bytes[ahead.at &+ 1] | 0x20 == UInt8(ascii: "m") else { return hour }
    let letter = bytes[ahead.at] | 0x20
    guard letter == UInt8(ascii: "a") || letter == UInt8(ascii: "p") else { return hour }
    guard hour >= 1, hour <= 12 else { return nil }
    scanner.at = ahead.at &+ 2
    return hour % 12 + (letter == UInt8(ascii: "p") ? 12 : 0)
  }

  /// Milliseconds of `Z`, `UTC`, `GMT`, `+03`, `+0300`, `+03:00`.
  private func offset(_ bytes: Span<UInt8>, _ scanner: inout Position) -> Int64? {
    _ = scanner.skip(32, bytes)
    if scanner.skipWord("z", bytes) || scanner.skipWord("utc", bytes) || scanner.skipWord("gmt", bytes) { return 0 }
    let negative = scanner.skip(UInt8(ascii: "-"), bytes)
    guard negative || scanner.skip(UInt8(ascii: "+"), bytes) else { return nil }
    var hours = scanner.digits(bytes, atMost: 4)
    var minutes = 0
    if hours.count == 4 {
      (hours.value, minutes) = (hours.value / 100, hours.value % 100)
    } else {
      guard hours.count == 2 else { return nil }
      if scanner.skip(UInt8(ascii: ":"), bytes) {
        let digits = scanner.digits(bytes, atMost: 2)
        guard digits.count == 2 else { return nil }
        minutes = digits.value
      }
    }
    guard hours.value <= 18, minutes < 60 else { return nil }
    let offset = Int64(hours.value * 60 + minutes) * 60_000
    return negative ? -offset : offset
  }

  // MARK: Numbers

  private func epoch(_ bytes: Span<UInt8>, _ scanner: inout Position, _ unit: TimeFormat.EpochUnit) -> Int64? {
    let negative = scanner.skip(UInt8(ascii: "-"), bytes)
    let digits = scanner.digits(bytes, atMost: 18)
    guard digits.count > 0 else { return nil }
    var value = Int64(digits.value)
    let last = scanner.digits(bytes, atMost: 1)
    if last.count == 1 {
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      guard !overflow, shifted <= Int64.max - 9 else { return nil }
      value = shifted + Int64(last.value)
    }
    // A fraction counts for seconds; files of numbers write whole ones with ".0".
    let fraction = scanner.at < scanner.end ? fraction(bytes, &scanner) : 0
    guard let fraction, scanner.at == scanner.end else { return nil }
    if negative { value = -value }
    switch unit {
    case .seconds:
      guard value.magnitude <= 3_155_760_000_000 else { return nil }
      return value * 1000 + Int64(negative ? -fraction : fraction)
    case .milliseconds: return value.magnitude <= 3_155_760_000_000_000 ? value : nil
    case .microseconds: return floorDivide(value, 1000)
    case .nanoseconds: return floorDivide(value, 1_000_000)
    }
  }
}

/// A run of digits.
private struct Digits {
  var value: Int
  var count: Int
}

/// Where the parser stands: `at ..< end` of the bytes is left.
private struct Position {
  var at: Int
  var end: Int

  @inline(__always)
  mutating func digits(_ bytes: Span<UInt8>, atMost limit: Int) -> Digits {
    var digits = Digits(value: 0, count: 0)
    while at < end, digits.count < limit {
      let digit = bytes[at] &- 48
      if digit > 9 { break }
      digits.value = digits.value &* 10 &+ Int(digit)
      digits.count &+= 1
      at &+= 1
    }
    return digits
  }

  @inline(__always)
  mutating func skip(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
    guard at < end, bytes[at] == byte else { return false }
    at &+= 1
    return true
  }

  /// One of `- / .`.
  @inline(__always)
  mutating func separator(_ bytes: Span<UInt8>) -> UInt8? {
    guard at < end else { return nil }
    let byte = bytes[at]
    guard byte == UInt8(ascii: "-") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".") else { return nil }
    at &+= 1
    return byte
  }

  /// A word in any case. - Precondition: `word` is lower-case ASCII.
  mutating func skipWord(_ word: StaticString, _ bytes: Span<UInt8>) -> Bool {
    guard at &+ word.utf8CodeUnitCount <= end else { return false }
    for index in 0..<word.utf8CodeUnitCount where bytes[at &+ index] | 0x20 != word.utf8Start[index] { return false }
    at &+= word.utf8CodeUnitCount
    return true
  }
}
