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

  /// The size of the stored form of the texts `codes` of `builder`.
  static func byteCount(of builder: DictionaryBuilder, _ codes: ArraySlice<UInt32>) -> Int {
    codes.reduce(Offset.offsets + 4 * (codes.count + 1)) { $0 + builder.bytes($1).byteCount }
  }

  /// Writes the stored form of the texts `codes` of `builder`, in a page of just their size.
  static func encode(_ builder: DictionaryBuilder, _ codes: ArraySlice<UInt32>, into page: inout MutableRawSpan) {
    page.storeBytes(of: UInt32(codes.count).littleEndian, toByteOffset: Offset.count, as: UInt32.self)
    page.storeBytes(of: 0, toByteOffset: Offset.count + 4, as: UInt32.self)
    page.storeBytes(of: 0, toByteOffset: Offset.offsets, as: UInt32.self)
    let textStart = Offset.offsets + 4 * (codes.count + 1)
    var end = 0
    var offset = Offset.offsets + 4
    for code in codes {
      let text = builder.bytes(code)
      unsafe page.withUnsafeMutableBytes { page in
        unsafe text.withUnsafeBytes { text in
          unsafe UnsafeMutableRawBufferPointer(rebasing: page[(textStart + end)...]).copyMemory(from: text)
        }
      }
      end += text.byteCount
      page.storeBytes(of: UInt32(end).littleEndian, toByteOffset: offset, as: UInt32.self)
      offset += 4
    }
    let checksum = unsafe page.withUnsafeBytes { page in
      unsafe TextHash.hash(UnsafeRawBufferPointer(rebasing: page[Offset.count...]))
    }
    page.storeBytes(of: checksum.littleEndian, toByteOffset: Offset.checksum, as: UInt64.self)
  }

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
