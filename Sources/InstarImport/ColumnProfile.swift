import InstarCalendar

/// What the values of one column of a sample have in common.
struct ColumnProfile {
  /// For each sampled row a hash of the value; 0 where it is missing.
  private(set) var hashes: [UInt64] = []

  private let bytes: UnsafePointer<UInt8>
  private let slices: FieldSlices
  private let rows: RecordRows
  private let buffer: RecordBuffer
  private let commaIsDelimiter: Bool

  init(_ buffer: RecordBuffer, _ slices: FieldSlices, _ rows: RecordRows, commaIsDelimiter: Bool) {
    self.buffer = buffer
    bytes = UnsafePointer(buffer.bytes)
    self.slices = slices
    self.rows = rows
    self.commaIsDelimiter = commaIsDelimiter
  }

  /// Times are guessed from so many values; all are checked against the guess.
  private static let timeSamples = 1_000

  /// `column` with its type, its counts and what else the values show.
  mutating func detect(_ column: DetectedColumn) -> DetectedColumn {
    var column = column
    var shapes = Shapes()
    var sniffer = TimeSniffer()
    hashes.reserveCapacity(rows.count)
    for row in 0..<rows.count {
      guard let field = field(row) else {
        column.missing += 1
        hashes.append(0)
        continue
      }
      hashes.append(hashBytes(field.baseAddress, field.count))
      if column.example.isEmpty { column.example = String(decoding: field.prefix(40), as: UTF8.self) }
      // Words like NA are values of a text but gaps in a column of numbers.
      if isNull(field.baseAddress!, field.count, isText: false) {
        shapes.gaps += 1
        continue
      }
      shapes.add(field)
      if sniffer.sampleCount < ColumnProfile.timeSamples { sniffer.add(field.span) }
    }
    column.distinct = Set(hashes.lazy.filter { $0 != 0 }).count
    classify(&column, shapes, sniffer)
    return column
  }

  private func field(_ row: Int) -> UnsafeBufferPointer<UInt8>? {
    let length = slices.lengths[row]
    if length == FieldSlices.missing { return nil }
    var (start, end) = (Int(slices.starts[row]), Int(slices.starts[row] + length))
    while start < end, bytes[start] == UInt8(ascii: " ") { start += 1 }
    while start < end, bytes[end - 1] == UInt8(ascii: " ") { end -= 1 }
    return start == end ? nil : UnsafeBufferPointer(start: bytes + start, count: end - start)
  }

  private func classify(_ column: inout DetectedColumn, _ shapes: Shapes, _ sniffer: TimeSniffer) {
    if shapes.count == 0 { return }
    column.wholeNumbersAsReals = shapes.zeroFractions == shapes.count
    if shapes.codes > 0 && shapes.booleans < shapes.count {
      // Leading zeros and plus signs would be lost in a number.
    } else if shapes.integers == shapes.count {
      column.conversion = .integer
    } else if shapes.reals == shapes.count {
      column.conversion = .real
    } else if shapes.commaReals == shapes.count, !commaIsDelimiter || shapes.groups == 0 {
      column.conversion = .real(decimalComma: true)
    } else if shapes.booleans == shapes.count {
      column.conversion = .boolean
    }
    classifyTimes(&column, shapes, sniffer)
    if column.type != .text { column.missing += shapes.gaps }
  }

  private func classifyTimes(_ column: inout DetectedColumn, _ shapes: Shapes, _ sniffer: TimeSniffer) {
    let formats: [TimeFormat]
    switch sniffer.verdict {
    case .noTime: return
    case .format(let format): formats = [format]
    case .ambiguous(let all): formats = all
    }
    // One value in ten may be damaged: such records are rejected.
    if sniffer.matchCount(of: formats[0]) * 10 < sniffer.sampleCount * 9, !mixesFormats(sniffer) { return }
    if column.type == .integer || column.type == .real {
      // Numbers are times only in a column that is called so; see the role mapping.
      column.timeFormats = formats
      return
    }
    column.conversion = .time(formats[0])
    column.timeFormats = formats
    column.oddTimeLine = lineOfOtherFormat(formats)
  }

  /// Nearly all values are times, in more than one format.
  private func mixesFormats(_ sniffer: TimeSniffer) -> Bool {
    let total = TimeFormat.all.reduce(0) { $0 + sniffer.matchCount(of: $1) }
    return total * 10 >= sniffer.sampleCount * 9
  }

  /// The line of the first value that is a time, but in none of `formats`; 0 without one.
  private func lineOfOtherFormat(_ formats: [TimeFormat]) -> Int {
    var usual = formats.map { TimeParser($0) }
    var others = TimeFormat.all.filter { !formats.contains($0) }.map { TimeParser($0) }
    for row in 0..<rows.count {
      guard let field = field(row) else { continue }
      let raw = UnsafeRawBufferPointer(field)
      if usual.indices.contains(where: { usual[$0].parse(raw) != nil }) { continue }
      guard others.indices.contains(where: { others[$0].parse(raw) != nil }) else { continue }
      let start = Int(buffer.positions[Int(rows.bases[row])] &+ 1)
      return (0..<start).reduce(1) { $0 + (bytes[$1] == UInt8(ascii: "\n") ? 1 : 0) }
    }
    return 0
  }
}

/// How many values of a column have which shape.
private struct Shapes {
  var count = 0
  var gaps = 0
  var integers = 0
  var reals = 0
  var commaReals = 0
  var booleans = 0
  /// Whole numbers written with `.0`.
  var zeroFractions = 0
  /// `007`, `+49170`: digits that are a code.
  var codes = 0
  /// `1,234`: could also be a thousand and more.
  var groups = 0
  private let parser = NumberParser()

  mutating func add(_ field: UnsafeBufferPointer<UInt8>) {
    let (start, length) = (field.baseAddress!, field.count)
    count += 1
    let first = start[0]
    if first > UInt8(ascii: "9") {
      if length > 1, parser.boolean(start, length) != nil { booleans += 1 }
      return
    }
    if first == UInt8(ascii: "+") { codes += 1 }
    if first == UInt8(ascii: "0"), length > 1, start[1] &- UInt8(ascii: "0") <= 9 { codes += 1 }
    let isReal = parser.real(start, length, decimalMark: UInt8(ascii: ".")) != nil
    if isReal { reals += 1 }
    if isReal, !field.contains(UInt8(ascii: ".")), parser.integer(start, length) != nil { integers += 1 }
    if isWholeWithZeroFraction(start, length) { zeroFractions += 1 }
    if parser.real(start, length, decimalMark: UInt8(ascii: ",")) != nil {
      commaReals += 1
      if let comma = field.firstIndex(of: UInt8(ascii: ",")), length - comma == 4 { groups += 1 }
    }
  }
}

/// A 64-bit hash of bytes (FNV-1a with a final mix), never 0.
func hashBytes(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> UInt64 {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  var index = 0
  while index < count {
    hash = (hash ^ UInt64(bytes![index])) &* 0x100_0000_01b3
    index &+= 1
  }
  hash ^= hash >> 32
  return hash == 0 ? 1 : hash
}
