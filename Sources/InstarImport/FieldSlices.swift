/// The fields of one column before they are converted: where each begins and how long it is.
struct FieldSlices {
  var starts: [UInt32] = []
  /// ``missing`` where the row has no value.
  var lengths: [UInt32] = []
  var missingCount = 0

  static let missing = UInt32.max

  /// Cuts the fields at `place` out of a delimited buffer: quotes removed, null spellings missing.
  ///
  /// A text that needs unescaping, or is checked and found wrong, is left to the slow path; everything else is a
  /// slice of the record.
  mutating func cut(
    _ buffer: RecordBuffer, _ rows: inout RecordRows, place: Int, isText: Bool, column: Int
  ) {
    let count = rows.count
    resize(&starts, count)
    resize(&lengths, count)
    missingCount = 0
    let (bytes, positions) = (UnsafePointer(buffer.bytes), UnsafePointer(buffer.positions))
    let isLast = place == buffer.layout.fieldCount - 1
    let looksInside = buffer.scan.hasDoubledQuotes || buffer.scan.hasStrayQuotes
    var missing = 0
    let bases = rows.bases
    bases.withUnsafeBufferPointer { bases in
      starts.withUnsafeMutableBufferPointer { starts in
        lengths.withUnsafeMutableBufferPointer { lengths in
          var row = 0
          while row < count {
            let index = Int(bases[row]) &+ place
            var start = positions[index] &+ 1
            var end = positions[index &+ 1]
            if isLast && end > start && bytes[Int(end) &- 1] == UInt8(ascii: "\r") { end &-= 1 }
            if end > start && bytes[Int(start)] == UInt8(ascii: "\"") {
              if end &- start >= 2 && bytes[Int(end) &- 1] == UInt8(ascii: "\"") {
                start &+= 1
                end &-= 1
                if looksInside, !unescape(buffer, &start, &end) { rows.reject(row, .badQuoting, column: column) }
              } else {
                rows.reject(row, .badQuoting, column: column)
              }
              let isMissing = !isText && isNull(bytes + Int(start), Int(end &- start), isText: false)
              lengths[row] = isMissing ? FieldSlices.missing : end &- start
              missing &+= isMissing ? 1 : 0
            } else if isNull(bytes + Int(start), Int(end &- start), isText: isText) {
              lengths[row] = FieldSlices.missing
              missing &+= 1
            } else {
              lengths[row] = end &- start
            }
            starts[row] = start
            row &+= 1
          }
        }
      }
    }
    missingCount = missing
  }
}

/// Replaces doubled quotes in the quoted text from `start` to `end` by single ones; the result stands in the arena.
///
/// - Returns: `false` when a single quote stands inside.
private func unescape(_ buffer: RecordBuffer, _ start: inout UInt32, _ end: inout UInt32) -> Bool {
  let bytes = buffer.bytes
  var index = Int(start)
  let last = Int(end)
  while index < last, bytes[index] != UInt8(ascii: "\"") { index += 1 }
  if index == last { return true }
  let target = buffer.arenaEnd
  var written = target
  index = Int(start)
  while index < last {
    let byte = bytes[index]
    if byte == UInt8(ascii: "\"") {
      index += 1
      if index == last || bytes[index] != UInt8(ascii: "\"") { return false }
    }
    bytes[written] = byte
    written += 1
    index += 1
  }
  buffer.arenaEnd = written
  (start, end) = (UInt32(target), UInt32(written))
  return true
}

/// Whether any of `count` bytes is beyond ASCII.
@inline(__always)
func hasHighByte(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
  var index = 0
  var any: UInt64 = 0
  while index &+ 8 <= count {
    any |= UnsafeRawPointer(bytes + index).loadUnaligned(as: UInt64.self)
    index &+= 8
  }
  while index < count {
    any |= UInt64(bytes[index])
    index &+= 1
  }
  return any & 0x8080_8080_8080_8080 != 0
}
