/// Reads the times of one column, all in one layout.
///
/// Remembers the last date: neighbouring records mostly share it, and its days are then not computed again.
struct TimeParser {
  private let layout: TimeLayout
  /// Local time minus UTC, milliseconds, for times that name no zone.
  private let zoneOffset: Int64
  private var lastDate: UInt64 = 0
  private var lastDay: UInt16 = 0
  private var lastMidnight: Int64 = 0

  init(_ layout: TimeLayout, zoneOffset: Int64) {
    self.layout = layout
    self.zoneOffset = zoneOffset
  }

  /// Milliseconds since 1970-01-01T00:00Z, or `nil` when the field is not such a time or no such date exists.
  @inline(__always)
  mutating func parse(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
    switch layout {
    case .yearMonthDay: return yearFirst(bytes, count)
    case .dayMonthYear: return yearLast(bytes, count, dayFirst: true)
    case .monthDayYear: return yearLast(bytes, count, dayFirst: false)
    case .compact: return compact(bytes, count)
    case .epochSeconds, .epochMilliseconds, .epochMicroseconds, .epochNanoseconds: return epoch(bytes, count)
    }
  }

  private mutating func yearFirst(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
    if count < 8 { return nil }
    // The first eight bytes and the next two are the date where month and day have two digits.
    let raw = UnsafeRawPointer(bytes)
    if count >= 10 {
      let head = raw.loadUnaligned(as: UInt64.self)
      let day = raw.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
      if head == lastDate && day == lastDay { return clock(bytes, count, from: 10, midnight: lastMidnight) }
    }
    guard let year = digits(bytes, 0, 4) else { return nil }
    let mark = bytes[4]
    if mark != UInt8(ascii: "-") && mark != UInt8(ascii: "/") && mark != UInt8(ascii: ".") { return nil }
    var index = 5
    guard let month = shortNumber(bytes, count, &index), index < count, bytes[index] == mark else { return nil }
    index += 1
    guard let day = shortNumber(bytes, count, &index), let midnight = midnight(year, month, day) else { return nil }
    if index == 10 {
      lastDate = raw.loadUnaligned(as: UInt64.self)
      lastDay = raw.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
      lastMidnight = midnight
    }
    return clock(bytes, count, from: index, midnight: midnight)
  }

  private func yearLast(_ bytes: UnsafePointer<UInt8>, _ count: Int, dayFirst: Bool) -> Int64? {
    var index = 0
    guard let first = shortNumber(bytes, count, &index), index < count else { return nil }
    let mark = bytes[index]
    if mark != UInt8(ascii: "/") && mark != UInt8(ascii: ".") && mark != UInt8(ascii: "-") { return nil }
    index += 1
    guard let second = shortNumber(bytes, count, &index), index < count, bytes[index] == mark else { return nil }
    index += 1
    guard index + 4 <= count, let year = digits(bytes, index, 4) else { return nil }
    guard let midnight = dayFirst ? midnight(year, second, first) : midnight(year, first, second) else { return nil }
    return clock(bytes, count, from: index + 4, midnight: midnight)
  }

  private func compact(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
    guard count == 8 || count == 14, let year = digits(bytes, 0, 4), let month = digits(bytes, 4, 2),
      let day = digits(bytes, 6, 2), let midnight = midnight(year, month, day)
    else { return nil }
    if count == 8 { return midnight - zoneOffset }
    guard let hour = digits(bytes, 8, 2), let minute = digits(bytes, 10, 2), let second = digits(bytes, 12, 2),
      hour < 24, minute < 60, second < 61
    else { return nil }
    return midnight + (hour * 3600 + minute * 60 + second) * 1000 - zoneOffset
  }

  private func epoch(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
    // A fraction (1769854500.25) is kept to the millisecond for seconds and cut for the finer units.
    var whole = count
    var milliseconds: Int64 = 0
    if let point = (0..<count).first(where: { bytes[$0] == UInt8(ascii: ".") }) {
      whole = point
      var scale: Int64 = 100
      for index in point + 1..<count {
        guard let digit = digits(bytes, index, 1) else { return nil }
        milliseconds += digit * scale
        scale /= 10
      }
    }
    guard let value = NumberParser().integer(bytes, whole) else { return nil }
    switch layout {
    case .epochSeconds:
      let (product, overflow) = value.multipliedReportingOverflow(by: 1000)
      return overflow ? nil : product + (value < 0 ? -milliseconds : milliseconds)
    case .epochMicroseconds: return flooredQuotient(value, 1000)
    case .epochNanoseconds: return flooredQuotient(value, 1_000_000)
    default: return value
    }
  }

  /// The rest behind the date: nothing, or `T10:15`, ` 10:15:30.123 Z`, `10:15+01:00`, ` 8:26 PM`.
  @inline(__always)
  private func clock(_ bytes: UnsafePointer<UInt8>, _ count: Int, from start: Int, midnight: Int64) -> Int64? {
    if start == count { return midnight - zoneOffset }
    var index = start
    let separator = bytes[index]
    if separator != UInt8(ascii: " ") && separator != UInt8(ascii: "T") && separator != UInt8(ascii: "t") { return nil }
    index += 1
    guard var hour = shortNumber(bytes, count, &index), hour < 24, index + 2 < count, bytes[index] == UInt8(ascii: ":"),
      let minute = digits(bytes, index + 1, 2), minute < 60
    else { return nil }
    index += 3
    var second: Int64 = 0
    var fraction: Int64 = 0
    if index + 2 < count, bytes[index] == UInt8(ascii: ":") {
      guard let value = digits(bytes, index + 1, 2), value < 61 else { return nil }
      second = value
      index += 3
      if index < count, bytes[index] == UInt8(ascii: ".") || bytes[index] == UInt8(ascii: ",") {
        index += 1
        var scale: Int64 = 100
        let first = index
        while index < count, bytes[index] &- UInt8(ascii: "0") <= 9 {
          fraction += Int64(bytes[index] &- UInt8(ascii: "0")) * scale
          scale /= 10
          index &+= 1
        }
        if index == first { return nil }
      }
    }
    if index < count, !adjustHalfDay(bytes, count, &index, &hour) { return nil }
    let local = midnight + (hour * 3600 + minute * 60 + second) * 1000 + fraction
    if index == count { return local - zoneOffset }
    guard let offset = zone(bytes, count, from: index) else { return nil }
    return local - offset
  }

  /// Takes `AM` or `PM` where it follows; `false` when the hour does not fit it.
  @inline(never)
  private func adjustHalfDay(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ index: inout Int, _ hour: inout Int64)
    -> Bool
  {
    var next = index
    if bytes[next] == UInt8(ascii: " ") { next += 1 }
    guard next + 2 == count, bytes[next + 1] | 0x20 == UInt8(ascii: "m") else { return true }
    let half = bytes[next] | 0x20
    guard half == UInt8(ascii: "a") || half == UInt8(ascii: "p") else { return true }
    if hour < 1 || hour > 12 { return false }
    hour = hour % 12 + (half == UInt8(ascii: "p") ? 12 : 0)
    index = count
    return true
  }

  /// `Z`, ` UTC`, `+01:00`, `+0100`, `+01`, in milliseconds.
  @inline(never)
  private func zone(_ bytes: UnsafePointer<UInt8>, _ count: Int, from start: Int) -> Int64? {
    var index = start
    if bytes[index] == UInt8(ascii: " ") { index += 1 }
    let rest = count - index
    if rest == 1, bytes[index] | 0x20 == UInt8(ascii: "z") { return 0 }
    if rest == 3 {
      let name = (bytes[index], bytes[index + 1], bytes[index + 2])
      if name == (0x55, 0x54, 0x43) || name == (0x47, 0x4d, 0x54) { return 0 }  // UTC, GMT
    }
    guard rest >= 3, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-"),
      let hours = digits(bytes, index + 1, 2), hours < 24
    else { return nil }
    var minutes: Int64 = 0
    if rest > 3 {
      let place = bytes[index + 3] == UInt8(ascii: ":") ? index + 4 : index + 3
      guard place + 2 == count, let value = digits(bytes, place, 2), value < 60 else { return nil }
      minutes = value
    }
    let offset = (hours * 60 + minutes) * 60_000
    return bytes[index] == UInt8(ascii: "-") ? -offset : offset
  }

  /// `count` digits at `start`.
  @inline(__always)
  private func digits(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int64? {
    var value: Int64 = 0
    var index = start
    while index < start &+ count {
      let digit = bytes[index] &- UInt8(ascii: "0")
      if digit > 9 { return nil }
      value = value &* 10 &+ Int64(digit)
      index &+= 1
    }
    return value
  }

  /// One or two digits.
  @inline(__always)
  private func shortNumber(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ index: inout Int) -> Int64? {
    guard index < count else { return nil }
    let first = bytes[index] &- UInt8(ascii: "0")
    if first > 9 { return nil }
    index &+= 1
    guard index < count else { return Int64(first) }
    let second = bytes[index] &- UInt8(ascii: "0")
    if second > 9 { return Int64(first) }
    index &+= 1
    return Int64(first) &* 10 &+ Int64(second)
  }

  private func midnight(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64? {
    if month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month) { return nil }
    return daysFromCivil(year, month, day) * 86_400_000
  }
}

private func flooredQuotient(_ value: Int64, _ divisor: Int64) -> Int64 {
  let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
  return remainder < 0 ? quotient - 1 : quotient
}

private func daysInMonth(_ year: Int64, _ month: Int64) -> Int64 {
  if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar, year 0 and later
/// (H. Hinnant, "chrono-compatible low-level date algorithms").
private func daysFromCivil(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
  let shifted = month <= 2 ? year - 1 : year
  let era = (shifted >= 0 ? shifted : shifted - 399) / 400
  let yearOfEra = shifted - era * 400
  let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
  let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}
