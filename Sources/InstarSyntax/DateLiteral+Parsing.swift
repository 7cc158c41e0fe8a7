extension DateLiteral.Kind {
  /// Reads what stands behind the `@`: `2026`, `2026-Q1`, `2026-W07`, `2026-03`, `2026-03-15`, `2026-03-15T10:30[:15]`.
  static func reading(_ digits: ArraySlice<UInt8>) -> Result<Self, LexicalFault> {
    var reader = DigitReader(bytes: digits)
    guard let year = reader.number(ofDigits: 4) else { return .failure(.dateShape) }
    if reader.isAtEnd { return .success(.year(year)) }
    guard reader.accept("-") else { return .failure(.dateShape) }
    if reader.accept("Q") || reader.accept("q") {
      return reader.last(.quarter, in: 1...4, ofDigits: 1).map { .quarter(year: year, quarter: $0) }
    }
    if reader.accept("W") || reader.accept("w") {
      return reader.last(.week, in: 1...weekCount(in: year), ofDigits: 2).map { .week(year: year, week: $0) }
    }
    guard let month = reader.number(ofDigits: 2) else { return .failure(.dateShape) }
    guard (1...12).contains(month) else { return .failure(.dateField(.month, month)) }
    if reader.isAtEnd { return .success(.month(year: year, month: month)) }
    guard reader.accept("-"), let day = reader.number(ofDigits: 2) else { return .failure(.dateShape) }
    guard day >= 1, day <= dayCount(of: month, in: year) else { return .failure(.dateField(.day, day)) }
    if reader.isAtEnd { return .success(.day(year: year, month: month, day: day)) }
    return time(&reader, year: year, month: month, day: day)
  }

  init?(digits: ArraySlice<UInt8>) {
    guard case .success(let kind) = DateLiteral.Kind.reading(digits) else { return nil }
    self = kind
  }

  private static func time(
    _ reader: inout DigitReader, year: Int, month: Int, day: Int
  ) -> Result<Self, LexicalFault> {
    guard reader.accept("T") || reader.accept("t"), let hour = reader.number(ofDigits: 2), reader.accept(":"),
      let minute = reader.number(ofDigits: 2)
    else { return .failure(.dateShape) }
    guard hour < 24 else { return .failure(.dateField(.hour, hour)) }
    guard minute < 60 else { return .failure(.dateField(.minute, minute)) }
    if reader.isAtEnd { return .success(.minute(year: year, month: month, day: day, hour: hour, minute: minute)) }
    guard reader.accept(":") else { return .failure(.dateShape) }
    return reader.last(.second, in: 0...59, ofDigits: 2).map {
      .second(year: year, month: month, day: day, hour: hour, minute: minute, second: $0)
    }
  }

  private static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  private static func dayCount(of month: Int, in year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// 53 in years whose 1 January or 31 December is a Thursday (ISO 8601), else 52.
  private static func weekCount(in year: Int) -> Int {
    func weekdayOfLastDay(_ year: Int) -> Int { (year + year / 4 - year / 100 + year / 400) % 7 }
    return weekdayOfLastDay(year) == 4 || weekdayOfLastDay(year - 1) == 3 ? 53 : 52
  }
}

/// Reads digits of a fixed number, from left to right.
private struct DigitReader {
  var bytes: ArraySlice<UInt8>

  var isAtEnd: Bool { bytes.isEmpty }

  mutating func accept(_ character: Unicode.Scalar) -> Bool {
    guard bytes.first == UInt8(ascii: character) else { return false }
    bytes.removeFirst()
    return true
  }

  mutating func number(ofDigits count: Int) -> Int? {
    guard bytes.count >= count, bytes.prefix(count).allSatisfy(\.isDigit) else { return nil }
    let value = bytes.prefix(count).reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    bytes.removeFirst(count)
    return value
  }

  mutating func last(
    _ field: LexicalFault.DateField, in valid: ClosedRange<Int>, ofDigits count: Int
  ) -> Result<Int, LexicalFault> {
    guard let value = number(ofDigits: count), isAtEnd else { return .failure(.dateShape) }
    return valid.contains(value) ? .success(value) : .failure(.dateField(field, value))
  }
}
