/// A position in one line of JSON.
struct JSONCursor {
  typealias Range = (start: Int, end: Int)

  let bytes: UnsafePointer<UInt8>
  private(set) var offset: Int
  private let buffer: RecordBuffer
  private let end: Int

  init(_ buffer: RecordBuffer, from start: Int, to end: Int) {
    self.buffer = buffer
    bytes = UnsafePointer(buffer.bytes)
    offset = start
    self.end = end
  }

  var isAtEnd: Bool { offset >= end }

  /// The next byte, or 0 at the end.
  var peek: UInt8 { offset < end ? bytes[offset] : 0 }

  mutating func skipSpace() {
    while offset < end, bytes[offset] <= UInt8(ascii: " ") { offset &+= 1 }
  }

  /// Steps over `byte` and spaces before it, where it stands.
  mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    if peek != byte { return false }
    offset &+= 1
    return true
  }

  mutating func endsCleanly() -> Bool {
    skipSpace()
    return isAtEnd
  }

  /// Steps over a string; the range between its quotes, still escaped.
  mutating func string() -> Range? {
    guard take(UInt8(ascii: "\"")) else { return nil }
    let start = offset
    while offset < end {
      let byte = bytes[offset]
      if byte == UInt8(ascii: "\"") {
        offset &+= 1
        return (start, offset - 1)
      }
      offset &+= byte == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }

  /// Steps over any value and returns its range.
  mutating func skipValue(depth: Int) -> Range? {
    skipSpace()
    let start = offset
    switch peek {
    case UInt8(ascii: "\""):
      if string() == nil { return nil }
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      if !skipNested(depth: depth) { return nil }
    case UInt8(ascii: "t"), UInt8(ascii: "n"):
      if !skipWord(4, ["true", "null"]) { return nil }
    case UInt8(ascii: "f"):
      if !skipWord(5, ["false"]) { return nil }
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      while offset < end, isNumberByte(bytes[offset]) { offset &+= 1 }
    default: return nil
    }
    return (start, offset)
  }

  private mutating func skipWord(_ count: Int, _ words: [StaticString]) -> Bool {
    if offset + count > end { return false }
    let isKnown = words.contains { word in
      (0..<count).allSatisfy { bytes[offset + $0] == word.utf8Start[$0] }
    }
    offset += count
    return isKnown
  }

  private func isNumberByte(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") <= 9 || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
      || byte == UInt8(ascii: "+") || byte | 0x20 == UInt8(ascii: "e")
  }

  /// Steps over an array or object that nobody wants.
  private mutating func skipNested(depth: Int) -> Bool {
    if depth >= JSONLineScanner.deepestNesting { return false }
    let isObject = peek == UInt8(ascii: "{")
    let close = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
    offset += 1
    if take(close) { return true }
    repeat {
      if isObject { guard string() != nil, take(UInt8(ascii: ":")) else { return false } }
      if skipValue(depth: depth + 1) == nil { return false }
    } while take(UInt8(ascii: ","))
    return take(close)
  }

  func matches(_ range: Range, _ key: [UInt8]) -> Bool {
    if range.end - range.start != key.count { return false }
    var index = 0
    while index < key.count {
      if bytes[range.start + index] != key[index] { return false }
      index &+= 1
    }
    return true
  }

  /// The string's text: the range itself, or a copy in the arena where it holds escapes. `nil` for a wrong escape.
  func unescaped(_ range: Range) -> Range? {
    var index = range.start
    while index < range.end, bytes[index] != UInt8(ascii: "\\") { index &+= 1 }
    if index == range.end { return range }
    let start = buffer.arenaEnd
    index = range.start
    while index < range.end {
      let byte = bytes[index]
      index += 1
      if byte != UInt8(ascii: "\\") {
        push(byte)
        continue
      }
      guard index < range.end, escape(&index, range.end) else {
        buffer.arenaEnd = start
        return nil
      }
    }
    return (start, buffer.arenaEnd)
  }

  private func push(_ byte: UInt8) {
    buffer.bytes[buffer.arenaEnd] = byte
    buffer.arenaEnd += 1
  }

  private func escape(_ index: inout Int, _ end: Int) -> Bool {
    let byte = bytes[index]
    index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): push(byte)
    case UInt8(ascii: "n"): push(10)
    case UInt8(ascii: "t"): push(9)
    case UInt8(ascii: "r"): push(13)
    case UInt8(ascii: "b"): push(8)
    case UInt8(ascii: "f"): push(12)
    case UInt8(ascii: "u"): return unicodeEscape(&index, end)
    default: return false
    }
    return true
  }

  /// `\u00e9`, or a pair of surrogates; a lone surrogate is wrong.
  private func unicodeEscape(_ index: inout Int, _ end: Int) -> Bool {
    guard var code = hexadecimal(&index, end) else { return false }
    if code & 0xfc00 == 0xd800 {
      guard index + 2 <= end, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else {
        return false
      }
      index += 2
      guard let low = hexadecimal(&index, end), low & 0xfc00 == 0xdc00 else { return false }
      code = 0x10000 + (code & 0x3ff) << 10 + low & 0x3ff
    }
    guard let scalar = Unicode.Scalar(code) else { return false }
    for byte in UTF8.encode(scalar)! { push(byte) }
    return true
  }

  private func hexadecimal(_ index: inout Int, _ end: Int) -> UInt32? {
    if index + 4 > end { return nil }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else { return nil }
      value = value << 4 | UInt32(digit)
      index += 1
    }
    return value
  }
}
