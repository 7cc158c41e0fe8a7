import InstarCalendar
import InstarColumns

/// Turns buffers of records into chunks: the work of one worker, with its scratch.
final class ChunkBuilder {
  let chunk = ImportChunk()
  private let requests: [ColumnRequest]
  private let isJSON: Bool
  private var rows = RecordRows()
  private var slices: [FieldSlices]
  private var times: [TimeParser?]
  private var scanner: JSONLineScanner?

  init(format: FileFormat, requests: [ColumnRequest], zone: Zone) {
    self.requests = requests
    slices = requests.map { _ in FieldSlices() }
    times = requests.map { request in
      if case .time(let format) = request.conversion { return TimeParser(format, zone: zone) }
      return nil
    }
    chunk.columns = requests.map { request in
      ImportColumn(name: format.columns[request.column].name, type: request.conversion.type)
    }
    isJSON = format.kind == .jsonLines
    if isJSON { scanner = JSONLineScanner(paths: requests.map { format.columns[$0.column].path }) }
  }

  /// Fills ``chunk`` from `buffer`.
  func build(_ buffer: RecordBuffer) {
    chunk.file = buffer.file
    chunk.sequence = buffer.sequence
    chunk.firstArrival = buffer.firstArrival
    if isJSON {
      scanner!.scan(buffer, &rows, &slices)
    } else {
      rows.listDelimited(buffer)
    }
    for index in requests.indices { fill(index, buffer) }
    chunk.recordCount = rows.count + rows.broken.count
    chunk.rejects.removeAll(keepingCapacity: true)
    if rows.rejectedCount > 0 || !rows.broken.isEmpty { describeRejects(buffer) }
    if rows.rejectedCount > 0 { dropRejectedRows() }
    chunk.rowCount = rows.count - rows.rejectedCount
    chunk.bytes = UnsafeBufferPointer(start: buffer.bytes, count: buffer.arenaEnd)
  }

  private func fill(_ index: Int, _ buffer: RecordBuffer) {
    let request = requests[index]
    let isText = request.conversion.type == .text
    if !isJSON {
      slices[index].cut(buffer, &rows, place: buffer.layout.places[index], isText: isText, column: index)
    }
    if request.isRequired { rejectMissing(index, isText: isText) }
    chunk.columns[index].convert(
      &slices[index], request.conversion, buffer: buffer, rows: &rows, column: index, times: &times[index])
  }

  /// A required text must not be empty either: a user without a name is no user.
  private func rejectMissing(_ index: Int, isText: Bool) {
    let shortest: UInt32 = isText ? 1 : 0
    var row = 0
    while row < rows.count {
      // `missing` is the greatest length, so one wrapping comparison finds both.
      if slices[index].lengths[row] &+ 1 <= shortest { rows.reject(row, .missingValue, column: index) }
      row &+= 1
    }
  }

  // MARK: Rejects

  private func describeRejects(_ buffer: RecordBuffer) {
    var found: [(base: UInt32, reject: ImportReject)] = []
    for broken in rows.broken {
      let detail = broken.reason == .fieldCount ? "\(broken.fields) fields instead of \(rows.stride)" : ""
      let record = record(buffer, base: Int(broken.base), fields: broken.fields)
      found.append(
        (broken.base, ImportReject(file: buffer.file, line: 0, reason: broken.reason, detail: detail, record: record)))
    }
    for row in 0..<rows.count where rows.isRejected(row) {
      let column = Int(rows.blamed[row])
      let record = record(buffer, base: Int(rows.bases[row]), fields: rows.stride)
      let reject = ImportReject(
        file: buffer.file, line: 0, reason: rows.reason(row), column: chunk.columns[column].name,
        detail: offendingText(buffer, row, column), record: record)
      found.append((rows.bases[row], reject))
    }
    found.sort { $0.base < $1.base }
    setLines(&found, buffer)
    chunk.rejects = found.map(\.reject)
  }

  /// Counts line feeds from one rejected record to the next.
  private func setLines(_ found: inout [(base: UInt32, reject: ImportReject)], _ buffer: RecordBuffer) {
    var line = buffer.firstLine
    var offset = 0
    for index in found.indices {
      let start = Int(buffer.positions[Int(found[index].base)] &+ 1)
      while offset < start {
        line &+= buffer.bytes[offset] == UInt8(ascii: "\n") ? 1 : 0
        offset &+= 1
      }
      found[index].reject.line = line
    }
  }

  private func record(_ buffer: RecordBuffer, base: Int, fields: Int) -> [UInt8] {
    let start = Int(buffer.positions[base] &+ 1)
    var end = Int(buffer.positions[base + fields])
    if end > start, buffer.bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return Array(UnsafeBufferPointer(start: buffer.bytes + start, count: end - start))
  }

  /// The blamed field, at most 40 bytes of it. Text columns have given their slices away already.
  private func offendingText(_ buffer: RecordBuffer, _ row: Int, _ column: Int) -> String {
    let isText = chunk.columns[column].type == .text
    let start = isText ? chunk.columns[column].starts[row] : slices[column].starts[row]
    let length = isText ? chunk.columns[column].lengths[row] : slices[column].lengths[row]
    if length == FieldSlices.missing { return "" }
    let field = UnsafeBufferPointer(start: buffer.bytes + Int(start), count: min(Int(length), 40))
    return String(decoding: field, as: UTF8.self)
  }

  private func dropRejectedRows() {
    for index in chunk.columns.indices { chunk.columns[index].keepRows { !self.rows.isRejected($0) } }
  }
}

extension ImportColumn {
  /// Moves the rows that `isKept` names together, in order. Called for chunks with rejects only.
  fileprivate mutating func keepRows(_ isKept: (Int) -> Bool) {
    compact(&integers, isKept)
    compact(&reals, isKept)
    compact(&flags, isKept)
    compact(&starts, isKept)
    compact(&lengths, isKept)
    compact(&present, isKept)
  }
}

private func compact<T>(_ array: inout [T], _ isKept: (Int) -> Bool) {
  var kept = 0
  for row in array.indices where isKept(row) {
    array[kept] = array[row]
    kept += 1
  }
  array.removeLast(array.count - kept)
}
