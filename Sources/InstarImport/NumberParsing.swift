/// Powers of ten that a double holds exactly.
private let exactPowersOfTen: [Double] = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
]

/// Reads whole numbers and reals; fields are trimmed. Allocates only for reals beyond 15 digits.
struct NumberParser {
  private let powers = exactPowersOfTen

  /// `-12`, `+7`; also `12.0`, which spreadsheets make of whole numbers. `nil` for anything else or beyond 64 bits.
  @inline(__always)
  func integer(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
    var index = 0
    var isNegative = false
    if count > 0, bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+") {
      isNegative = bytes[0] == UInt8(ascii: "-")
      index = 1
    }
    let first = index
    var value: UInt64 = 0
    while index < count {
      let digit = bytes[index] &- UInt8(ascii: "0")
      if digit > 9 { break }
      value = value &* 10 &+ UInt64(digit)
      index &+= 1
    }
    if index == first { return nil }
    // 18 digits cannot overflow; longer ones are checked by the library.
    if index - first > 18 { return index == count ? Int64(text(bytes, count)) : nil }
    if index < count {
      guard bytes[index] == UInt8(ascii: "."), index + 1 < count else { return nil }
      index += 1
      while index < count {
        if bytes[index] != UInt8(ascii: "0") { return nil }
        index += 1
      }
    }
    return isNegative ? -Int64(value) : Int64(value)
  }

  /// `12.50`, `-3`, `1e5`; `12,50` with `decimalMark` comma. Exact: the nearest double (Clinger's fast path, else the
  /// library). Not a number and infinities are refused.
  @inline(__always)
  func real(_ bytes: UnsafePointer<UInt8>, _ count: Int, decimalMark: UInt8) -> Double? {
    var index = 0
    var isNegative = false
    if count > 0, bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+") {
      isNegative = bytes[0] == UInt8(ascii: "-")
      index = 1
    }
    var mantissa: UInt64 = 0
    var digits = 0
    var fraction = 0
    while index < count {
      let digit = bytes[index] &- UInt8(ascii: "0")
      if digit > 9 { break }
      mantissa = mantissa &* 10 &+ UInt64(digit)
      digits &+= 1
      index &+= 1
    }
    if index < count, bytes[index] == decimalMark {
      index += 1
      let first = index
      while index < count {
        let digit = bytes[index] &- UInt8(ascii: "0")
        if digit > 9 { break }
        mantissa = mantissa &* 10 &+ UInt64(digit)
        index &+= 1
      }
      fraction = index - first
      digits &+= fraction
    }
    if digits == 0 { return nil }
    // 15 digits are below 2^53: mantissa and power are exact, so one division rounds once.
    if index < count || digits > 15 { return slowReal(bytes, count, decimalMark) }
    let value = fraction == 0 ? Double(mantissa) : Double(mantissa) / powers[fraction]
    return isNegative ? -value : value
  }

  @inline(never)
  private func slowReal(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ decimalMark: UInt8) -> Double? {
    var index = 0
    while index < count {
      let byte = bytes[index]
      let isDigit = byte &- UInt8(ascii: "0") <= 9
      let isMark = byte == decimalMark || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
      if !isDigit && !isMark && byte | 0x20 != UInt8(ascii: "e") { return nil }
      index += 1
    }
    var text = text(bytes, count)
    if decimalMark == UInt8(ascii: ",") { text = String(text.map { $0 == "," ? "." : $0 }) }
    guard let value = Double(text), value.isFinite else { return nil }
    return value
  }

  private func text(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> String {
    String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  /// 1 for true, t, yes, y; 0 for false, f, no, n; in any case.
  func boolean(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt8? {
    if count == 0 || count > 5 { return nil }
    var word: UInt64 = 0
    for index in 0..<count { word = word << 8 | UInt64(bytes[index] | 0x20) }
    switch word {
    case 0x7472_7565, 0x74, 0x79_6573, 0x79: return 1
    case 0x66_616c_7365, 0x66, 0x6e6f, 0x6e: return 0
    default: return nil
    }
  }
}

/// Whether a field that is not quoted says that there is no value.
///
/// - Parameter isText: In text only `NULL`, `null` and `\N` mean that; `NA` may be Namibia and `None` a name.
@inline(__always)
func isNull(_ bytes: UnsafePointer<UInt8>, _ count: Int, isText: Bool) -> Bool {
  if count > 4 { return false }
  if count == 0 { return true }
  return isNullWord(bytes, count, isText: isText)
}

private func isNullWord(_ bytes: UnsafePointer<UInt8>, _ count: Int, isText: Bool) -> Bool {
  let first = bytes[0]
  if first == UInt8(ascii: "\\") { return count == 2 && bytes[1] == UInt8(ascii: "N") }
  if first == UInt8(ascii: "-") { return !isText && count == 1 }
  if first | 0x20 != UInt8(ascii: "n") { return false }
  var word: UInt32 = 0
  for index in 0..<count { word = word << 8 | UInt32(bytes[index]) }
  switch word {
  case 0x4e55_4c4c, 0x6e75_6c6c: return true  // NULL null
  case 0x4e75_6c6c, 0x4e41, 0x6e61, 0x4e2f_41, 0x4e61_4e, 0x6e61_6e, 0x4e41_4e, 0x4e6f_6e65, 0x4e6f_4e65, 0x6e6f_6e65:
    return !isText  // Null NA na N/A NaN nan NAN None none
  default: return false
  }
}

/// Whether `bytes` are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
func isValidUTF8(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
  var index = 0
  while index < count {
    let lead = bytes[index]
    if lead < 0x80 {
      index &+= 1
      continue
    }
    let (length, low, high): (Int, UInt8, UInt8)
    switch lead {
    case 0xc2...0xdf: (length, low, high) = (2, 0x80, 0xbf)
    case 0xe0: (length, low, high) = (3, 0xa0, 0xbf)
    case 0xed: (length, low, high) = (3, 0x80, 0x9f)
    case 0xe1...0xef: (length, low, high) = (3, 0x80, 0xbf)
    case 0xf0: (length, low, high) = (4, 0x90, 0xbf)
    case 0xf1...0xf3: (length, low, high) = (4, 0x80, 0xbf)
    case 0xf4: (length, low, high) = (4, 0x80, 0x8f)
    default: return false
    }
    if index + length > count || bytes[index + 1] < low || bytes[index + 1] > high { return false }
    var next = index + 2
    while next < index + length {
      if bytes[next] & 0xc0 != 0x80 { return false }
      next &+= 1
    }
    index &+= length
  }
  return true
}
