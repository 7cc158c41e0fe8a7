import InstarColumns

/// Numbers the distinct combinations of key values from 0, in order of first appearance.
///
/// Where the codes of the keys are small, the combination itself is the position in a table and no hash is computed;
/// otherwise an open-addressing table with linear probing holds them.
struct GroupTable {
  private let width: Int
  /// The keys of group `g` are `keys[g * width ..< (g + 1) * width]`.
  private(set) var keys: [UInt64] = []
  private(set) var count = 0
  private var slots: [Int32]
  /// Direct addressing: the extent of each key and the table of group numbers.
  private let extents: [Int]
  private var direct: [Int32]

  private static let directLimit = 1 << 16

  /// - Parameter extents: for each key the number of values that it can take, or `nil` when that is not known.
  init(extents: [Int?]) {
    width = extents.count
    // One more for a missing value.
    let known = extents.compactMap { $0.map { $0 + 1 } }
    let product = known.reduce(1) { $0.multipliedReportingOverflow(by: $1).overflow ? .max : $0 &* $1 }
    if known.count == extents.count, product <= Self.directLimit {
      self.extents = known
      direct = [Int32](repeating: -1, count: product)
      slots = []
    } else {
      self.extents = []
      direct = []
      slots = [Int32](repeating: -1, count: 1024)
    }
  }

  /// The group of each row.
  ///
  /// - Parameter columns: one array of keys for each key column, all of equal length.
  mutating func groups(of columns: [[UInt64]], count rows: Int) -> [Int32] {
    if width == 0 {
      if count == 0 { count = 1 }
      return [Int32](repeating: 0, count: rows)
    }
    return direct.isEmpty ? hashed(columns, rows) : addressed(columns, rows)
  }

  /// The group of each row where the only key is a code and no row is without, or `nil` where groups are hashed.
  mutating func groups(ofCodes codes: [UInt32]) -> [Int32]? {
    guard width == 1, !direct.isEmpty else { return nil }
    // Local arrays are not asked for their owner at each row.
    var places: [Int32] = []
    swap(&places, &direct)
    var (result, unknown) = Self.look(up: codes.span, in: places.span)
    while unknown >= 0 && unknown < codes.count {
      let code = Int(codes[unknown])
      if places[code] < 0 {
        keys.append(UInt64(code))
        places[code] = Int32(count)
        count += 1
      }
      result[unknown] = places[code]
      unknown += 1
    }
    swap(&places, &direct)
    return result
  }

  /// The group of each code, -1 where it has none yet, and the first such row or -1.
  private static func look(up codes: Span<UInt32>, in places: Span<Int32>) -> (groups: [Int32], unknown: Int) {
    var unknown = -1
    let groups = [Int32](unsafeUninitializedCapacity: codes.count) { buffer, count in
      var row = 0
      while row < codes.count {
        let group = places[Int(codes[row])]
        buffer.initializeElement(at: row, to: group)
        if group < 0 && unknown < 0 { unknown = row }
        row &+= 1
      }
      count = codes.count
    }
    return (groups, unknown)
  }

  private mutating func addressed(_ columns: [[UInt64]], _ rows: Int) -> [Int32] {
    var cells = [Int32](repeating: 0, count: rows)
    for (position, column) in columns.enumerated() {
      let extent = extents[position]
      precondition(column.count == rows)
      var row = 0
      while row < rows {
        let value = column[row]
        let place = value == GroupKey.missing ? extent &- 1 : Int(truncatingIfNeeded: value)
        precondition(place < extent)
        cells[row] = cells[row] &* Int32(truncatingIfNeeded: extent) &+ Int32(truncatingIfNeeded: place)
        row &+= 1
      }
    }
    var row = 0
    while row < rows {
      let cell = Int(cells[row])
      var group = direct[cell]
      if group < 0 {
        group = append(columns, row)
        direct[cell] = group
      }
      cells[row] = group
      row &+= 1
    }
    return cells
  }

  private mutating func hashed(_ columns: [[UInt64]], _ rows: Int) -> [Int32] {
    var result = [Int32](repeating: 0, count: rows)
    for row in 0..<rows {
      if (count + 1) * 2 > slots.count { grow() }
      var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
      for column in columns { hash = Self.mix(hash ^ column[row]) }
      var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
      while true {
        let group = slots[slot]
        if group < 0 {
          let new = append(columns, row)
          slots[slot] = new
          result[row] = new
          break
        }
        if matches(Int(group), columns, row) {
          result[row] = group
          break
        }
        slot = (slot + 1) & (slots.count - 1)
      }
    }
    return result
  }

  private func matches(_ group: Int, _ columns: [[UInt64]], _ row: Int) -> Bool {
    for position in 0..<width where keys[group * width + position] != columns[position][row] { return false }
    return true
  }

  private mutating func append(_ columns: [[UInt64]], _ row: Int) -> Int32 {
    for column in columns { keys.append(column[row]) }
    count += 1
    return Int32(count - 1)
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    for group in 0..<count {
      var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
      for position in 0..<width { hash = Self.mix(hash ^ keys[group * width + position]) }
      var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(group)
    }
  }

  /// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
