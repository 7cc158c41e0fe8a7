/// Why stored bytes are not the model that was asked for.
package enum PayloadError: Error, Hashable, Sendable, CustomStringConvertible {
  case notAModel
  case wrongKind(expected: ModelKind, found: UInt16)
  case newerVersion(found: UInt16, newest: UInt16)
  case truncated
  case damaged

  package var description: String {
    switch self {
    case .notAModel: "the stored bytes are not a model; train it again"
    case .wrongKind(let expected, let found):
      "the stored model is of kind \(found), not \(expected.rawValue) (\(expected)); train it again"
    case .newerVersion(let found, let newest):
      "the model was stored in format \(found), this engine reads up to \(newest); train it again or use a newer engine"
    case .truncated: "the stored model ends too early; train it again"
    case .damaged: "the stored model is damaged (its checksum differs); train it again"
    }
  }
}

/// What a stored model is; the numbers are part of the format and never change their meaning.
package enum ModelKind: UInt16, Sendable, CaseIterable {
  case popular = 1
  case trend = 2
  case itemTable = 3
  case content = 4
  case probability = 5
  case factors = 6
  case purchases = 16
  case spend = 17
  case renewals = 18
  case survivalCurve = 19
  case proportionalHazards = 20
  case tree = 21
  case forest = 22
  case boosting = 23
  case ridge = 24
  case predictor = 32
  case weights = 7
}

/// The bytes of a model: a header of 16 bytes, the body, and a checksum of both in the last 8.
///
/// ```
/// 0     4       6        8             16
/// "IMDL" kind    version  length(body)  body ... checksum
/// ```
///
/// All numbers are little-endian. The same model gives the same bytes.
package struct PayloadWriter {
  package static let version: UInt16 = 1
  private var bytes: [UInt8] = []

  package init(_ kind: ModelKind) {
    bytes.append(contentsOf: [0x49, 0x4D, 0x44, 0x4C])
    write(kind.rawValue)
    write(Self.version)
    write(UInt64(0))
  }

  package mutating func write<Number: FixedWidthInteger>(_ number: Number) {
    var shift = 0
    while shift < Number.bitWidth {
      bytes.append(UInt8(truncatingIfNeeded: number >> Number(shift)))
      shift &+= 8
    }
  }

  package mutating func write(_ number: Double) { write(number.bitPattern) }

  package mutating func write(_ numbers: [UInt32]) {
    write(UInt64(numbers.count))
    bytes.reserveCapacity(bytes.count + 4 * numbers.count + 8)
    for number in numbers { write(number) }
  }

  package mutating func write(_ numbers: [Float]) {
    write(UInt64(numbers.count))
    bytes.reserveCapacity(bytes.count + 4 * numbers.count + 8)
    for number in numbers { write(number.bitPattern) }
  }

  package mutating func write(_ numbers: [Double]) {
    write(UInt64(numbers.count))
    bytes.reserveCapacity(bytes.count + 8 * numbers.count + 8)
    for number in numbers { write(number.bitPattern) }
  }

  package mutating func write(_ numbers: [Int]) {
    write(UInt64(numbers.count))
    bytes.reserveCapacity(bytes.count + 8 * numbers.count + 8)
    for number in numbers { write(Int64(number)) }
  }

  package mutating func write(_ text: String) {
    write(UInt64(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  /// The bytes of a model inside another.
  package mutating func write(payload: [UInt8]) {
    write(UInt64(payload.count))
    bytes.append(contentsOf: payload)
  }

  package mutating func write(_ matrix: SparseMatrix) {
    write(UInt64(matrix.columnCount))
    write(matrix.starts)
    write(matrix.columns)
    write(matrix.values)
  }

  package mutating func write(_ decay: RecencyDecay) {
    switch decay {
    case .none: write(UInt8(0))
    case .rank(let tau):
      write(UInt8(1))
      write(tau)
    case .time(let halfLife, let moment):
      write(UInt8(2))
      write(halfLife)
      write(moment)
    case .moment(let tau):
      write(UInt8(3))
      write(tau)
    }
  }

  /// The finished bytes.
  package consuming func finish() -> [UInt8] {
    let length = UInt64(bytes.count - PayloadReader.headerByteCount)
    for byte in 0..<8 { bytes[8 + byte] = UInt8(truncatingIfNeeded: length >> UInt64(8 * byte)) }
    write(checksum(bytes, count: bytes.count))
    return bytes
  }
}

/// A 64-bit digest of the first `count` bytes: FNV-1a over words of eight bytes, then over the rest.
func checksum(_ bytes: [UInt8], count: Int) -> UInt64 {
  var digest: UInt64 = 0xCBF2_9CE4_8422_2325
  var i = 0
  let raw = bytes.span.bytes
  while i &+ 8 <= count {
    let word = raw.unsafeLoadUnaligned(fromByteOffset: i, as: UInt64.self)
    digest = (digest ^ UInt64(littleEndian: word)) &* 0x0000_0100_0000_01B3
    digest ^= digest >> 32
    i &+= 8
  }
  while i < count {
    digest = (digest ^ UInt64(bytes[i])) &* 0x0000_0100_0000_01B3
    i &+= 1
  }
  return digest
}
