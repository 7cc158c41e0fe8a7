/// Reads what ``PayloadWriter`` wrote; the header and the checksum are checked before the first value.
package struct PayloadReader {
  static let headerByteCount = 16
  private let bytes: [UInt8]
  private var position = headerByteCount
  private var end: Int

  package init(_ bytes: [UInt8], expecting kind: ModelKind) throws(PayloadError) {
    self.bytes = bytes
    end = bytes.count
    guard bytes.count >= 4, bytes[0...3].elementsEqual([0x49, 0x4D, 0x44, 0x4C]) else { throw .notAModel }
    guard bytes.count >= Self.headerByteCount + 8 else { throw .truncated }
    position = 4
    let found: UInt16 = try read()
    let version: UInt16 = try read()
    let length: UInt64 = try read()
    guard version <= PayloadWriter.version else {
      throw .newerVersion(found: version, newest: PayloadWriter.version)
    }
    guard length == UInt64(bytes.count - Self.headerByteCount - 8) else { throw .truncated }
    position = bytes.count - 8
    let stored: UInt64 = try read()
    guard stored == checksum(bytes, count: bytes.count - 8) else { throw .damaged }
    guard found == kind.rawValue else { throw .wrongKind(expected: kind, found: found) }
    position = Self.headerByteCount
    end = bytes.count - 8
  }

  package mutating func read<Number: FixedWidthInteger>() throws(PayloadError) -> Number {
    let width = Number.bitWidth / 8
    guard end - position >= width else { throw .truncated }
    var number: Number = 0
    var byte = 0
    while byte < width {
      number |= Number(truncatingIfNeeded: bytes[position &+ byte]) << Number(8 &* byte)
      byte &+= 1
    }
    position += width
    return number
  }

  package mutating func readDouble() throws(PayloadError) -> Double { Double(bitPattern: try read()) }

  /// A count of elements that take `width` bytes each, of which the rest of the body must have enough.
  private mutating func readCount(width: Int) throws(PayloadError) -> Int {
    let count: UInt64 = try read()
    guard count <= UInt64((end - position) / width) else { throw .truncated }
    return Int(count)
  }

  package mutating func readCodes() throws(PayloadError) -> [UInt32] {
    let count = try readCount(width: 4)
    var numbers: [UInt32] = []
    numbers.reserveCapacity(count)
    for _ in 0..<count { numbers.append(try read()) }
    return numbers
  }

  package mutating func readFloats() throws(PayloadError) -> [Float] {
    let count = try readCount(width: 4)
    var numbers: [Float] = []
    numbers.reserveCapacity(count)
    for _ in 0..<count { numbers.append(Float(bitPattern: try read())) }
    return numbers
  }

  package mutating func readDoubles() throws(PayloadError) -> [Double] {
    let count = try readCount(width: 8)
    var numbers: [Double] = []
    numbers.reserveCapacity(count)
    for _ in 0..<count { numbers.append(Double(bitPattern: try read())) }
    return numbers
  }

  package mutating func readIntegers() throws(PayloadError) -> [Int] {
    let count = try readCount(width: 8)
    var numbers: [Int] = []
    numbers.reserveCapacity(count)
    for _ in 0..<count {
      let number: Int64 = try read()
      numbers.append(Int(number))
    }
    return numbers
  }

  package mutating func readText() throws(PayloadError) -> String {
    let count = try readCount(width: 1)
    defer { position += count }
    return String(decoding: bytes[position..<(position + count)], as: UTF8.self)
  }

  /// The bytes of a model inside this one.
  package mutating func readPayload() throws(PayloadError) -> [UInt8] {
    let count = try readCount(width: 1)
    defer { position += count }
    return Array(bytes[position..<(position + count)])
  }

  /// A matrix whose starts and columns are in range and in order, so that loops over it need no further check.
  package mutating func readMatrix() throws(PayloadError) -> SparseMatrix {
    let columnCount: UInt64 = try read()
    let starts = try readIntegers()
    let columns = try readCodes()
    let values = try readFloats()
    guard columnCount <= UInt64(UInt32.max), starts.first == 0, starts.last == columns.count,
      columns.count == values.count,
      zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 }), columns.allSatisfy({ UInt64($0) < columnCount })
    else { throw .damaged }
    return SparseMatrix(columnCount: Int(columnCount), starts: starts, columns: columns, values: values)
  }

  package mutating func readDecay() throws(PayloadError) -> RecencyDecay {
    let kind: UInt8 = try read()
    switch kind {
    case 0: return .none
    case 1: return .rank(tau: try readDouble())
    case 2: return .time(halfLife: try readDouble(), moment: try read())
    case 3: return .moment(tau: try readDouble())
    default: throw .damaged
    }
  }

  /// Checks that nothing is left to read.
  package func finish() throws(PayloadError) {
    guard position == end else { throw .damaged }
  }
}
