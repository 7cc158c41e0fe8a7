import ArgumentParser
import Instar
import InstarCalendar

/// `--param name=value`: text from the command line as a typed value.
enum ParameterText {
  /// - Throws: a usage error that shows the right form.
  static func parse(_ text: String) throws -> (name: String, value: Value) {
    guard let equals = text.firstIndex(of: "=") else {
      throw ValidationError("--param takes name=value, not '\(text)'")
    }
    var name = text[..<equals]
    if name.first == "$" { name = name.dropFirst() }
    guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) else {
      throw ValidationError("--param takes name=value; '\(name)' is no name of letters, digits and _")
    }
    return (String(name), try value(String(text[text.index(after: equals)...])))
  }

  /// Quotes make anything a text: `'30'`.
  static func value(_ text: String) throws -> Value {
    if text.count >= 2, text.first == "'", text.last == "'" { return .text(String(text.dropFirst().dropLast())) }
    if text.first == "@" { return try moment(text) }
    switch text {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    default: break
    }
    if let integer = Int64(text) { return .integer(integer) }
    if isDecimal(text), let real = Double(text) { return .real(real) }
    if let duration = duration(text) { return .duration(duration) }
    return .text(text)
  }

  /// `inf`, `nan` and hexadecimal numbers stay texts.
  private static func isDecimal(_ text: String) -> Bool {
    guard text.contains(where: \.isNumber) else { return false }
    return text.allSatisfy { $0.isASCII && ($0.isNumber || ".-+eE".contains($0)) }
  }

  /// The first instant of a date literal, in UTC.
  private static func moment(_ text: String) throws -> Value {
    do {
      return .time(try Calendar().range(of: try DateLiteral(text.dropFirst())).lowerBound)
    } catch {
      throw ValidationError("--param: \(error.message)")
    }
  }

  private static let units: [String: Int64] = [
    "second": 1000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000, "week": 604_800_000,
  ]

  /// `30 days`, `2 HOURS`.
  private static func duration(_ text: String) -> Int64? {
    let words = text.lowercased().split(separator: " ")
    guard words.count == 2, let count = Int64(words[0]), count >= 0 else { return nil }
    let unit = words[1].hasSuffix("s") ? String(words[1].dropLast()) : String(words[1])
    guard let length = units[unit] else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: length)
    return overflow ? nil : product
  }
}
