/// The rows of one column of one block before encoding.
@safe package enum ColumnInput {
  case integers(UnsafeBufferPointer<Int64>)
  case reals(UnsafeBufferPointer<Double>)
  case codes(UnsafeBufferPointer<UInt32>)
  case booleans(UnsafeBufferPointer<UInt8>)

  var count: Int {
    switch self {
    case .integers(let rows): rows.count
    case .reals(let rows): rows.count
    case .codes(let rows): rows.count
    case .booleans(let rows): rows.count
    }
  }
}

/// Encodes columns of at most ``BlockLayout/rowsPerBlock`` rows; holds the scratch that it uses again.
@safe package struct ColumnEncoder: ~Copyable {
  private let packed: UnsafeMutablePointer<UInt64>
  private let integers: UnsafeMutablePointer<Int64>
  private let reals: UnsafeMutablePointer<Double>

  package init() {
    unsafe packed = .allocate(capacity: BlockLayout.rowsPerBlock)
    unsafe integers = .allocate(capacity: BlockLayout.rowsPerBlock)
    unsafe reals = .allocate(capacity: BlockLayout.rowsPerBlock)
  }

  deinit {
    unsafe packed.deallocate()
    unsafe integers.deallocate()
    unsafe reals.deallocate()
  }

  /// Appends `input` under `key`; a column without any value is not stored at all.
  ///
  /// - Parameter present: one byte a row, 1 where the row has a value; `nil` when all have.
  /// - Complexity: O(rows), a handful of passes over scratch that fits the second-level cache.
  package mutating func encode(
    _ input: ColumnInput, present: UnsafeBufferPointer<UInt8>?, key: BlockKey, to blocks: inout EncodedBlocks
  ) {
    let rows = input.count
    precondition(rows <= BlockLayout.rowsPerBlock, "a block column is at most one block long")
    let presentCount = unsafe present.map(Self.countPresent) ?? rows
    if presentCount == 0 { return }
    let validity: BlockValidity = presentCount == rows ? .all : presentCount * 2 < rows ? .presentOnly : .bitmap
    let mask = unsafe validity == .all ? nil : present

    switch input {
    case .reals(let values):
      let stored = unsafe gather(values, mask, validity, into: reals, absent: 0)
      unsafe encodeReals(stored, mask, validity, rows, presentCount, key, to: &blocks)
    case .integers(let values):
      let stored = unsafe gather(values, mask, validity, into: integers, absent: Self.firstPresent(values, mask))
      unsafe encodeIntegers(stored, .integer, findScale: true, mask, validity, rows, presentCount, key, to: &blocks)
    case .codes(let values):
      let count = unsafe widen(values, mask, validity, absent: Self.firstPresent(values, mask))
      let stored = unsafe UnsafeBufferPointer(start: integers, count: count)
      unsafe encodeIntegers(stored, .code, findScale: false, mask, validity, rows, presentCount, key, to: &blocks)
    case .booleans(let values):
      let count = unsafe widen(values, mask, validity, absent: Self.firstPresent(values, mask))
      let stored = unsafe UnsafeBufferPointer(start: integers, count: count)
      unsafe encodeIntegers(stored, .boolean, findScale: false, mask, validity, rows, presentCount, key, to: &blocks)
    }
  }

  // MARK: Values that are stored

  private static func countPresent(_ present: UnsafeBufferPointer<UInt8>) -> Int {
    var count = 0
    var row = 0
    while row < present.count {
      unsafe count &+= Int(present[row])
      row &+= 1
    }
    return count
  }

  private static func firstPresent<Value>(
    _ values: UnsafeBufferPointer<Value>, _ mask: UnsafeBufferPointer<UInt8>?
  ) -> Value {
    guard let mask = unsafe mask, let row = unsafe mask.firstIndex(of: 1) else { return unsafe values[0] }
    return unsafe values[row]
  }

  /// The values that are written: all, all with `absent` in the place of missing ones, or the present only.
  private func gather<Value>(
    _ values: UnsafeBufferPointer<Value>, _ mask: UnsafeBufferPointer<UInt8>?, _ validity: BlockValidity,
    into scratch: UnsafeMutablePointer<Value>, absent: Value
  ) -> UnsafeBufferPointer<Value> {
    guard let mask = unsafe mask else { return unsafe values }
    var written = 0
    for row in 0..<values.count {
      if unsafe mask[row] != 0 {
        unsafe scratch[written] = values[row]
        written += 1
      } else if validity == .bitmap {
        unsafe scratch[written] = absent
        written += 1
      }
    }
    return unsafe UnsafeBufferPointer(start: scratch, count: written)
  }

  private func widen<Value: FixedWidthInteger>(
    _ values: UnsafeBufferPointer<Value>, _ mask: UnsafeBufferPointer<UInt8>?, _ validity: BlockValidity, absent: Value
  ) -> Int {
    guard let mask = unsafe mask else {
      var row = 0
      while row < values.count {
        unsafe integers[row] = Int64(truncatingIfNeeded: values[row])
        row &+= 1
      }
      return values.count
    }
    var written = 0
    for row in 0..<values.count {
      if unsafe mask[row] != 0 {
        unsafe integers[written] = Int64(truncatingIfNeeded: values[row])
        written += 1
      } else if validity == .bitmap {
        unsafe integers[written] = Int64(truncatingIfNeeded: absent)
        written += 1
      }
    }
    return written
  }

  // MARK: Encodings

  private func encodeIntegers(
    _ values: UnsafeBufferPointer<Int64>, _ kind: BlockKind, findScale: Bool, _ mask: UnsafeBufferPointer<UInt8>?,
    _ validity: BlockValidity, _ rows: Int, _ present: Int, _ key: BlockKey, to blocks: inout EncodedBlocks
  ) {
    let section = unsafe PackedSection.plan(values, findScale: findScale)
    unsafe section.subtract(values, into: packed)
    let header = BlockHeader(
      kind: kind, encoding: .scaled, width: section.width, validity: validity, rows: rows, present: present,
      base: section.base, scale: section.scale, maximum: section.maximum)
    unsafe write(header, mask, storedCount: values.count, key, to: &blocks)
  }

  private func encodeReals(
    _ values: UnsafeBufferPointer<Double>, _ mask: UnsafeBufferPointer<UInt8>?, _ validity: BlockValidity,
    _ rows: Int, _ present: Int, _ key: BlockKey, to blocks: inout EncodedBlocks
  ) {
    if let digits = unsafe DecimalScale.digits(of: values, into: integers) {
      let decimals = unsafe UnsafeBufferPointer(start: integers, count: values.count)
      let section = unsafe PackedSection.plan(decimals, findScale: false)
      if section.width < 64 {
        unsafe section.subtract(decimals, into: packed)
        let header = BlockHeader(
          kind: .real, encoding: .decimal, width: section.width, validity: validity, digits: digits, rows: rows,
          present: present, base: section.base, scale: 1, maximum: section.maximum)
        unsafe write(header, mask, storedCount: values.count, key, to: &blocks)
        return
      }
    }
    var (least, greatest) = (Double.infinity, -Double.infinity)
    for row in 0..<values.count {
      let value = unsafe values[row]
      unsafe packed[row] = value.bitPattern
      if value < least { least = value }
      if value > greatest { greatest = value }
    }
    let header = BlockHeader(
      kind: .real, encoding: .double, width: 64, validity: validity, rows: rows, present: present,
      base: Int64(bitPattern: least.bitPattern), scale: 1, maximum: Int64(bitPattern: greatest.bitPattern))
    unsafe write(header, mask, storedCount: values.count, key, to: &blocks)
  }

  /// Writes header, bitmap and the packed scratch, and seals the value.
  private func write(
    _ header: BlockHeader, _ mask: UnsafeBufferPointer<UInt8>?, storedCount: Int, _ key: BlockKey,
    to blocks: inout EncodedBlocks
  ) {
    let bitmapByteCount = header.validity == .all ? 0 : ValidityBitmap.byteCount(Int(header.rows))
    let payload = PackedIntegers.byteCount(storedCount, width: header.width)
    let size = BlockLayout.headerByteCount + bitmapByteCount + payload
    let target = unsafe blocks.append(key, size: size)
    unsafe header.write(to: target)
    if let mask = unsafe mask { unsafe ValidityBitmap.write(mask, to: target + BlockLayout.headerByteCount) }
    unsafe PackedIntegers.pack(
      UnsafeBufferPointer(start: packed, count: storedCount), width: header.width,
      to: target + BlockLayout.headerByteCount + bitmapByteCount)
    unsafe BlockCodec.seal(UnsafeMutableRawBufferPointer(start: target, count: size), key: key)
  }
}

/// How a list of integers is packed: `base + scale x packed` at `width` bits.
struct PackedSection {
  var base: Int64
  var scale: Int64
  var width: UInt8
  var maximum: Int64

  /// Units that times are often whole multiples of: a day, an hour, a minute, a second.
  private static let scales: [Int64] = [86_400_000, 3_600_000, 60_000, 1_000]

  /// Chooses base, scale and width for `values`.
  static func plan(_ values: UnsafeBufferPointer<Int64>, findScale: Bool) -> PackedSection {
    guard !values.isEmpty else { return PackedSection(base: 0, scale: 1, width: 0, maximum: 0) }
    var least = unsafe values[0]
    var greatest = least
    var row = 1
    while row < values.count {
      let value = unsafe values[row]
      least = value < least ? value : least
      greatest = value > greatest ? value : greatest
      row &+= 1
    }
    // As bit patterns the difference is right even where a signed one would overflow.
    let range = UInt64(bitPattern: greatest) &- UInt64(bitPattern: least)
    var scale: Int64 = 1
    if findScale, range >= 1_000 {
      scale = scales.first { unsafe range % UInt64($0) == 0 && isMultiple($0, values, least) } ?? 1
    }
    return PackedSection(
      base: least, scale: scale, width: PackedIntegers.width(for: range / UInt64(scale)), maximum: greatest)
  }

  private static func isMultiple(_ scale: Int64, _ values: UnsafeBufferPointer<Int64>, _ base: Int64) -> Bool {
    var row = 0
    while row < values.count {
      if unsafe (UInt64(bitPattern: values[row]) &- UInt64(bitPattern: base)) % UInt64(scale) != 0 { return false }
      row &+= 1
    }
    return true
  }

  /// The packed form of `values`.
  func subtract(_ values: UnsafeBufferPointer<Int64>, into target: UnsafeMutablePointer<UInt64>) {
    let start = UInt64(bitPattern: base)
    var row = 0
    if scale == 1 {
      while row < values.count {
        unsafe target[row] = UInt64(bitPattern: values[row]) &- start
        row &+= 1
      }
    } else {
      while row < values.count {
        unsafe target[row] = (UInt64(bitPattern: values[row]) &- start) / UInt64(scale)
        row &+= 1
      }
    }
  }
}

/// Finds reals that are decimals with a few digits behind the point, such as money.
enum DecimalScale {
  static let powers: [Double] = [1, 10, 100, 1_000, 10_000]
  /// Integers of this size and their quotients by a small power of ten are exact or correctly rounded.
  private static let limit = 4_503_599_627_370_496.0

  /// The least number of digits at which every value is `integer / 10^digits` bit for bit, with the integers in
  /// `target`; `nil` when there is none (NaN, infinities, -0.0 and long fractions).
  static func digits(of values: UnsafeBufferPointer<Double>, into target: UnsafeMutablePointer<Int64>) -> UInt8? {
    for digits in 0..<powers.count where unsafe fits(values, powers[digits], target) { return UInt8(digits) }
    return nil
  }

  private static func fits(
    _ values: UnsafeBufferPointer<Double>, _ power: Double, _ target: UnsafeMutablePointer<Int64>
  ) -> Bool {
    var row = 0
    while row < values.count {
      let value = unsafe values[row]
      let scaled = value * power
      guard scaled.magnitude < limit else { return false }
      let integer = Int64(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
      guard (Double(integer) / power).bitPattern == value.bitPattern else { return false }
      unsafe target[row] = integer
      row &+= 1
    }
    return true
  }
}

/// One bit a row, lowest first, padded to eight bytes.
enum ValidityBitmap {
  static func byteCount(_ rows: Int) -> Int { (rows + 63) / 64 * 8 }

  static func write(_ present: UnsafeBufferPointer<UInt8>, to target: UnsafeMutableRawPointer) {
    for row in 0..<present.count where unsafe present[row] != 0 {
      let byte = unsafe target.load(fromByteOffset: row / 8, as: UInt8.self)
      unsafe target.storeBytes(of: byte | 1 << UInt8(row % 8), toByteOffset: row / 8, as: UInt8.self)
    }
  }

  /// One byte for each of `wanted`, 0 or 1.
  static func gather(_ source: UnsafeRawPointer, _ wanted: [Int], rows: Int) -> [UInt8] {
    wanted.map { row in
      precondition(row >= 0 && row < rows, "a row of the block")
      return unsafe source.load(fromByteOffset: row &>> 3, as: UInt8.self) &>> UInt8(truncatingIfNeeded: row & 7) & 1
    }
  }

  /// How many rows before each of `wanted` are present, at most `limit` - 1.
  static func ranks(_ source: UnsafeRawPointer, _ wanted: [Int], rows: Int, limit: Int) -> [Int] {
    var before = [Int](repeating: 0, count: rows / 64 + 1)
    for word in 1..<before.count {
      before[word] =
        unsafe before[word - 1]
        + source.loadUnaligned(fromByteOffset: word * 8 - 8, as: UInt64.self).nonzeroBitCount
    }
    return wanted.map { row in
      precondition(row >= 0 && row < rows, "a row of the block")
      let word = unsafe UInt64(littleEndian: source.loadUnaligned(fromByteOffset: row / 64 * 8, as: UInt64.self))
      let inWord = (word & ((1 &<< UInt64(row % 64)) &- 1)).nonzeroBitCount
      return min(before[row / 64] + inWord, limit - 1)
    }
  }

  /// One byte a row, 0 or 1. `target` has room for `rows` rounded up to eight.
  static func expand(_ source: UnsafeRawPointer, rows: Int, into target: UnsafeMutablePointer<UInt8>) {
    var row = 0
    let raw = UnsafeMutableRawPointer(target)
    while row &+ 8 <= rows {
      let bits = unsafe UInt64(source.load(fromByteOffset: row &>> 3, as: UInt8.self))
      // Byte k keeps bit k; adding 0x7F carries a set bit to the top of its byte.
      let spread = (bits &* 0x0101_0101_0101_0101) & 0x8040_2010_0804_0201
      let flags = ((spread &+ 0x7F7F_7F7F_7F7F_7F7F) &>> 7) & 0x0101_0101_0101_0101
      unsafe raw.storeBytes(of: flags.littleEndian, toByteOffset: row, as: UInt64.self)
      row &+= 8
    }
    while row < rows {
      unsafe target[row] = source.load(fromByteOffset: row / 8, as: UInt8.self) >> UInt8(row % 8) & 1
      row += 1
    }
  }
}
