package import InstarCalendar
package import InstarColumns

extension Receipt {
  /// The receipt in three lines for people: from where and when the statement looked and how long it took; what was
  /// chosen and left out; what it was computed from. Notes follow, a line each.
  ///
  /// ```
  /// as of 2026-01-01 00:00:00.001 UTC, weeks begin on monday; 4,372 users; 12.3 ms
  /// entry = best; 2 incomplete periods, 42 users with missing values
  /// data 3f2a9c01, format 1, instar 0.1.0; model loyalty@1 (AUC 0.81, baseline 0.74)
  /// ```
  ///
  /// - Parameter zone: the zone that ``timeZone`` names.
  package func lines(zone: Zone) -> [String] {
    let moment = TimeFormatter(zone: zone).text(asOf)
    let first =
      "as of \(moment) \(timeZone), weeks begin on \(weekStart); \(Receipt.counted(population, "user"))"
      + (elapsedMilliseconds > 0 ? "; \(Receipt.milliseconds(elapsedMilliseconds)) ms" : "")
    let left = [
      incompletePeriods > 0 ? Receipt.counted(incompletePeriods, "incomplete period") : nil,
      usersWithMissingValues > 0 ? Receipt.counted(usersWithMissingValues, "user") + " with missing values" : nil,
      suppressedRows > 0 ? Receipt.counted(suppressedRows, "row") + " suppressed for privacy" : nil,
    ].compactMap { $0 }
    let chosen = defaults.isEmpty ? "no defaults used" : defaults.joined(separator: ", ")
    let second = chosen + "; " + (left.isEmpty ? "nothing left out" : left.joined(separator: ", "))
    var third = "data \(dataHash.isEmpty ? "empty" : String(dataHash.prefix(12))), format \(formatVersion)"
    if !engineVersion.isEmpty { third += ", instar \(engineVersion)" }
    if !models.isEmpty { third += "; \(models.count == 1 ? "model" : "models") " + models.joined(separator: ", ") }
    return [first, second, third] + notes.map { "note: \($0)" }
  }

  /// Appends the receipt as one JSON object with a line feed. The moment is RFC 3339 in the receipt's zone.
  package func appendJSON(rows: Int, zone: Zone, to bytes: inout [UInt8]) {
    func key(_ name: String) {
      bytes.append(bytes.last == 10 || bytes.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
      JSONText.append(name, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
    }
    func field(_ name: String, _ text: String) {
      key(name)
      JSONText.append(text, to: &bytes)
    }
    func field(_ name: String, _ number: Int) {
      key(name)
      bytes.append(text: String(number))
    }
    func field(_ name: String, _ list: [String]) {
      key(name)
      bytes.append(UInt8(ascii: "["))
      for (index, text) in list.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        JSONText.append(text, to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    }
    field("statement", statement)
    field("engine_version", engineVersion)
    field("format_version", formatVersion)
    field("data_hash", dataHash)
    field("as_of", TimeFormatter(zone: zone, style: .rfc3339).text(asOf))
    field("time_zone", timeZone)
    field("week_start", weekStart)
    field("rows", rows)
    field("population", population)
    field("suppressed_rows", suppressedRows)
    field("incomplete_periods", incompletePeriods)
    field("users_with_missing_values", usersWithMissingValues)
    field("defaults", defaults)
    field("models", models)
    field("notes", notes)
    key("elapsed_ms")
    NumberText.append(elapsedMilliseconds, decimals: 3, grouped: false, to: &bytes)
    bytes.append(text: "}\n")
  }

  private static func counted(_ count: Int, _ noun: String) -> String {
    "\(NumberText.grouped(Int64(count))) \(noun)\(count == 1 ? "" : "s")"
  }

  private static func milliseconds(_ value: Double) -> String {
    var bytes: [UInt8] = []
    NumberText.append(value, decimals: value < 10 ? 2 : value < 100 ? 1 : 0, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
