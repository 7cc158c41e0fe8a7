import InstarCalendar
import InstarColumns

extension ImportColumn {
  /// Turns slices into the storage of the column's type; rows that do not fit are rejected.
  mutating func convert(
    _ slices: inout FieldSlices, _ conversion: FieldConversion, buffer: RecordBuffer, rows: inout RecordRows,
    column: Int, times: inout TimeParser?
  ) {
    setPresent(slices)
    switch conversion {
    case .text(let dropZeroFraction):
      if dropZeroFraction { slices.dropZeroFractions(buffer.bytes) }
      if buffer.scan.hasNonASCII { slices.checkUTF8(buffer.bytes, &rows, column: column) }
      swap(&starts, &slices.starts)
      swap(&lengths, &slices.lengths)
      zeroMissingSlices()
    case .integer: convertIntegers(slices, buffer.bytes, &rows, column)
    case .real(let comma):
      convertReals(slices, buffer.bytes, &rows, column, decimalMark: comma ? UInt8(ascii: ",") : UInt8(ascii: "."))
    case .boolean: convertBooleans(slices, buffer.bytes, &rows, column)
    case .time: convertTimes(slices, buffer.bytes, &rows, column, &times!)
    }
  }

  private mutating func setPresent(_ slices: FieldSlices) {
    if slices.missingCount == 0 {
      present.removeAll(keepingCapacity: true)
      return
    }
    let count = slices.lengths.count
    resize(&present, count)
    var row = 0
    while row < count {
      present[row] = slices.lengths[row] == FieldSlices.missing ? 0 : 1
      row &+= 1
    }
  }

  private mutating func zeroMissingSlices() {
    if present.isEmpty { return }
    var row = 0
    while row < lengths.count {
      if present[row] == 0 { lengths[row] = 0 }
      row &+= 1
    }
  }

  private mutating func convertIntegers(
    _ slices: FieldSlices, _ bytes: UnsafePointer<UInt8>, _ rows: inout RecordRows, _ column: Int
  ) {
    let parser = NumberParser()
    let count = slices.starts.count
    resize(&integers, count)
    integers.withUnsafeMutableBufferPointer { integers in
      slices.withFields(bytes) { row, start, length in
        if let value = parser.integer(start, length) {
          integers[row] = value
        } else {
          rows.reject(row, .notInteger, column: column)
        }
      }
    }
  }

  private mutating func convertReals(
    _ slices: FieldSlices, _ bytes: UnsafePointer<UInt8>, _ rows: inout RecordRows, _ column: Int, decimalMark: UInt8
  ) {
    let parser = NumberParser()
    let count = slices.starts.count
    resize(&reals, count)
    reals.withUnsafeMutableBufferPointer { reals in
      slices.withFields(bytes) { row, start, length in
        if let value = parser.real(start, length, decimalMark: decimalMark) {
          reals[row] = value
        } else {
          rows.reject(row, .notReal, column: column)
        }
      }
    }
  }

  private mutating func convertBooleans(
    _ slices: FieldSlices, _ bytes: UnsafePointer<UInt8>, _ rows: inout RecordRows, _ column: Int
  ) {
    let parser = NumberParser()
    let count = slices.starts.count
    resize(&flags, count)
    flags.withUnsafeMutableBufferPointer { flags in
      slices.withFields(bytes) { row, start, length in
        if let value = parser.boolean(start, length) {
          flags[row] = value
        } else {
          rows.reject(row, .notBoolean, column: column)
        }
      }
    }
  }

  private mutating func convertTimes(
    _ slices: FieldSlices, _ bytes: UnsafePointer<UInt8>, _ rows: inout RecordRows, _ column: Int,
    _ times: inout TimeParser
  ) {
    let count = slices.starts.count
    resize(&integers, count)
    integers.withUnsafeMutableBufferPointer { integers in
      slices.withFields(bytes) { row, start, length in
        if let value = times.parse(UnsafeRawBufferPointer(start: start, count: length)) {
          integers[row] = value
        } else {
          rows.reject(row, .notTime, column: column)
        }
      }
    }
  }
}

extension FieldSlices {
  /// Calls `body` with every present field, outer spaces removed; inlined into the loops of this file.
  @inline(__always)
  fileprivate func withFields(
    _ bytes: UnsafePointer<UInt8>, _ body: (_ row: Int, _ start: UnsafePointer<UInt8>, _ length: Int) -> Void
  ) {
    starts.withUnsafeBufferPointer { starts in
      lengths.withUnsafeBufferPointer { lengths in
        var row = 0
        while row < starts.count {
          var start = bytes + Int(starts[row])
          var length = Int(lengths[row])
          if lengths[row] != FieldSlices.missing {
            while length > 0, start[0] == UInt8(ascii: " ") {
              start += 1
              length &-= 1
            }
            while length > 0, start[length &- 1] == UInt8(ascii: " ") { length &-= 1 }
            body(row, start, length)
          }
          row &+= 1
        }
      }
    }
  }

  /// Shortens `17850.0` to `17850`; a value that is not digits and `.0` stays.
  fileprivate mutating func dropZeroFractions(_ bytes: UnsafePointer<UInt8>) {
    var row = 0
    while row < starts.count {
      let length = Int(lengths[row])
      if lengths[row] != FieldSlices.missing, isWholeWithZeroFraction(bytes + Int(starts[row]), length) {
        lengths[row] -= 2
      }
      row &+= 1
    }
  }

  fileprivate func checkUTF8(_ bytes: UnsafePointer<UInt8>, _ rows: inout RecordRows, column: Int) {
    var row = 0
    while row < starts.count {
      let start = bytes + Int(starts[row])
      let length = Int(lengths[row])
      if lengths[row] != FieldSlices.missing, hasHighByte(start, length), !isValidUTF8(start, length) {
        rows.reject(row, .badUTF8, column: column)
      }
      row &+= 1
    }
  }
}

/// Whether the bytes are digits followed by `.0`.
func isWholeWithZeroFraction(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
  if count < 3 || bytes[count - 1] != UInt8(ascii: "0") || bytes[count - 2] != UInt8(ascii: ".") { return false }
  var index = 0
  while index < count - 2 {
    if bytes[index] &- UInt8(ascii: "0") > 9 { return false }
    index &+= 1
  }
  return true
}
