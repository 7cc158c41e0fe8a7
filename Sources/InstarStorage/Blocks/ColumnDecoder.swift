package import InstarColumns

/// A stored block column as a scan sees it: its key and its bytes, header first. Valid while the transaction is open.
@safe package struct StoredColumn {
  package var key: BlockKey
  package var bytes: UnsafeRawBufferPointer

  package init(key: BlockKey, bytes: UnsafeRawBufferPointer) {
    self.key = key
    unsafe self.bytes = unsafe bytes
  }
}

/// Decodes block columns into canonical types; holds the scratch for columns with missing values.
///
/// Every decoder checks that the payload is as long as the header says before it reads, so that damaged bytes are an
/// error and never a read out of bounds.
@safe package struct ColumnDecoder: ~Copyable {
  // One slot more than a block: the expansion of present values looks at the value behind the last one.
  private let integers: UnsafeMutablePointer<Int64>
  private let codes: UnsafeMutablePointer<UInt32>
  private let flags: UnsafeMutablePointer<UInt8>

  package init() {
    unsafe integers = .allocate(capacity: BlockLayout.rowsPerBlock + 1)
    unsafe codes = .allocate(capacity: BlockLayout.rowsPerBlock + 1)
    unsafe flags = .allocate(capacity: BlockLayout.rowsPerBlock + 1)
    unsafe integers.initialize(repeating: 0, count: BlockLayout.rowsPerBlock + 1)
    unsafe codes.initialize(repeating: 0, count: BlockLayout.rowsPerBlock + 1)
    unsafe flags.initialize(repeating: 0, count: BlockLayout.rowsPerBlock + 1)
  }

  deinit {
    unsafe integers.deallocate()
    unsafe codes.deallocate()
    unsafe flags.deallocate()
  }

  /// Decodes a column without missing values to `target`, which has room for `rows`.
  package func decodeIntegers(
    _ column: StoredColumn, rows: Int, into target: UnsafeMutablePointer<Int64>
  ) throws(BlockDamage) {
    let header = try unsafe BlockHeader(reading: column.bytes)
    guard header.kind == .integer, header.validity == .all else { throw .wrongKind }
    let payload = try unsafe Self.payload(column.bytes, header, rows: rows)
    unsafe PackedIntegers.unpack(
      payload, width: header.width, count: rows, base: header.base, scale: header.scale, into: target)
  }

  /// Decodes a column of codes without missing values to `target`, which has room for `rows`.
  package func decodeCodes(
    _ column: StoredColumn, rows: Int, into target: UnsafeMutablePointer<UInt32>
  ) throws(BlockDamage) {
    let header = try unsafe BlockHeader(reading: column.bytes)
    guard header.kind == .code, header.validity == .all else { throw .wrongKind }
    let payload = try unsafe Self.payload(column.bytes, header, rows: rows)
    unsafe PackedIntegers.unpack(
      payload, width: header.width, count: rows, base: UInt32(truncatingIfNeeded: header.base), scale: 1, into: target)
  }

  /// Appends `rows` rows to `buffer`, which holds `start` rows; `nil` is a column that the block does not have.
  package func append(
    _ column: StoredColumn?, rows: Int, to buffer: inout EventColumnBuffer, at start: Int
  ) throws(BlockDamage) {
    buffer.setCount(start + rows)
    guard let column = column else {
      buffer.markMissing(start..<start + rows)
      return
    }
    let header = try unsafe BlockHeader(reading: column.bytes)
    let values = try unsafe Self.payload(column.bytes, header, rows: rows)
    if header.validity == .all {
      if !buffer.present.isEmpty { buffer.markPresent(start..<start + rows) }
      try unsafe decode(header, values, count: rows, into: &buffer, at: start, expand: false)
      return
    }
    buffer.materializePresent(start + rows)
    unsafe buffer.present.withUnsafeMutableBufferPointer { present in
      unsafe ValidityBitmap.expand(
        column.bytes.baseAddress! + BlockLayout.headerByteCount, rows: rows, into: present.baseAddress! + start)
    }
    let stored = header.validity == .presentOnly ? Int(header.present) : rows
    try unsafe decode(header, values, count: stored, into: &buffer, at: start, expand: header.validity == .presentOnly)
  }

  /// Decodes the values of `wanted`, rows of a column that has `rows`, to `buffer`; `nil` is a column that the block does
  /// not have.
  ///
  /// - Precondition: every wanted row is below `rows`.
  package func gather(
    _ column: StoredColumn?, _ wanted: [Int], of rows: Int, into buffer: inout EventColumnBuffer
  ) throws(BlockDamage) {
    buffer.setCount(wanted.count)
    guard let column else {
      buffer.markMissing(0..<wanted.count)
      return
    }
    let header = try unsafe BlockHeader(reading: column.bytes)
    let payload = try unsafe Self.payload(column.bytes, header, rows: rows)
    var places = wanted
    if header.validity != .all {
      let bitmap = unsafe column.bytes.baseAddress! + BlockLayout.headerByteCount
      buffer.present = unsafe ValidityBitmap.gather(bitmap, wanted, rows: rows)
      if header.validity == .presentOnly {
        if header.present == 0 { return }
        places = unsafe ValidityBitmap.ranks(bitmap, wanted, rows: rows, limit: Int(header.present))
      }
    }
    let stored = header.validity == .presentOnly ? Int(header.present) : rows
    let values = unsafe PackedGather(payload, width: header.width, count: stored)
    switch (buffer.type, header.kind) {
    case (.integer, .integer), (.time, .integer), (.duration, .integer):
      values.gather(places, base: header.base, scale: header.scale, into: &buffer.integers)
    case (.text, .code):
      values.gather(places, base: UInt32(truncatingIfNeeded: header.base), scale: 1, into: &buffer.codes)
    case (.boolean, .boolean):
      values.gather(places, base: UInt8(truncatingIfNeeded: header.base), scale: 1, into: &buffer.flags)
    case (.real, .real), (.real, .integer): Self.gatherReals(header, values, places, &buffer.reals)
    default: throw .wrongKind
    }
  }

  private static func gatherReals(
    _ header: BlockHeader, _ values: PackedGather, _ places: [Int], _ target: inout [Double]
  ) {
    var integers = [Int64](repeating: 0, count: places.count)
    let scale = header.encoding == .scaled ? header.scale : 1
    let base = header.encoding == .double ? 0 : header.base
    values.gather(places, base: base, scale: scale, into: &integers)
    let power = DecimalScale.powers[min(Int(header.digits), DecimalScale.powers.count - 1)]
    var row = 0
    if header.encoding == .double {
      while row < integers.count {
        target[row] = Double(bitPattern: UInt64(bitPattern: integers[row]))
        row &+= 1
      }
    } else {
      while row < integers.count {
        target[row] = Double(integers[row]) / power
        row &+= 1
      }
    }
  }

  /// Marks the rows of a column of codes without missing values, each by the mask of its code. False where the codes are
  /// too wide to be looked up.
  func mark(
    _ column: StoredColumn, _ marks: inout RowMarks, _ masks: [UInt64], _ tables: inout [MarkTable]
  ) throws(BlockDamage) -> Bool {
    let header = try unsafe BlockHeader(reading: column.bytes)
    guard header.kind == .code, header.validity == .all else { throw .wrongKind }
    let payload = try unsafe Self.payload(column.bytes, header, rows: marks.rows)
    guard header.width <= 8 else { return false }
    var set = 0
    while set < marks.sets {
      let table = MarkTable.find(
        in: &tables, width: header.width, base: Int(UInt32(truncatingIfNeeded: header.base)), masks: masks,
        firstSet: set)
      unsafe table.mark(payload, &marks, firstSet: set)
      set += MarkTable.setsAtOnce
    }
    return true
  }

  /// Where the packed values begin, after checking that all of them are there.
  private static func payload(
    _ bytes: UnsafeRawBufferPointer, _ header: BlockHeader, rows: Int
  ) throws(BlockDamage) -> UnsafeRawPointer {
    guard Int(header.rows) == rows, let start = bytes.baseAddress else { throw .unordered }
    let bitmap = header.validity == .all ? 0 : ValidityBitmap.byteCount(rows)
    let stored = header.validity == .presentOnly ? Int(header.present) : rows
    let offset = BlockLayout.headerByteCount + bitmap
    guard bytes.count >= offset + PackedIntegers.byteCount(stored, width: header.width) else { throw .tooShort }
    return unsafe start + offset
  }

  private func decode(
    _ header: BlockHeader, _ source: UnsafeRawPointer, count: Int, into buffer: inout EventColumnBuffer, at start: Int,
    expand: Bool
  ) throws(BlockDamage) {
    switch (buffer.type, header.kind) {
    case (.integer, .integer), (.time, .integer), (.duration, .integer):
      unsafe fill(&buffer.integers, at: start, count, expand ? buffer.present : [], scratch: integers) { target in
        unsafe PackedIntegers.unpack(
          source, width: header.width, count: count, base: header.base, scale: header.scale, into: target)
      }
    case (.text, .code):
      unsafe fill(&buffer.codes, at: start, count, expand ? buffer.present : [], scratch: codes) { target in
        unsafe PackedIntegers.unpack(
          source, width: header.width, count: count, base: UInt32(truncatingIfNeeded: header.base), scale: 1,
          into: target)
      }
    case (.boolean, .boolean):
      unsafe fill(&buffer.flags, at: start, count, expand ? buffer.present : [], scratch: flags) { target in
        unsafe PackedIntegers.unpack(
          source, width: header.width, count: count, base: UInt8(truncatingIfNeeded: header.base), scale: 1,
          into: target)
      }
    case (.real, .real), (.real, .integer):
      let reals = unsafe UnsafeMutableRawPointer(integers).assumingMemoryBound(to: Double.self)
      unsafe fill(&buffer.reals, at: start, count, expand ? buffer.present : [], scratch: reals) { target in
        unsafe Self.decodeReals(header, source, count, target)
      }
    default: throw .wrongKind
    }
  }

  /// Lets `decode` write straight to its rows of `array`, or to `scratch` and then spreads the values over the rows that
  /// are present.
  private func fill<Value>(
    _ array: inout [Value], at start: Int, _ count: Int, _ present: [UInt8], scratch: UnsafeMutablePointer<Value>,
    _ decode: (UnsafeMutablePointer<Value>) -> Void
  ) {
    unsafe array.withUnsafeMutableBufferPointer { rows in
      let target = unsafe rows.baseAddress! + start
      if present.isEmpty {
        unsafe decode(target)
        return
      }
      unsafe decode(scratch)
      unsafe present.withUnsafeBufferPointer { present in
        let present = unsafe UnsafeRawPointer(present.baseAddress! + start)
        unsafe Self.spread(scratch, count, over: present, rows: rows.count - start, to: target)
      }
    }
  }

  /// Writes the present values to their rows; what the other rows hold is unspecified.
  @inline(__always)
  private static func spread<Value>(
    _ values: UnsafeMutablePointer<Value>, _ count: Int, over present: UnsafeRawPointer, rows: Int,
    to target: UnsafeMutablePointer<Value>
  ) {
    var next = 0
    var row = 0
    while row < rows {
      // Eight rows at a time, as long as there are eight.
      let isWhole = row &+ 8 <= rows
      var rest =
        unsafe isWhole
        ? UInt64(littleEndian: present.loadUnaligned(fromByteOffset: row, as: UInt64.self))
        : UInt64(present.load(fromByteOffset: row, as: UInt8.self))
      while rest != 0 {
        unsafe target[row &+ rest.trailingZeroBitCount &>> 3] = values[next]
        // Damaged bitmaps may hold more bits than values; the scratch is longer than any block.
        next = min(next &+ 1, count)
        rest &= rest &- 1
      }
      row &+= isWhole ? 8 : 1
    }
  }

  /// Decimals divide rather than multiply by a fraction: only the quotient is the number that was read.
  private static func decodeReals(
    _ header: BlockHeader, _ source: UnsafeRawPointer, _ count: Int, _ target: UnsafeMutablePointer<Double>
  ) {
    let raw = UnsafeMutableRawPointer(target)
    let integers = unsafe raw.assumingMemoryBound(to: Int64.self)
    let scale = header.encoding == .scaled ? header.scale : 1
    let base = header.encoding == .double ? 0 : header.base
    unsafe PackedIntegers.unpack(source, width: header.width, count: count, base: base, scale: scale, into: integers)
    if header.encoding == .double { return }
    let power = DecimalScale.powers[min(Int(header.digits), DecimalScale.powers.count - 1)]
    var row = 0
    while row < count {
      unsafe raw.storeBytes(
        of: Double(raw.load(fromByteOffset: row &* 8, as: Int64.self)) / power, toByteOffset: row &* 8, as: Double.self)
      row &+= 1
    }
  }
}

extension EventColumnBuffer {
  /// Makes the array of values `count` long; what new rows hold is unspecified.
  mutating func setCount(_ count: Int) {
    switch type {
    case .integer, .time, .duration: integers.setCount(count, 0)
    case .real: reals.setCount(count, 0)
    case .text: codes.setCount(count, 0)
    case .boolean: flags.setCount(count, 0)
    }
    if present.count > count { present.setCount(count, 1) }
  }

  /// Gives every one of `count` rows a validity byte; rows that had none are present.
  mutating func materializePresent(_ count: Int) { present.setCount(count, 1) }

  mutating func markMissing(_ rows: Range<Int>) {
    materializePresent(rows.upperBound)
    for row in rows { present[row] = 0 }
  }

  mutating func markPresent(_ rows: Range<Int>) {
    materializePresent(rows.upperBound)
    for row in rows { present[row] = 1 }
  }
}

extension Array {
  /// Cuts or extends the array to `count`, keeping its memory, so that a scratch array is filled only where it grows.
  mutating func setCount(_ count: Int, _ element: Element) {
    if self.count > count {
      removeLast(self.count - count)
    } else if self.count < count {
      append(contentsOf: repeatElement(element, count: count - self.count))
    }
  }
}
