/// Hands the comments of a text to its statements, from the first to the last.
struct LayoutReader {
  private let bytes: [UInt8]
  private let tokens: [Token]
  private let comments: [SourceRange]
  private var next = 0
  private var isFirst = true

  init(parser: Parser) {
    bytes = parser.bytes
    tokens = parser.tokens
    comments = parser.comments
  }

  /// What surrounds the statement of the tokens `start..<end`.
  mutating func layout(from start: Int, to end: Int) -> StatementLayout {
    var layout = StatementLayout()
    let first = next < comments.count ? comments[next].lowerBound : Int.max
    layout.startsParagraph = !isFirst && hasBlankLine(before: min(first, Int(tokens[start].start)))
    isFirst = false
    let last = end < tokens.count && tokens[end].kind == .semicolon ? tokens[end] : tokens[end - 1]
    while next < comments.count, comments[next].lowerBound < Int(last.end) {
      layout.comments.append(text(comments[next]))
      next += 1
    }
    if next < comments.count, isOnOneLine(from: Int(last.end), to: comments[next].lowerBound) {
      layout.trailingComment = text(comments[next])
      next += 1
    }
    return layout
  }

  /// The comments behind the last statement.
  mutating func rest() -> [String] {
    defer { next = comments.count }
    return comments[next...].map(text)
  }

  private func text(_ range: SourceRange) -> String {
    let text = String(decoding: bytes[range.lowerBound..<range.upperBound], as: UTF8.self)
    return String(text[..<(text.lastIndex { !$0.isWhitespace }.map(text.index(after:)) ?? text.startIndex)])
  }

  private func isOnOneLine(from start: Int, to end: Int) -> Bool {
    // Another token in between would own the comment.
    var position = start
    while position < end {
      guard bytes[position] == 0x20 || bytes[position] == 0x09 else { return false }
      position += 1
    }
    return true
  }

  private func hasBlankLine(before position: Int) -> Bool {
    var newlines = 0
    var index = position - 1
    while index >= 0, bytes[index] == 0x20 || bytes[index] == 0x09 || bytes[index] == 0x0A || bytes[index] == 0x0D {
      newlines += bytes[index] == 0x0A ? 1 : 0
      index -= 1
    }
    return newlines >= 2
  }
}
