internal import InstarColumns

/// One value of `user` or `item`: a property of up to 8,192 consecutive users or items.
///
/// ```
/// 0          8       12     13      14      16       24          24 + validity
/// +----------+-------+------+-------+-------+--------+-----------+--------+
/// | checksum | count | type | width | flags | base   | validity  | packed |
/// +----------+-------+------+-------+-------+--------+-----------+--------+
/// ```
/// `value = base + packed`, packed in `width` bytes: 0 for a constant, 1, 2, 4 or 8. Reals and booleans count by their
/// bit pattern. Flag 1 says that a validity bitmap of (count + 7) / 8 bytes, lowest bit first, stands before the values.
struct PropertyPage {
  static let rowsPerPage = 8192
  enum Offset {
    static let checksum = 0
    static let count = 8
    static let type = 12
    static let width = 13
    static let flags = 14
    static let base = 16
    static let validity = 24
  }

  var values: [Int64] = []
  /// One byte a row, 1 for present.
  var present: [UInt8] = []

  init() {}

  /// Decodes a stored page, or returns `nil` when it is damaged.
  init?(_ stored: RawSpan) {
    guard stored.byteCount >= Offset.validity else { return nil }
    let checked = stored.extracting(Offset.count..<stored.byteCount)
    guard TextHash.hash(checked) == stored.littleEndian(at: Offset.checksum) else { return nil }
    let count = Int(stored.littleEndian(at: Offset.count, as: UInt32.self))
    let width = Int(stored.littleEndian(at: Offset.width, as: UInt8.self))
    let hasValidity = stored.littleEndian(at: Offset.flags, as: UInt16.self) & 1 != 0
    let base = stored.littleEndian(at: Offset.base, as: Int64.self)
    let start = Offset.validity + (hasValidity ? (count + 7) / 8 : 0)
    guard count <= PropertyPage.rowsPerPage, start + count * width == stored.byteCount else { return nil }
    values = [Int64](repeating: base, count: count)
    present = [UInt8](repeating: 1, count: count)
    var row = 0
    while row < count {
      if hasValidity {
        present[row] = stored.littleEndian(at: Offset.validity + row / 8, as: UInt8.self) >> UInt8(row % 8) & 1
      }
      values[row] &+= PropertyPage.packed(stored, start + row * width, width)
      row += 1
    }
  }

  @inline(__always)
  private static func packed(_ bytes: RawSpan, _ offset: Int, _ width: Int) -> Int64 {
    switch width {
    case 0: 0
    case 1: Int64(bytes.littleEndian(at: offset, as: UInt8.self))
    case 2: Int64(bytes.littleEndian(at: offset, as: UInt16.self))
    case 4: Int64(bytes.littleEndian(at: offset, as: UInt32.self))
    default: bytes.littleEndian(at: offset, as: Int64.self)
    }
  }

  /// Sets row `row` of the page, which grows as needed.
  mutating func set(_ row: Int, _ value: Int64?) {
    while values.count <= row {
      values.append(0)
      present.append(0)
    }
    values[row] = value ?? 0
    present[row] = value == nil ? 0 : 1
  }

  func encoded(_ type: ValueType) -> [UInt8] {
    var low = Int64.max
    var high = Int64.min
    for row in values.indices where present[row] != 0 {
      low = min(low, values[row])
      high = max(high, values[row])
    }
    if low > high { (low, high) = (0, 0) }
    let reach = UInt64(bitPattern: high &- low)
    let width = reach == 0 ? 0 : reach < 1 << 8 ? 1 : reach < 1 << 16 ? 2 : reach < 1 << 32 ? 4 : 8
    let hasValidity = present.contains(0)

    var writer = ByteWriter()
    writer.integer(UInt32(values.count))
    writer.integer(type.code)
    writer.integer(UInt8(width))
    writer.integer(UInt16(hasValidity ? 1 : 0))
    writer.integer(low)
    if hasValidity { writer.bytes(validity) }
    for row in values.indices {
      let packed = present[row] == 0 ? 0 : values[row] &- low
      switch width {
      case 0: break
      case 1: writer.integer(UInt8(truncatingIfNeeded: packed))
      case 2: writer.integer(UInt16(truncatingIfNeeded: packed))
      case 4: writer.integer(UInt32(truncatingIfNeeded: packed))
      default: writer.integer(packed)
      }
    }
    let body = writer.bytes
    var whole = ByteWriter()
    whole.integer(unsafe body.withUnsafeBytes { unsafe TextHash.hash($0) })
    return whole.bytes + body
  }

  private var validity: [UInt8] {
    var bits = [UInt8](repeating: 0, count: (present.count + 7) / 8)
    for row in present.indices where present[row] != 0 { bits[row / 8] |= 1 << UInt8(row % 8) }
    return bits
  }
}

extension PropertyOwner {
  /// Where values of this owner are kept; `nil` for events, whose values are columns of blocks.
  var database: NamedDatabase? {
    switch self {
    case .event: nil
    case .user: .user
    case .item: .item
    }
  }
}
