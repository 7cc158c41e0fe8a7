/// One value of `termtext`: the texts of up to 1,024 consecutive codes.
///
/// ```
/// 0          8        12         16                       16 + 4 (count + 1)
/// +----------+--------+----------+------------------------+-------+
/// | checksum | count  | reserved | offsets, count + 1     | bytes |
/// +----------+--------+----------+------------------------+-------+
/// ```
/// Text i is `bytes[offsets[i] ..< offsets[i + 1]]`. The checksum covers everything behind it.
package final class TermPage: Sendable {
  package static let textsPerPage = 1024
  package enum Offset {
    package static let checksum = 0
    package static let count = 8
    package static let offsets = 16
  }

  let count: Int
  private let bytes: [UInt8]

  /// Copies a stored page, or returns `nil` when it is damaged.
  init?(_ stored: RawSpan) {
    guard stored.byteCount >= Offset.offsets + 4 else { return nil }
    let checked = stored.extracting(Offset.count..<stored.byteCount)
    guard TextHash.hash(checked) == stored.littleEndian(at: Offset.checksum) else { return nil }
    count = Int(stored.littleEndian(at: Offset.count, as: UInt32.self))
    let textStart = Offset.offsets + 4 * (count + 1)
    guard count <= TermPage.textsPerPage, textStart <= stored.byteCount else { return nil }
    bytes = unsafe stored.withUnsafeBytes { unsafe Array($0) }
    guard textStart + offset(count) == bytes.count else { return nil }
  }

  private func offset(_ index: Int) -> Int {
    Int(bytes.littleEndian(at: Offset.offsets + 4 * index, as: UInt32.self))
  }

  /// Where the bytes of text `index` lie in ``bytes``.
  private func range(_ index: Int) -> Range<Int> {
    let textStart = Offset.offsets + 4 * (count + 1)
    return textStart + offset(index)..<textStart + offset(index + 1)
  }

  func text(_ index: Int) -> String {
    let text = bytes[range(index)]
    return text.first == ErasedText.mark ? ErasedText.shown : String(decoding: text, as: UTF8.self)
  }

  /// Adds the texts to `builder` in their order.
  func add(to builder: DictionaryBuilder) {
    unsafe bytes.withUnsafeBytes { bytes in
      var index = 0
      while index < count {
        _ = unsafe builder.code(of: UnsafeRawBufferPointer(rebasing: bytes[range(index)]))
        index += 1
      }
    }
  }

  /// The texts as arrays of bytes.
  var texts: [ArraySlice<UInt8>] { (0..<count).map { bytes[range($0)] } }

  /// The stored form of `texts`.
  static func encode(_ texts: [ArraySlice<UInt8>]) -> [UInt8] {
    precondition(texts.count <= textsPerPage)
    var writer = ByteWriter()
    writer.integer(UInt32(texts.count))
    writer.integer(UInt32(0))
    var end: UInt32 = 0
    writer.integer(end)
    for text in texts {
      end += UInt32(text.count)
      writer.integer(end)
    }
    for text in texts { writer.bytes(text) }
    let body = writer.bytes
    var whole = ByteWriter()
    whole.integer(unsafe body.withUnsafeBytes { unsafe TextHash.hash($0) })
    return whole.bytes + body
  }
}
