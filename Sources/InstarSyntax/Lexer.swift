/// Cuts a text into tokens. It accepts any text: what belongs to no token becomes an `invalid` one with a diagnostic.
///
/// - Complexity: O(*n*) in the bytes of the text.
package struct Lexer {
  /// A longer text is refused whole: positions in it would not fit a token.
  static let maximumByteCount = 64 << 20

  let source: String
  let bytes: [UInt8]
  private(set) package var tokens: [Token] = []
  /// From each `--` to the end of its line.
  private(set) package var comments: [SourceRange] = []
  /// What is wrong with each invalid token, by the offset at which the token starts.
  private(set) var faults: [UInt32: LexicalFault] = [:]
  private(set) var hasUnterminatedQuote = false
  private var position = 0

  package init(_ source: String) {
    self.source = source
    bytes = Array(source.utf8)
    if bytes.count > Lexer.maximumByteCount {
      faults[0] = .tooLong
      tokens = [
        Token(kind: .invalid, keyword: nil, start: 0, end: 1),
        Token(kind: .endOfText, keyword: nil, start: 1, end: 1),
      ]
      return
    }
    tokens.reserveCapacity(bytes.count / 5 + 2)
    while skipBlanks() { scanToken() }
    append(.endOfText, from: bytes.count)
  }

  // MARK: - Blanks

  /// Moves to the next token. `false` at the end of the text.
  private mutating func skipBlanks() -> Bool {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D, 0x0C, 0x0B:
        position += 1
      case UInt8(ascii: "-") where byte(at: position + 1) == UInt8(ascii: "-"):
        let start = position
        skipLine()
        comments.append(SourceRange(start, position))
      case 0xC2 where byte(at: position + 1) == 0xA0:  // no-break space
        position += 2
      case 0xEF where position == 0 && byte(at: 1) == 0xBB && byte(at: 2) == 0xBF:  // byte order mark
        position += 3
      default:
        return true
      }
    }
    return false
  }

  private mutating func skipLine() {
    while position < bytes.count, bytes[position] != 0x0A, bytes[position] != 0x0D { position += 1 }
  }

  // MARK: - Tokens

  private mutating func scanToken() {
    let start = position
    let first = bytes[position]
    switch first {
    case UInt8(ascii: "'"): scanQuoted(by: first, .text)
    case UInt8(ascii: "\""): scanQuoted(by: first, .quotedName)
    case UInt8(ascii: "@"): scanDate()
    case UInt8(ascii: "$"): scanParameter()
    case _ where first.isDigit: scanNumber()
    case _ where first.isWordStart: scanWord()
    case _ where first >= 0x80:
      if scalar(at: position).scalar.properties.isXIDStart {
        scanWord()
      } else {
        position += scalar(at: position).length
        fault(.strangeCharacter, from: start)
      }
    default: scanSign()
    }
  }

  private mutating func scanWord() {
    let start = position
    skipWord()
    let keyword = Keyword.spelled(by: bytes.span, from: start, to: position)
    append(.word, keyword, from: start)
  }

  private mutating func skipWord() {
    while position < bytes.count {
      let byte = bytes[position]
      if byte.isWordStart || byte.isDigit {
        position += 1
      } else if byte >= 0x80, scalar(at: position).scalar.properties.isXIDContinue {
        position += scalar(at: position).length
      } else {
        return
      }
    }
  }

  private mutating func scanQuoted(by quote: UInt8, _ kind: Token.Kind) {
    let start = position
    position += 1
    while position < bytes.count {
      if bytes[position] == quote {
        guard byte(at: position + 1) == quote else {
          position += 1
          if kind == .quotedName && position == start + 2 {
            fault(.emptyName, from: start)
          } else {
            append(kind, from: start)
          }
          return
        }
        position += 1  // a doubled quote stands for itself
      }
      position += 1
    }
    // Goes on behind the line or its ';', so that the statements that follow are still read.
    hasUnterminatedQuote = true
    position = start
    while position < bytes.count, bytes[position] != 0x0A, bytes[position] != UInt8(ascii: ";") { position += 1 }
    fault(kind == .text ? .unterminatedText : .unterminatedName, from: start)
  }

  private mutating func scanNumber() {
    let start = position
    skipDigits()
    if isDateWithoutSign(from: start) {
      position = start + 10
      fault(.dateWithoutSign, from: start)
      return
    }
    guard byte(at: position) == UInt8(ascii: "."), byte(at: position + 1)?.isDigit == true else {
      append(.integer, from: start)
      return
    }
    position += 1
    skipDigits()
    append(.real, from: start)
  }

  /// Whether `2026-03-15` starts here, without blanks; nobody means a difference by that.
  private func isDateWithoutSign(from start: Int) -> Bool {
    guard position == start + 4, start + 10 <= bytes.count, byte(at: start + 10)?.isDigit != true else { return false }
    let shape = bytes[start + 4..<start + 10]
    return shape.indices.allSatisfy { index in
      index == start + 4 || index == start + 7 ? shape[index] == UInt8(ascii: "-") : shape[index].isDigit
    }
  }

  private mutating func skipDigits() {
    while byte(at: position)?.isDigit == true { position += 1 }
  }

  /// A date has four digits behind the `@`; with fewer or more the `@` is a sign of its own, as in `churn@3`.
  private mutating func scanDate() {
    let start = position
    position += 1
    skipDigits()
    guard position - start == 5 else {
      position = start + 1
      append(.atSign, from: start)
      return
    }
    while let byte = byte(at: position), byte.isWordStart || byte.isDigit || byte == UInt8(ascii: ":") || isDateDash() {
      position += 1
    }
    switch DateLiteral.Kind.reading(bytes[(start + 1)..<position]) {
    case .success: append(.date, from: start)
    case .failure(let fault): self.fault(fault, from: start)
    }
  }

  /// Whether a `-` here goes on with the date: the next byte is no second `-`, which would start a comment.
  private func isDateDash() -> Bool {
    bytes[position] == UInt8(ascii: "-") && byte(at: position + 1) != UInt8(ascii: "-")
  }

  private mutating func scanParameter() {
    let start = position
    position += 1
    if byte(at: position)?.isWordStart == true {
      skipWord()
      append(.parameter, from: start)
    } else {
      skipWord()
      fault(.parameterWithoutName, from: start)
    }
  }

  private mutating func scanSign() {
    let start = position
    let next = byte(at: position + 1)
    let isDoubled = next == bytes[position]
    let isBeforeEqual = next == UInt8(ascii: "=")
    position += 1
    switch bytes[start] {
    case UInt8(ascii: "("): append(.leftParenthesis, from: start)
    case UInt8(ascii: ")"): append(.rightParenthesis, from: start)
    case UInt8(ascii: "["): append(.leftBracket, from: start)
    case UInt8(ascii: "]"): append(.rightBracket, from: start)
    case UInt8(ascii: ","): append(.comma, from: start)
    case UInt8(ascii: "."): append(.period, from: start)
    case UInt8(ascii: ";"): append(.semicolon, from: start)
    case UInt8(ascii: "+"): append(.plus, from: start)
    case UInt8(ascii: "-"): append(.minus, from: start)
    case UInt8(ascii: "*"): append(.star, from: start)
    case UInt8(ascii: "/"): append(.slash, from: start)
    case UInt8(ascii: "=") where isDoubled: foreign(.doubledEqual, from: start)
    case UInt8(ascii: "="): append(.equal, from: start)
    case UInt8(ascii: "!") where isBeforeEqual: wide(.notEqual, from: start)
    case UInt8(ascii: "<") where isBeforeEqual: wide(.lessOrEqual, from: start)
    case UInt8(ascii: ">") where isBeforeEqual: wide(.greaterOrEqual, from: start)
    case UInt8(ascii: "<") where next == UInt8(ascii: ">"): foreign(.lessGreater, from: start)
    case UInt8(ascii: "<"): append(.less, from: start)
    case UInt8(ascii: ">"): append(.greater, from: start)
    case UInt8(ascii: "|") where !isDoubled: fault(.pipe, from: start)
    case UInt8(ascii: "|"), UInt8(ascii: "&"):
      isDoubled ? foreign(.cOperator, from: start) : fault(.cOperator, from: start)
    default: fault(.strangeCharacter, from: start)
    }
  }

  private mutating func wide(_ kind: Token.Kind, from start: Int) {
    position += 1
    append(kind, from: start)
  }

  private mutating func foreign(_ fault: LexicalFault, from start: Int) {
    position += 1
    self.fault(fault, from: start)
  }

  // MARK: - Helpers

  private mutating func append(_ kind: Token.Kind, _ keyword: Keyword? = nil, from start: Int) {
    tokens.append(Token(kind: kind, keyword: keyword, start: UInt32(start), end: UInt32(position)))
  }

  private mutating func fault(_ fault: LexicalFault, from start: Int) {
    faults[UInt32(start)] = fault
    append(.invalid, from: start)
  }

  private func byte(at position: Int) -> UInt8? {
    position < bytes.count ? bytes[position] : nil
  }

  /// The scalar that starts at `position`, and its bytes. The text is valid UTF-8, as every `String` is.
  private func scalar(at position: Int) -> (scalar: Unicode.Scalar, length: Int) {
    let first = UInt32(bytes[position])
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    var value = first & (0xFF >> UInt32(length + 1))
    for offset in 1..<length { value = value << 6 | UInt32(bytes[position + offset] & 0x3F) }
    return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
  }
}

extension UInt8 {
  var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

  /// An ASCII letter or `_`.
  var isWordStart: Bool {
    let small = self | 0x20
    return (small >= UInt8(ascii: "a") && small <= UInt8(ascii: "z")) || self == UInt8(ascii: "_")
  }
}
