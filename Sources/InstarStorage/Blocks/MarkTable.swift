internal import InstarColumns

/// Marks rows by their packed codes without decoding them: a byte of codes is looked up, and gives the bits of its rows
/// for up to four sets at once.
///
/// ```
/// payload, 2 bits a code    01 00 10 00 | 00 00 00 01 | ...
/// lanes[01 00 10 00]        set 0: 1010    set 1: 0010    ...   16 bits for each set, so that 16 rows fit
/// ```
struct MarkTable {
  static let setsAtOnce = 4

  private let width: Int
  private let base: Int
  private let masks: [UInt64]
  private let firstSet: Int
  /// For each byte the bits of its rows, those of set *s* from bit 16 x *s* on.
  private let lanes: [UInt64]

  /// The table for codes `base + packed`; tables are kept, because blocks differ little.
  static func find(
    in tables: inout [MarkTable], width: UInt8, base: Int, masks: [UInt64], firstSet: Int
  ) -> MarkTable {
    for table in tables
    where table.width == Int(width) && table.base == base && table.firstSet == firstSet && table.masks == masks {
      return table
    }
    let table = MarkTable(width: Int(width), base: base, masks: masks, firstSet: firstSet)
    if tables.count == 64 { tables.removeAll() }
    tables.append(table)
    return table
  }

  private init(width: Int, base: Int, masks: [UInt64], firstSet: Int) {
    self.width = width
    self.base = base
    self.masks = masks
    self.firstSet = firstSet
    var lanes = [UInt64](repeating: 0, count: width == 0 ? 0 : 256)
    for byte in lanes.indices {
      for slot in 0..<8 / width {
        let code = base + (byte >> (slot * width) & ((1 << width) - 1))
        lanes[byte] |= Self.spread(masks, code, firstSet) << UInt64(slot)
      }
    }
    self.lanes = lanes
  }

  /// The sets of a code, four bits 16 apart.
  private static func spread(_ masks: [UInt64], _ code: Int, _ firstSet: Int) -> UInt64 {
    guard code < masks.count else { return 0 }
    let bits = masks[code] >> UInt64(firstSet)
    return bits & 1 | (bits >> 1 & 1) << 16 | (bits >> 2 & 1) << 32 | (bits >> 3 & 1) << 48
  }

  /// Fills the sets from `firstSet` on.
  ///
  /// - Precondition: `source` holds `marks.rows` packed codes.
  func mark(_ source: UnsafeRawPointer, _ marks: inout RowMarks, firstSet: Int) {
    let sets = min(Self.setsAtOnce, marks.sets - firstSet)
    let (rows, stride) = (marks.rows, marks.stride)
    unsafe marks.words.withUnsafeMutableBufferPointer { words in
      guard let start = words.baseAddress else { return }
      let target = unsafe start + firstSet * stride
      switch width {
      case 0: unsafe fill(Self.spread(masks, base, firstSet), rows, target, stride, sets)
      case 1: unsafe mark(source, width: 1, rows, target, stride, sets)
      case 2: unsafe mark(source, width: 2, rows, target, stride, sets)
      case 4: unsafe mark(source, width: 4, rows, target, stride, sets)
      default: unsafe mark(source, width: 8, rows, target, stride, sets)
      }
    }
  }

  private func fill(
    _ spread: UInt64, _ rows: Int, _ target: UnsafeMutablePointer<UInt64>, _ stride: Int, _ sets: Int
  ) {
    for set in 0..<sets where spread >> UInt64(16 * set) & 1 != 0 {
      for word in 0..<rows / 64 { unsafe target[set * stride + word] = .max }
      if rows % 64 > 0 { unsafe target[set * stride + rows / 64] = .max >> UInt64(64 - rows % 64) }
    }
  }

  @inline(__always)
  private func mark(
    _ source: UnsafeRawPointer, width: Int, _ rows: Int, _ target: UnsafeMutablePointer<UInt64>, _ stride: Int,
    _ sets: Int
  ) {
    let whole = rows / 64
    unsafe lanes.withUnsafeBufferPointer { lanes in
      guard let table = lanes.baseAddress else { return }
      var word = 0
      while word < whole {
        let at = unsafe source + word &* 8 &* width
        let first = unsafe Self.sixteen(at, table, width)
        let second = unsafe Self.sixteen(at + 2 &* width, table, width)
        let third = unsafe Self.sixteen(at + 4 &* width, table, width)
        let fourth = unsafe Self.sixteen(at + 6 &* width, table, width)
        // Four rows of four lanes, transposed: each set gets its own 64 bits.
        var set = 0
        while set < sets {
          let shift = UInt64(truncatingIfNeeded: set &* 16)
          let low = (first &>> shift) & 0xFFFF | ((second &>> shift) & 0xFFFF) &<< 16
          let high = (third &>> shift) & 0xFFFF | ((fourth &>> shift) & 0xFFFF) &<< 16
          unsafe target[set &* stride &+ word] = low | high &<< 32
          set &+= 1
        }
        word &+= 1
      }
      let perByte = 8 / width
      for row in whole * 64..<rows {
        let lane =
          unsafe table[Int(source.load(fromByteOffset: row / perByte, as: UInt8.self))] >> UInt64(row % perByte)
        for set in 0..<sets {
          unsafe target[set * stride + whole] |= (lane >> UInt64(16 * set) & 1) << UInt64(row % 64)
        }
      }
    }
  }

  /// The lanes of sixteen rows.
  @inline(__always)
  private static func sixteen(_ source: UnsafeRawPointer, _ table: UnsafePointer<UInt64>, _ width: Int) -> UInt64 {
    let perByte = 8 / width
    var lanes: UInt64 = 0
    var byte = 0
    while byte < 2 &* width {
      let value = unsafe Int(source.load(fromByteOffset: byte, as: UInt8.self))
      lanes |= unsafe table[value] &<< UInt64(truncatingIfNeeded: byte &* perByte)
      byte &+= 1
    }
    return lanes
  }
}
