import InstarCalendar

/// Finds out how a file is written from its first rows.
package enum Sniffer {
  /// What the statement says already.
  package struct Options: Sendable {
    package var delimiter: UInt8?
    package var hasHeader: Bool?

    package init() {}
  }

  package static let sampleRows = 20_480
  /// Bytes that are looked at, at most.
  static let sampleBytes = 4 << 20

  /// Looks at the first file of `source` that is not empty.
  ///
  /// - Throws: `emptyFile`, `unsupportedFormat`, `unsupportedEncoding`, `damagedCompression`, `unclosedQuote`,
  ///   `recordTooLong`, `headerMismatch`, and what opening and reading may throw.
  package static func sniff(_ source: ImportSource, options: Options = Options()) throws(ImportError) -> FileFormat {
    let reader = try ByteReader(source, file: source.firstWithBytes, sniffing: true)
    let buffer = RecordBuffer(capacity: sampleBytes)
    let filled = try reader.read(into: UnsafeMutableBufferPointer(start: buffer.bytes, count: sampleBytes))
    var sample = Sample(
      buffer: buffer, count: filled, isWhole: filled < sampleBytes, file: reader.name)
    try sample.checkKind()
    let hasMark = sample.dropByteOrderMark()
    if sample.isBlank {
      throw ImportError(
        .emptyFile, "the file is empty", help: "Check that the export that wrote it has finished.", file: reader.name)
    }
    var format =
      try sample.looksLikeJSON() ? sniffJSON(&sample) : sniffDelimited(&sample, options)
    format.isCompressed = reader.isCompressed
    format.hasByteOrderMark = hasMark
    return format
  }

  private static func sniffJSON(_ sample: inout Sample) throws(ImportError) -> FileFormat {
    sample.indexLines()
    try sample.checkEncoding()
    let paths = JSONPaths.discover(sample.buffer)
    var rows = RecordRows()
    var slices = paths.map { _ in FieldSlices() }
    JSONLineScanner(paths: paths).scan(sample.buffer, &rows, &slices)
    if rows.count == 0 {
      throw ImportError(
        .unsupportedFormat, "the file begins with { but none of its first lines is a JSON object",
        help: "JSON Lines have one whole object on each line; jq -c . file.json > file.jsonl writes them so.",
        file: sample.file, line: 1)
    }
    var columns: [DetectedColumn] = []
    var hashes: [[UInt64]] = []
    for (path, slices) in zip(paths, slices) {
      var profile = ColumnProfile(sample.buffer, slices, rows, commaIsDelimiter: true)
      columns.append(profile.detect(DetectedColumn(path.joined(separator: "."), path: path)))
      hashes.append(profile.hashes)
    }
    var format = FileFormat(kind: .jsonLines, columns: columns)
    format.sampledRows = rows.count
    format.sampleHashes = hashes
    return format
  }

  private static func sniffDelimited(_ sample: inout Sample, _ options: Options) throws(ImportError) -> FileFormat {
    let delimiter = options.delimiter ?? sample.bestDelimiter()
    try sample.index(delimiter: delimiter)
    try sample.checkEncoding()
    let buffer = sample.buffer
    let first = buffer.firstRecord()
    let width = sample.usualWidth()
    // The first record has its say as the header only after the columns below it are known.
    buffer.layout = FileLayout(fieldCount: first.count == width ? width : max(first.count, width), places: [])
    buffer.beginsWithHeader = true
    var rows = RecordRows()
    if first.count == width { rows.listDelimited(buffer) }
    var columns: [DetectedColumn] = []
    var hashes: [[UInt64]] = []
    for place in 0..<width where first.count == width {
      var slices = FieldSlices()
      slices.cut(buffer, &rows, place: place, isText: true, column: place)
      var profile = ColumnProfile(buffer, slices, rows, commaIsDelimiter: delimiter == UInt8(ascii: ","))
      columns.append(profile.detect(DetectedColumn("column\(place + 1)")))
      hashes.append(profile.hashes)
    }
    if first.count != width {
      throw ImportError(
        .headerMismatch, "the first line has \(first.count) fields but most records have \(width)",
        help: "Make the header name every column once, separated like the records.", file: sample.file, line: 1)
    }
    let hasHeader = options.hasHeader ?? HeaderGuess.isHeader(first, columns, hashes)
    if hasHeader {
      for (index, name) in columnNames(first).enumerated() {
        columns[index].name = name
        columns[index].path = [name]
      }
    }
    let dialect = Dialect(
      delimiter: delimiter, hasHeader: hasHeader, quotes: sample.hasQuotes,
      lineEnd: sample.usesCarriageReturns ? .crlf : .lf)
    var format = FileFormat(kind: .delimited(dialect), columns: columns)
    format.sampledRows = rows.count + (hasHeader ? 0 : 1)
    format.sampleHashes = hashes
    if columns.contains(where: { $0.conversion == .real(decimalComma: true) }) {
      format.notes.append("numbers have a decimal comma")
    }
    if hasHeader && rows.count == 0 { format.notes.append("the file has a header and no records") }
    return format
  }
}

/// Whether a first record names columns or is data.
enum HeaderGuess {
  /// A field that does not fit its column's numbers, times or truth values is a name; one that does is a value. Where
  /// all columns are text, a first record whose fields come back below is data.
  static func isHeader(_ first: [String], _ columns: [DetectedColumn], _ hashes: [[UInt64]]) -> Bool {
    var names = 0
    var values = 0
    for (index, column) in columns.enumerated() {
      let field = first[index]
      if ValueShape(field).isPlainValue {
        values += 1
      } else if column.conversion.type != .text && !field.isEmpty {
        names += 1
      }
    }
    if names > 0 || values > 0 { return names >= values }
    let recurring = first.indices.filter { index in
      !first[index].isEmpty && hashes[index].contains(hashOf(first[index]))
    }
    return recurring.isEmpty && Set(first).count == first.count
  }

  private static func hashOf(_ text: String) -> UInt64 {
    var text = text
    return text.withUTF8 { hashBytes($0.baseAddress, $0.count) }
  }
}

/// What a single text looks like on its own.
struct ValueShape {
  /// A number or a time, which no column is called by.
  let isPlainValue: Bool

  init(_ text: String) {
    var text = text
    let isNumber = text.withUTF8 { bytes in
      guard let base = bytes.baseAddress else { return false }
      return NumberParser().real(base, bytes.count, decimalMark: UInt8(ascii: ".")) != nil
    }
    var isTime = false
    for format in [TimeFormat.yearFirst, .dayFirst, .monthFirst] where !isTime && !isNumber {
      var parser = TimeParser(format)
      isTime = parser.parse(text) != nil
    }
    isPlainValue = isNumber || isTime
  }
}
