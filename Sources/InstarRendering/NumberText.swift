/// Numbers and durations as text for people, appended to UTF-8 bytes.
enum NumberText {
  /// A whole number, its digits in groups of three from 10,000 on: numbers of four digits stay whole, as years do.
  static func appendGrouped(_ value: Int64, to bytes: inout [UInt8]) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    appendGrouped(value.magnitude, from: 10_000, to: &bytes)
  }

  /// The same as a text.
  static func grouped(_ value: Int64) -> String {
    var bytes: [UInt8] = []
    appendGrouped(value, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A real with `decimals` places, rounded half away from zero.
  ///
  /// A number that rounds to nothing, or has 15 digits before the point, is written with an exponent and three digits.
  /// - Precondition: `decimals` is 0 to 6.
  static func append(_ value: Double, decimals: Int, grouped: Bool = true, to bytes: inout [UInt8]) {
    guard value.isFinite else {
      bytes.append(contentsOf: (value.isNaN ? "nan" : value < 0 ? "-inf" : "inf").utf8)
      return
    }
    let scale = powerOfTen(decimals)
    let scaled = (value.magnitude * Double(scale)).rounded()
    if value.magnitude >= 1e15 || scaled == 0 && value != 0 {
      appendScientific(value, to: &bytes)
      return
    }
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    let (whole, fraction) = UInt64(scaled).quotientAndRemainder(dividingBy: scale)
    appendGrouped(whole, from: grouped ? 10_000 : .max, to: &bytes)
    guard decimals > 0 else { return }
    bytes.append(UInt8(ascii: "."))
    var divisor = scale / 10
    while divisor > 0 {
      bytes.append(48 + UInt8(fraction / divisor % 10))
      divisor /= 10
    }
  }

  /// A share as "12.5%"; what rounds to nothing and is something is "<0.1%".
  static func percent(_ share: Double) -> String {
    if share > 0, share < 0.0005 { return "<0.1%" }
    var bytes: [UInt8] = []
    append(share * 100, decimals: 1, to: &bytes)
    return String(decoding: bytes, as: UTF8.self) + "%"
  }

  /// The places after the point that show every value of a column: as few as lose nothing, at most four below 1,
  /// three below 100 and two above.
  static func decimals(for values: some Sequence<Double>) -> Int {
    var largest = 0.0
    for value in values where value.isFinite { largest = max(largest, value.magnitude) }
    let most = largest < 1 ? 4 : largest < 100 ? 3 : 2
    let scale = Double(powerOfTen(most))
    var needed = 0
    for value in values where value.magnitude < 1e12 {
      var digits = UInt64((value.magnitude * scale).rounded())
      var places = most
      while places > needed, digits % 10 == 0 {
        digits /= 10
        places -= 1
      }
      needed = max(needed, places)
      if needed == most { break }
    }
    return needed
  }

  /// A length of time in its two largest units: "3 d 4 h", "2 h 05 min", "45 s", "1.5 s", "250 ms".
  static func appendDuration(_ milliseconds: Int64, to bytes: inout [UInt8]) {
    if milliseconds < 0 { bytes.append(UInt8(ascii: "-")) }
    let length = milliseconds.magnitude
    switch length {
    case ..<1_000: bytes.append(contentsOf: "\(length) ms".utf8)
    case ..<60_000:
      append(Double(length) / 1000, decimals: length % 1000 == 0 ? 0 : 1, to: &bytes)
      bytes.append(contentsOf: " s".utf8)
    case ..<3_600_000: appendPair(length, 60_000, "min", 1_000, "s", to: &bytes)
    case ..<86_400_000: appendPair(length, 3_600_000, "h", 60_000, "min", to: &bytes)
    default: appendPair(length, 86_400_000, "d", 3_600_000, "h", to: &bytes)
    }
  }

  /// Seconds with the milliseconds as decimals where there are any: a duration for programs.
  static func appendSeconds(_ milliseconds: Int64, to bytes: inout [UInt8]) {
    if milliseconds < 0 { bytes.append(UInt8(ascii: "-")) }
    let (seconds, rest) = milliseconds.magnitude.quotientAndRemainder(dividingBy: 1000)
    bytes.append(contentsOf: String(seconds).utf8)
    guard rest > 0 else { return }
    bytes.append(UInt8(ascii: "."))
    for divisor: UInt64 in [100, 10, 1] where divisor == 100 || rest % (divisor * 10) != 0 {
      bytes.append(48 + UInt8(rest / divisor % 10))
    }
  }

  private static func appendPair(
    _ length: UInt64, _ large: UInt64, _ largeName: String, _ small: UInt64, _ smallName: String,
    to bytes: inout [UInt8]
  ) {
    let rest = length % large / small
    bytes.append(contentsOf: "\(length / large) \(largeName)".utf8)
    if rest > 0 { bytes.append(contentsOf: " \(rest < 10 && smallName != "h" ? "0" : "")\(rest) \(smallName)".utf8) }
  }

  private static func appendScientific(_ value: Double, to bytes: inout [UInt8]) {
    var mantissa = value.magnitude
    var exponent = 0
    while mantissa >= 9.995 {
      mantissa /= 10
      exponent += 1
    }
    while mantissa < 0.9995 {
      mantissa *= 10
      exponent -= 1
    }
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    append(mantissa, decimals: 2, to: &bytes)
    bytes.append(contentsOf: "e\(exponent)".utf8)
  }

  private static func appendGrouped(_ value: UInt64, from least: UInt64, to bytes: inout [UInt8]) {
    let digits = Array(String(value).utf8)
    guard value >= least else {
      bytes.append(contentsOf: digits)
      return
    }
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(digit)
    }
  }

  private static func powerOfTen(_ exponent: Int) -> UInt64 {
    (0..<exponent).reduce(1) { power, _ in power * 10 }
  }
}
