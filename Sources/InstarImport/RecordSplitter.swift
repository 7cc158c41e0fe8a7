#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Cuts files into buffers of whole records, in order; the workers call it one at a time.
///
/// Reading, inflating and indexing happen here, converting does not: with the bytes still in the cache the next
/// buffer is ready in a tenth of the time that a worker needs for the last.
final class RecordSplitter {
  private let source: ImportSource
  private let format: FileFormat
  private let requests: [ColumnRequest]
  private let longestRecord: Int

  private var reader: ByteReader?
  private var nextFile = 0
  private var layout = FileLayout(fieldCount: 0, places: [])
  private var isFirstOfFile = false
  private var isAtEnd = false
  /// The beginning of a record that the last buffer did not hold whole.
  private var carry: [UInt8] = []
  private var line = 1
  private var arrival = 0
  private var sequence = 0
  /// Bytes of the files read to their end.
  private var finishedBytes = 0

  init(_ source: ImportSource, format: FileFormat, requests: [ColumnRequest], longestRecord: Int) {
    self.source = source
    self.format = format
    self.requests = requests
    self.longestRecord = longestRecord
  }

  /// Bytes read so far; compressed ones for gzip.
  var consumedBytes: Int { finishedBytes + (reader?.consumed ?? 0) }

  /// Fills `buffer` with the next records.
  ///
  /// - Returns: `false` at the end of the last file.
  func next(into buffer: RecordBuffer) throws(ImportError) -> Bool {
    while true {
      if reader == nil {
        if nextFile == source.files.count { return false }
        reader = try ByteReader(source, file: nextFile)
        nextFile += 1
        (line, isFirstOfFile, isAtEnd) = (1, true, false)
      }
      if try fill(buffer) { return true }
      finishedBytes += reader!.consumed
      reader = nil
    }
  }

  private func fill(_ buffer: RecordBuffer) throws(ImportError) -> Bool {
    while buffer.capacity < carry.count { buffer.grow(keeping: 0) }
    carry.withUnsafeBufferPointer { if let base = $0.baseAddress { memcpy(buffer.bytes, base, $0.count) } }
    var filled = carry.count
    carry.removeAll(keepingCapacity: true)
    while true {
      filled = try readMore(into: buffer, from: filled)
      if filled == 0 { return false }
      // The last record may lack its line feed.
      let end = isAtEnd && buffer.bytes[filled - 1] != UInt8(ascii: "\n") ? filled + 1 : filled
      if end > filled { buffer.bytes[filled] = UInt8(ascii: "\n") }
      index(buffer, count: end)
      if isAtEnd && buffer.scan.endsInQuotes { throw unclosedQuote(buffer) }
      if let last = lastRecordEnd(buffer) {
        buffer.separators = last
        buffer.count = Int(buffer.positions[last]) + 1
        try finish(buffer, filled: filled, end: end)
        return true
      }
      if filled >= longestRecord { throw tooLong(buffer) }
      buffer.grow(keeping: filled)
    }
  }

  private func readMore(into buffer: RecordBuffer, from start: Int) throws(ImportError) -> Int {
    var filled = start
    let room = UnsafeMutableBufferPointer(start: buffer.bytes + filled, count: buffer.capacity - filled)
    if !isAtEnd {
      let count = try reader!.read(into: room)
      isAtEnd = count < room.count
      filled += count
    }
    if isFirstOfFile, filled >= 3, buffer.bytes[0] == 0xef, buffer.bytes[1] == 0xbb, buffer.bytes[2] == 0xbf {
      filled -= 3
      memmove(buffer.bytes, buffer.bytes + 3, filled)
    }
    return filled
  }

  private func index(_ buffer: RecordBuffer, count: Int) {
    buffer.positions[0] = .max
    switch format.kind {
    case .delimited(let dialect):
      buffer.scan = indexSeparators(
        buffer.bytes, count: count, delimiter: dialect.delimiter, into: buffer.positions + 1)
    case .jsonLines:
      buffer.scan = indexLines(buffer.bytes, count: count, into: buffer.positions + 1)
    }
  }

  /// The number of positions up to the last line feed outside quotes.
  private func lastRecordEnd(_ buffer: RecordBuffer) -> Int? {
    var last = buffer.scan.separators
    while last > 0 {
      if buffer.bytes[Int(buffer.positions[last])] == UInt8(ascii: "\n") { return last }
      last -= 1
    }
    return nil
  }

  /// Sets what a worker needs to know, and keeps the rest of the bytes for the next buffer.
  private func finish(_ buffer: RecordBuffer, filled: Int, end: Int) throws(ImportError) {
    if buffer.count < filled {
      carry.append(contentsOf: UnsafeBufferPointer(start: buffer.bytes + buffer.count, count: filled - buffer.count))
      // A cut quoted field may hold line feeds: they belong to the next buffer.
      buffer.scan.lineFeeds -= carry.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
    }
    buffer.beginsWithHeader = false
    if isFirstOfFile { try beginFile(buffer) }
    isFirstOfFile = false
    buffer.arenaEnd = buffer.count
    buffer.file = nextFile - 1
    buffer.layout = layout
    buffer.firstLine = line
    buffer.firstArrival = arrival
    buffer.sequence = sequence
    line += buffer.scan.lineFeeds
    arrival += buffer.scan.lineFeeds
    sequence += 1
  }

  /// Finds the requested columns by the names in the file's own header.
  private func beginFile(_ buffer: RecordBuffer) throws(ImportError) {
    guard case .delimited(let dialect) = format.kind else {
      layout = FileLayout(fieldCount: 0, places: Array(requests.indices))
      return
    }
    buffer.beginsWithHeader = dialect.hasHeader
    guard dialect.hasHeader else {
      layout = FileLayout(fieldCount: format.columns.count, places: requests.map(\.column))
      return
    }
    let names = columnNames(buffer.firstRecord())
    var places: [Int] = []
    for request in requests {
      let name = format.columns[request.column].name
      guard let place = names.firstIndex(of: name) else {
        throw ImportError(
          .missingColumn, "there is no column \(name)",
          help: "The file has: \(names.joined(separator: ", ")). Files of one import have the same columns.",
          file: reader!.name, line: 1, candidates: names)
      }
      places.append(place)
    }
    layout = FileLayout(fieldCount: names.count, places: places)
  }

  /// The quote that never closes is in the last record that begins.
  private func unclosedQuote(_ buffer: RecordBuffer) -> ImportError {
    let start = lastRecordEnd(buffer).map { Int(buffer.positions[$0]) + 1 } ?? 0
    let before = UnsafeBufferPointer(start: buffer.bytes, count: start)
    let feeds = before.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
    return .unclosedQuote(file: reader!.name, line: line + feeds)
  }

  private func tooLong(_ buffer: RecordBuffer) -> ImportError {
    if buffer.scan.endsInQuotes { return unclosedQuote(buffer) }
    return .recordTooLong(longestRecord, file: reader!.name, line: line)
  }
}

/// The positions of all line feeds, for formats where they only ever end records.
func indexLines(_ bytes: UnsafeMutablePointer<UInt8>, count: Int, into positions: UnsafeMutablePointer<UInt32>)
  -> SeparatorScan
{
  var scan = SeparatorScan()
  var offset = 0
  while offset < count, let found = memchr(bytes + offset, 10, count - offset) {
    let position = UnsafeRawPointer(found) - UnsafeRawPointer(bytes)
    positions[scan.separators] = UInt32(truncatingIfNeeded: position)
    scan.separators += 1
    offset = position + 1
  }
  scan.lineFeeds = scan.separators
  scan.hasNonASCII = true
  return scan
}

/// The text of a field as it stands in a delimited record: without its quotes, a carriage return and outer spaces.
func fieldText(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> String {
  var field = UnsafeBufferPointer(start: bytes, count: count)[...]
  if field.last == UInt8(ascii: "\r") { field.removeLast() }
  var text = String(decoding: field, as: UTF8.self)
  if text.utf8.count >= 2, text.utf8.first == UInt8(ascii: "\""), text.utf8.last == UInt8(ascii: "\"") {
    text = String(text.dropFirst().dropLast()).split(separator: "\"\"", omittingEmptySubsequences: false)
      .joined(separator: "\"")
  }
  while text.first == " " { text.removeFirst() }
  while text.last == " " { text.removeLast() }
  return text
}

/// Header fields as column names: a field without a name is called by its place, `column3`; of two that share a name
/// the second becomes `name_2`.
func columnNames(_ fields: [String]) -> [String] {
  var names: [String] = []
  for (index, field) in fields.enumerated() {
    let name = field.isEmpty ? "column\(index + 1)" : field
    var unique = name
    var copy = 2
    while names.contains(unique) {
      unique = "\(name)_\(copy)"
      copy += 1
    }
    names.append(unique)
  }
  return names
}
