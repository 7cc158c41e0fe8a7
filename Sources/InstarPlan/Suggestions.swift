/// A name that could have been meant, and what is known of it: "1,204,531 events".
package struct NameCandidate: Sendable, Hashable {
  package var name: String
  package var detail: String?

  package init(_ name: String, _ detail: String? = nil) {
    self.name = name
    self.detail = detail
  }
}

/// Finds the names of the store that a mistyped name is nearest to.
enum Suggestions {
  /// The nearest candidates, best first; none where all are far: more than a third of the letters differ.
  static func near(_ name: String, among candidates: [NameCandidate], limit: Int = 2) -> [NameCandidate] {
    let wanted = Array(name.lowercased().utf8)
    let allowed = max(1, wanted.count / 3)
    var found: [(distance: Int, candidate: NameCandidate)] = []
    for candidate in candidates {
      let letters = Array(candidate.name.lowercased().utf8)
      if letters == wanted {
        found.append((0, candidate))
      } else if wanted.count >= 3, letters.starts(with: wanted) || wanted.starts(with: letters) && letters.count >= 3 {
        found.append((1, candidate))
      } else {
        let distance = distance(wanted, letters, limit: allowed)
        if distance <= allowed { found.append((distance, candidate)) }
      }
    }
    found.sort { ($0.distance, $0.candidate.name) < ($1.distance, $1.candidate.name) }
    return found.prefix(limit).map(\.candidate)
  }

  /// "did you mean purchase (1,204,531 events) or purchases?", or `nil`.
  static func sentence(for name: String, among candidates: [NameCandidate]) -> String? {
    let near = near(name, among: candidates)
    guard !near.isEmpty else { return nil }
    let parts = near.map { candidate in
      Names.quoted(candidate.name) + (candidate.detail.map { " (\($0))" } ?? "")
    }
    return "did you mean \(parts.joined(separator: " or "))?"
  }

  /// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours, each 1. Gives
  /// `limit + 1` for anything farther.
  private static func distance(_ left: [UInt8], _ right: [UInt8], limit: Int) -> Int {
    guard abs(left.count - right.count) <= limit else { return limit + 1 }
    var before = [Int](repeating: 0, count: right.count + 1)
    var previous = Array(0...right.count)
    for row in 1..<(left.count + 1) {
      var current = [row] + [Int](repeating: 0, count: right.count)
      for column in 1..<(right.count + 1) {
        let cost = left[row - 1] == right[column - 1] ? 0 : 1
        current[column] = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + cost)
        let swapped =
          row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1]
        if swapped { current[column] = min(current[column], before[column - 2] + 1) }
      }
      before = previous
      previous = current
    }
    return previous[right.count]
  }
}

/// How names and numbers stand in messages.
enum Names {
  /// The name as one writes it in a statement: in double quotes where it is no plain word.
  static func quoted(_ name: String) -> String {
    let isPlain =
      name.utf8.first.map { !isDigit($0) } ?? false
      && name.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
    return isPlain ? name : "\"\(name)\""
  }

  /// A count with commas between thousands.
  static func grouped(_ count: Int) -> String {
    let digits = Array(String(count))
    var text = ""
    for (position, digit) in digits.enumerated() {
      if position > 0, digit.isNumber, (digits.count - position) % 3 == 0, digits[position - 1].isNumber { text += "," }
      text.append(digit)
    }
    return text
  }

  static func counted(_ count: Int, _ singular: String, _ plural: String? = nil) -> String {
    "\(grouped(count)) \(count == 1 ? singular : plural ?? singular + "s")"
  }

  /// "a", "a and b", "a, b and c".
  static func list(_ names: [String], word: String = "and") -> String {
    guard let last = names.last else { return "" }
    guard names.count > 1 else { return last }
    return names.dropLast().joined(separator: ", ") + " \(word) " + last
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 32) >= 97 && (byte | 32) <= 122 || byte >= 128 }
}
