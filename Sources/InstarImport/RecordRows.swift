/// Which records of a buffer are rows, and which were rejected why. Scratch of one worker.
struct RecordRows {
  /// For each row the index of the position before its first field; for JSON Lines before its line.
  var bases: [UInt32] = []
  /// Fields of a row, so that a record ends at `positions[base + stride]`.
  var stride = 1
  /// Records that do not even have the right fields.
  var broken: [Broken] = []
  /// For each row 0, or a reason's number + 1; only while `rejectedCount > 0`.
  private(set) var marks: [UInt8] = []
  private(set) var blamed: [UInt16] = []
  private(set) var rejectedCount = 0

  struct Broken {
    var base: UInt32
    var fields: Int
    var reason: ImportReject.Reason
  }

  var count: Int { bases.count }

  private static let reasons = ImportReject.Reason.allCases

  mutating func reset() {
    bases.removeAll(keepingCapacity: true)
    broken.removeAll(keepingCapacity: true)
    rejectedCount = 0
  }

  /// Rejects a row; the first reason stays.
  @inline(never)
  mutating func reject(_ row: Int, _ reason: ImportReject.Reason, column: Int) {
    if rejectedCount == 0 {
      resize(&marks, count)
      resize(&blamed, count)
      for index in 0..<count { marks[index] = 0 }
    }
    if marks[row] != 0 { return }
    marks[row] = UInt8(RecordRows.reasons.firstIndex(of: reason)! + 1)
    blamed[row] = UInt16(column)
    rejectedCount += 1
  }

  func isRejected(_ row: Int) -> Bool { rejectedCount > 0 && marks[row] != 0 }

  func reason(_ row: Int) -> ImportReject.Reason { RecordRows.reasons[Int(marks[row]) - 1] }

  /// Lists the records of a delimited buffer; those with another number of fields are broken.
  mutating func listDelimited(_ buffer: RecordBuffer) {
    reset()
    stride = buffer.layout.fieldCount
    if listRegular(buffer) { return }
    bases.removeAll(keepingCapacity: true)
    let (bytes, positions) = (buffer.bytes, buffer.positions)
    var base = 0
    var isHeader = buffer.beginsWithHeader
    for index in 1...buffer.separators where bytes[Int(positions[index])] == UInt8(ascii: "\n") {
      let fields = index - base
      if isHeader {
        isHeader = false
      } else if fields == 1 && isBlank(bytes, from: Int(positions[base] &+ 1), to: Int(positions[index])) {
        // An empty line is no record.
      } else if fields == stride {
        bases.append(UInt32(base))
      } else {
        broken.append(Broken(base: UInt32(base), fields: fields, reason: .fieldCount))
      }
      base = index
    }
  }

  /// The common case: every record has its fields and no field holds a line feed.
  private mutating func listRegular(_ buffer: RecordBuffer) -> Bool {
    let (bytes, positions) = (buffer.bytes, buffer.positions)
    let (records, rest) = buffer.separators.quotientAndRemainder(dividingBy: stride)
    if rest != 0 || records != buffer.scan.lineFeeds || stride == 1 { return false }
    resize(&bases, records)
    var isRegular = true
    let step = stride
    bases.withUnsafeMutableBufferPointer { bases in
      var row = 0
      while row < records {
        let base = row &* step
        isRegular = isRegular && bytes[Int(positions[base &+ step])] == UInt8(ascii: "\n")
        bases[row] = UInt32(truncatingIfNeeded: base)
        row &+= 1
      }
    }
    if buffer.beginsWithHeader && isRegular { bases.removeFirst() }
    return isRegular
  }

  private func isBlank(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Bool {
    end == start || (end == start + 1 && bytes[start] == UInt8(ascii: "\r"))
  }
}

/// Makes `array` hold exactly `count` elements; the values of new ones are zero, of old ones unspecified.
func resize<T: BinaryInteger>(_ array: inout [T], _ count: Int) {
  if array.count > count { array.removeLast(array.count - count) }
  if array.count < count { array.append(contentsOf: repeatElement(0, count: count - array.count)) }
}

func resize(_ array: inout [Double], _ count: Int) {
  if array.count > count { array.removeLast(array.count - count) }
  if array.count < count { array.append(contentsOf: repeatElement(0, count: count - array.count)) }
}
