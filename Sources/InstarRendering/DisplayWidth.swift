/// Columns that characters take on a terminal.
///
/// Wide and full-width characters of East Asia and emoji take two columns, combining marks none (Unicode Standard Annex
/// 11, East Asian Width). A character is a grapheme cluster: joined emoji, flags and letters with marks count once.
extension Character {
  /// 0, 1 or 2.
  package var displayWidth: Int {
    if let ascii = asciiValue { return ascii >= 32 && ascii != 127 ? 1 : 0 }
    var width = 0
    var joins = false
    var base: Unicode.Scalar?
    for scalar in unicodeScalars {
      if scalar == "\u{200D}" {
        joins = base?.properties.isEmoji ?? false
      } else if scalar == "\u{FE0F}" {
        // The emoji form of a character that has a narrow one too.
        if width == 1, base?.properties.isEmoji == true { width = 2 }
      } else if joins || scalar.properties.isEmojiModifier && base != nil {
        joins = false
      } else {
        width += scalar.displayWidth
        base = base ?? scalar
      }
    }
    return min(width, 2)
  }
}

extension StringProtocol {
  /// Columns of the text on one line of a terminal. Complexity: O(*n*); for ASCII without segmentation.
  package var displayWidth: Int {
    var text = String(self)
    return text.withUTF8 { bytes in
      bytes.allSatisfy { $0 >= 32 && $0 < 127 } ? bytes.count : nil
    } ?? reduce(0) { $0 + $1.displayWidth }
  }

  /// The longest beginning that, with an ellipsis behind it, fits into `width` columns; the text itself if it fits.
  package func truncated(toWidth width: Int) -> String {
    guard displayWidth > width else { return String(self) }
    var kept = ""
    var used = 1
    for character in self {
      used += character.displayWidth
      if used > width { break }
      kept.append(character)
    }
    return width > 0 ? kept + "…" : ""
  }
}

extension Unicode.Scalar {
  fileprivate var displayWidth: Int {
    if value < 0x300 { return value == 0xAD || value >= 0xA0 ? 1 : value < 32 || value >= 127 ? 0 : 1 }
    // Vowels and final consonants of Korean syllables stand inside the block of the first.
    if (0x1160...0x11FF).contains(value) || (0xD7B0...0xD7FF).contains(value) { return 0 }
    if isWide { return 2 }
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .control, .lineSeparator, .paragraphSeparator: return 0
    case .format: return prependedMarks.contains(value) ? 1 : 0
    default: return 1
    }
  }

  private var isWide: Bool {
    let value = self.value
    guard value >= 0x1100 else { return false }
    var low = 0
    var high = wideRanges.count
    while low < high {
      let middle = (low + high) / 2
      if wideRanges[middle].upperBound < value { low = middle + 1 } else { high = middle }
    }
    return low < wideRanges.count && wideRanges[low].contains(value)
  }
}

/// Format characters that are drawn: number and verse signs of Arabic, Syriac and Kaithi.
private let prependedMarks: Set<UInt32> = [
  0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD,
]

/// The characters of East Asian Width W and F in Unicode 17, with unassigned ones between two ranges joined to them.
private let wideRanges: [ClosedRange<UInt32>] = [
  0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23EC, 0x23F0...0x23F0, 0x23F3...0x23F3,
  0x25FD...0x25FE, 0x2614...0x2615, 0x2630...0x2637, 0x2648...0x2653, 0x267F...0x267F, 0x268A...0x268F,
  0x2693...0x2693, 0x26A1...0x26A1, 0x26AA...0x26AB, 0x26BD...0x26BE, 0x26C4...0x26C5, 0x26CE...0x26CE,
  0x26D4...0x26D4, 0x26EA...0x26EA, 0x26F2...0x26F3, 0x26F5...0x26F5, 0x26FA...0x26FA, 0x26FD...0x26FD,
  0x2705...0x2705, 0x270A...0x270B, 0x2728...0x2728, 0x274C...0x274C, 0x274E...0x274E, 0x2753...0x2755,
  0x2757...0x2757, 0x2795...0x2797, 0x27B0...0x27B0, 0x27BF...0x27BF, 0x2B1B...0x2B1C, 0x2B50...0x2B50,
  0x2B55...0x2B55, 0x2E80...0x3029, 0x3030...0x303E, 0x3041...0x3096, 0x309B...0x3163, 0x3165...0x3247,
  0x3250...0xA4C6, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6B,
  0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x16FE3, 0x16FF2...0x1B2FB, 0x1D300...0x1D376, 0x1F004...0x1F004,
  0x1F0CF...0x1F0CF, 0x1F18E...0x1F18E, 0x1F191...0x1F19A, 0x1F1AE...0x1F320, 0x1F32D...0x1F335, 0x1F337...0x1F37C,
  0x1F37E...0x1F393, 0x1F3A0...0x1F3CA, 0x1F3CF...0x1F3D3, 0x1F3E0...0x1F3F0, 0x1F3F4...0x1F3F4, 0x1F3F8...0x1F43E,
  0x1F440...0x1F440, 0x1F442...0x1F4FC, 0x1F4FF...0x1F53D, 0x1F54B...0x1F54E, 0x1F550...0x1F567, 0x1F57A...0x1F57A,
  0x1F595...0x1F596, 0x1F5A4...0x1F5A4, 0x1F5FB...0x1F64F, 0x1F680...0x1F6C5, 0x1F6CC...0x1F6CC, 0x1F6D0...0x1F6D2,
  0x1F6D5...0x1F6DF, 0x1F6EB...0x1F6EC, 0x1F6F4...0x1F6FC, 0x1F7DA...0x1F7F0, 0x1F90C...0x1F93A, 0x1F93C...0x1F945,
  0x1F947...0x1F9FF, 0x1FA70...0x1FAFA, 0x20000...0x3FFFD,
]
