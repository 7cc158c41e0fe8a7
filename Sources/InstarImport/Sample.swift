/// The first bytes of a file, and what can be said of them as a whole.
struct Sample {
  let buffer: RecordBuffer
  private(set) var count: Int
  /// The bytes are the whole file.
  let isWhole: Bool
  let file: String

  init(buffer: RecordBuffer, count: Int, isWhole: Bool, file: String) {
    self.buffer = buffer
    self.count = count
    self.isWhole = isWhole
    self.file = file
  }

  private var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: buffer.bytes, count: count) }

  var isBlank: Bool { bytes.allSatisfy { $0 <= UInt8(ascii: " ") } }

  var hasQuotes: Bool { bytes.contains(UInt8(ascii: "\"")) }

  /// Whether the first line ends in CR LF.
  var usesCarriageReturns: Bool {
    guard let feed = bytes.firstIndex(of: UInt8(ascii: "\n")), feed > 0 else { return false }
    return bytes[feed - 1] == UInt8(ascii: "\r")
  }

  mutating func dropByteOrderMark() -> Bool {
    guard bytes.starts(with: [0xef, 0xbb, 0xbf]) else { return false }
    count -= 3
    for index in 0..<count { buffer.bytes[index] = buffer.bytes[index + 3] }
    return true
  }

  // MARK: Kind of file

  /// Refuses what is no text, by the first bytes that identify its format.
  func checkKind() throws(ImportError) {
    let known: [(head: [UInt8], what: String, help: String)] = [
      ([0x50, 0x4b, 3, 4], "an .xlsx workbook or a zip archive", "In the spreadsheet, save the sheet as CSV (UTF-8)."),
      (Array("PAR1".utf8), "a Parquet file", "Write it as CSV or JSON Lines first."),
      ([0x28, 0xb5, 0x2f, 0xfd], "compressed with zstd", "Unpack it first: zstd -d file.zst."),
      ([0xfd, 0x37, 0x7a, 0x58, 0x5a], "compressed with xz", "Unpack it first: xz -d file.xz."),
      (Array("BZh".utf8), "compressed with bzip2", "Unpack it first: bzip2 -d file.bz2."),
      (Array("SQLite format 3".utf8), "an SQLite database", "Export the table as CSV first: sqlite3 -csv -header."),
      ([0xd0, 0xcf, 0x11, 0xe0], "an old .xls workbook", "In the spreadsheet, save the sheet as CSV (UTF-8)."),
      (Array("%PDF".utf8), "a PDF document", "Import a CSV or JSON Lines file."),
    ]
    for format in known where bytes.starts(with: format.head) {
      throw ImportError(.unsupportedFormat, "the file is \(format.what)", help: format.help, file: file)
    }
    if let encoding = wideEncoding() {
      throw Sample.wrongEncoding(encoding, file: file, line: nil)
    }
    if let zero = bytes.firstIndex(of: 0) {
      throw ImportError(
        .unsupportedFormat, "the file holds zero bytes and is no text",
        help: "Import a CSV, TSV or JSON Lines file.", file: file, line: lines(before: zero) + 1)
    }
  }

  /// UTF-16 by its mark, or by zeros at every second place.
  private func wideEncoding() -> String? {
    if bytes.starts(with: [0xff, 0xfe]) { return "UTF-16LE" }
    if bytes.starts(with: [0xfe, 0xff]) { return "UTF-16BE" }
    let head = bytes.prefix(4096)
    let zeros = head.indices.filter { head[$0] == 0 }
    if zeros.count * 4 < head.count || zeros.isEmpty { return nil }
    if zeros.allSatisfy({ $0 % 2 == 1 }) { return "UTF-16LE" }
    return zeros.allSatisfy { $0 % 2 == 0 } ? "UTF-16BE" : nil
  }

  /// A line that begins with `{`; an array of objects is refused with the way out.
  func looksLikeJSON() throws(ImportError) -> Bool {
    let first = bytes.first { $0 > UInt8(ascii: " ") }
    if first == UInt8(ascii: "[") {
      throw ImportError(
        .unsupportedFormat, "the file is one JSON array, not JSON Lines",
        help: "Write one object a line: jq -c '.[]' file.json > file.jsonl.", file: file, line: 1)
    }
    return first == UInt8(ascii: "{")
  }

  // MARK: Encoding

  /// Refuses a sample in which records with bytes that are no UTF-8 are common. A few are rejected one by one.
  func checkEncoding() throws(ImportError) {
    var bad = 0
    var good = 0
    var firstBad = 0
    var total = 0
    var start = 0
    while start < buffer.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? count
      total += 1
      if hasHighByte(buffer.bytes + start, end - start) {
        if isValidUTF8(buffer.bytes + start, end - start) {
          good += 1
        } else {
          bad += 1
          if firstBad == 0 { firstBad = total }
        }
      }
      start = end + 1
    }
    if bad <= good || bad < 3 || bad * 100 < total { return }
    throw Sample.wrongEncoding(looksLikeGBK() ? "GBK" : "WINDOWS-1252", file: file, line: firstBad)
  }

  /// Whether bytes beyond ASCII come in pairs of GBK, mostly in the range of common Chinese characters.
  private func looksLikeGBK() -> Bool {
    var pairs = 0
    var common = 0
    var single = 0
    var index = 0
    while index < count {
      let lead = bytes[index]
      index += 1
      if lead < 0x80 { continue }
      let trail = index < count ? bytes[index] : 0
      if lead >= 0x81 && lead != 0xff && trail >= 0x40 && trail != 0x7f && trail != 0xff {
        pairs += 1
        common += lead >= 0xb0 && lead <= 0xf7 && trail >= 0xa1 ? 1 : 0
        index += 1
      } else {
        single += 1
      }
    }
    return common * 2 > pairs && single * 20 <= pairs
  }

  static func wrongEncoding(_ encoding: String, file: String, line: Int?) -> ImportError {
    let name = encoding == "WINDOWS-1252" ? "Latin-1 or Windows-1252" : encoding
    return ImportError(
      .unsupportedEncoding, "the file looks like \(name), not UTF-8",
      help: "Convert it: iconv -f \(encoding) -t UTF-8 file.csv > file-utf8.csv, or save it as CSV (UTF-8).",
      file: file, line: line)
  }

  // MARK: Records

  /// Line feeds before `offset`.
  private func lines(before offset: Int) -> Int {
    (0..<offset).reduce(0) { $0 + (buffer.bytes[$1] == UInt8(ascii: "\n") ? 1 : 0) }
  }

  /// The byte that cuts the first records into the most regular rows of more than one field: `,` `;` tab or `|`.
  mutating func bestDelimiter() -> UInt8 {
    var best = (delimiter: UInt8(ascii: ","), score: 0.0)
    for delimiter in [",", ";", "\t", "|"].map({ Array($0.utf8)[0] }) {
      scan(delimiter: delimiter, upTo: Sample.delimiterBytes)
      let widths = widths(limit: 1_000)
      guard let usual = mode(widths), usual > 1 else { continue }
      let regular = Double(widths.reduce(0) { $0 + ($1 == usual ? 1 : 0) }) / Double(widths.count)
      // Regularity decides; of equally regular ones the delimiter with more fields.
      let score = regular * regular + Double(min(usual, 100)) / 10_000
      if score > best.score { best = (delimiter, score) }
    }
    return best.delimiter
  }

  /// Indexes at most ``Sniffer/sampleRows`` whole records and a header.
  mutating func index(delimiter: UInt8) throws(ImportError) {
    scan(delimiter: delimiter)
    if isWhole && buffer.scan.endsInQuotes || buffer.separators == 0 {
      let start = buffer.separators == 0 ? 0 : Int(buffer.positions[buffer.separators]) + 1
      if buffer.scan.endsInQuotes {
        throw ImportError.unclosedQuote(file: file, line: lines(before: start) + 1)
      }
      throw ImportError.recordTooLong(count, file: file, line: 1)
    }
    cut()
  }

  mutating func indexLines() {
    buffer.positions[0] = .max
    let end = endWithLineFeed()
    buffer.scan = InstarImport.indexLines(buffer.bytes, count: end, into: buffer.positions + 1)
    buffer.separators = buffer.scan.separators
    buffer.count = buffer.separators == 0 ? 0 : Int(buffer.positions[buffer.separators]) + 1
    buffer.arenaEnd = end
    cut()
  }

  private func scan(delimiter: UInt8, upTo limit: Int = .max) {
    buffer.positions[0] = .max
    let end = min(endWithLineFeed(), limit)
    buffer.scan = indexSeparators(buffer.bytes, count: end, delimiter: delimiter, into: buffer.positions + 1)
    var last = buffer.scan.separators
    while last > 0, buffer.bytes[Int(buffer.positions[last])] != UInt8(ascii: "\n") { last -= 1 }
    buffer.separators = last
    buffer.count = last == 0 ? 0 : Int(buffer.positions[last]) + 1
    buffer.arenaEnd = end
  }

  /// Bytes that the choice of a delimiter looks at.
  private static let delimiterBytes = 256 << 10

  private func endWithLineFeed() -> Int {
    if !isWhole || buffer.bytes[count - 1] == UInt8(ascii: "\n") { return count }
    buffer.bytes[count] = UInt8(ascii: "\n")
    return count + 1
  }

  /// Drops what is beyond the rows of a sample. The regular path of ``RecordRows`` compares line feeds with records.
  private func cut() {
    var records = 0
    for index in stride(from: 1, through: buffer.separators, by: 1)
    where buffer.bytes[Int(buffer.positions[index])] == UInt8(ascii: "\n") {
      records += 1
      if records > Sniffer.sampleRows || index == buffer.separators {
        buffer.separators = index
        buffer.count = Int(buffer.positions[index]) + 1
        break
      }
    }
    buffer.scan.lineFeeds = lines(before: buffer.count)
  }

  /// The number of fields that most records have.
  func usualWidth() -> Int { mode(widths(limit: Sniffer.sampleRows)) ?? 1 }

  /// Fields of each of the first records; empty lines are none.
  private func widths(limit: Int) -> [Int] {
    var widths: [Int] = []
    var base = 0
    for index in stride(from: 1, through: buffer.separators, by: 1)
    where buffer.bytes[Int(buffer.positions[index])] == UInt8(ascii: "\n") {
      let length = Int(buffer.positions[index]) - Int(buffer.positions[base] &+ 1)
      if index - base > 1 || length > 1 { widths.append(index - base) }
      base = index
      if widths.count == limit { break }
    }
    return widths
  }

  private func mode(_ widths: [Int]) -> Int? {
    var counts: [Int: Int] = [:]
    for width in widths { counts[width, default: 0] += 1 }
    return counts.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key
  }
}
