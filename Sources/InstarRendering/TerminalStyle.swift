/// ANSI escapes, written only where colour is allowed.
struct TerminalStyle {
  let isOn: Bool

  /// Faint text: rules and remarks.
  func appendDim(_ text: String, to bytes: inout [UInt8]) { append("2", text, to: &bytes) }

  /// Bold text: headings.
  func appendBold(_ text: String, to bytes: inout [UInt8]) { append("1", text, to: &bytes) }

  /// Text in one of the 256 colours, by number.
  func append(_ text: String, foreground: Int, to bytes: inout [UInt8]) {
    append("38;5;\(foreground)", text, to: &bytes)
  }

  /// Text on a background of one of the 256 colours.
  func append(_ text: String, foreground: Int, background: Int, to bytes: inout [UInt8]) {
    append("38;5;\(foreground);48;5;\(background)", text, to: &bytes)
  }

  /// A cell of a heat map, one column wider than its text: on a ground whose darkness shows `level` from 0 to 1, or
  /// behind a shade block where colour is not allowed.
  func appendHeat(_ text: String, level: Double, to bytes: inout [UInt8]) {
    guard isOn else {
      bytes.append(text: String(Self.shades[min(4, Int((level * 4).rounded(.up)))]) + text)
      return
    }
    let color = Self.ramp[min(Self.ramp.count - 1, Int(level * Double(Self.ramp.count)))]
    append(" " + text, foreground: color.isDark ? 231 : 16, background: color.number, to: &bytes)
  }

  private static let shades: [Character] = [" ", "░", "▒", "▓", "█"]
  /// Blues from light to dark, numbers of the 256 colours.
  private static let ramp: [(number: Int, isDark: Bool)] = [
    (255, false), (189, false), (153, false), (117, false), (75, false), (33, true), (26, true), (19, true),
  ]

  private func append(_ code: String, _ text: String, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m".utf8 : text.utf8)
  }
}

extension [UInt8] {
  mutating func append(text: String) { append(contentsOf: text.utf8) }

  mutating func append(spaces count: Int) {
    if count > 0 { append(contentsOf: repeatElement(32, count: count)) }
  }

  /// A text filled up with blanks to `width` columns, before it or after it.
  mutating func append(_ text: String, width: Int, right: Bool) {
    let space = width - text.displayWidth
    if right { append(spaces: space) }
    append(text: text)
    if !right { append(spaces: space) }
  }
}
