/// Where a block column lies in the `block` database, and the bytes of its header.
///
/// `docs/reference/file-format.md` draws both; a test holds the drawing and these numbers together.
package enum BlockLayout {
  /// The most rows of one block. A row of half a byte then fills exactly one page value of 4,080 bytes.
  package static let rowsPerBlock = 8_064
  /// Blocks end where a multiple of this many users begins, so that chunks of a scan do not share a block.
  package static let usersPerChunk = 8_192

  package static let magic: UInt16 = 0x4249
  package static let version: UInt8 = 1
  package static let headerByteCount = 48

  // Offsets inside the header.
  static let magicOffset = 0
  static let versionOffset = 2
  static let kindOffset = 3
  static let encodingOffset = 4
  static let widthOffset = 5
  static let validityOffset = 6
  static let digitsOffset = 7
  static let rowsOffset = 8
  static let presentOffset = 12
  static let baseOffset = 16
  static let scaleOffset = 24
  static let maximumOffset = 32
  static let checksumOffset = 40

  /// The numbers of the columns of a block, the last part of its key.
  package static let directoryColumn: UInt16 = 0
  package static let timeColumn: UInt16 = 1
  package static let typeColumn: UInt16 = 2
  package static let itemColumn: UInt16 = 3
  package static let orderColumn: UInt16 = 4
  package static let amountColumn: UInt16 = 5
  package static let quantityColumn: UInt16 = 6
  package static let importColumn: UInt16 = 7
  package static let firstPropertyColumn: UInt16 = 16
}

/// The key of one column of one block: run, first user, part, column, each big-endian, so that LMDB's order of bytes is
/// the order of users.
package struct BlockKey: Hashable, Comparable, Sendable {
  package static let byteCount = 12

  package var run: UInt32
  package var firstUser: UInt32
  /// 0, or the place of this block among those of one user who does not fit in one.
  package var part: UInt16
  package var column: UInt16

  package init(run: UInt32, firstUser: UInt32, part: UInt16 = 0, column: UInt16 = 0) {
    self.run = run
    self.firstUser = firstUser
    self.part = part
    self.column = column
  }

  /// Reads a key, or `nil` when `bytes` are not 12.
  package init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.byteCount else { return nil }
    run = unsafe UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
    firstUser = unsafe UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    part = unsafe UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self))
    column = unsafe UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 10, as: UInt16.self))
  }

  /// The 12 bytes of the key.
  package var bytes: [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(Self.byteCount)
    for shift in stride(from: 24, through: 0, by: -8) { result.append(UInt8(truncatingIfNeeded: run >> UInt32(shift))) }
    for shift in stride(from: 24, through: 0, by: -8) {
      result.append(UInt8(truncatingIfNeeded: firstUser >> UInt32(shift)))
    }
    for number in [part, column] {
      result.append(UInt8(truncatingIfNeeded: number >> 8))
      result.append(UInt8(truncatingIfNeeded: number))
    }
    return result
  }

  package static func < (left: BlockKey, right: BlockKey) -> Bool {
    (left.run, left.firstUser, left.part, left.column) < (right.run, right.firstUser, right.part, right.column)
  }

  /// What the checksum of a value starts from: bytes that stand under another key do not verify.
  package var checksumSeed: UInt64 {
    Checksum.fold(
      UInt64(run) << 32 | UInt64(firstUser) ^ 0xA076_1D64_78BD_642F, UInt64(part) << 16 | UInt64(column) | 1 << 63)
  }
}

/// What the values of a block column are.
package enum BlockKind: UInt8, Sendable {
  case directory = 0
  /// Whole numbers, times and durations.
  case integer = 1
  case real = 2
  /// Codes of a dictionary.
  case code = 3
  case boolean = 4
}

/// How the payload gives the values.
package enum BlockEncoding: UInt8, Sendable {
  /// `base + scale x packed`.
  case scaled = 0
  /// `(base + packed) / 10^digits`: reals that are exact decimals.
  case decimal = 1
  /// IEEE 754 doubles.
  case double = 2
}

/// Which rows have a value.
package enum BlockValidity: UInt8, Sendable {
  /// All rows; no bitmap.
  case all = 0
  /// A bitmap, then one value for each row.
  case bitmap = 1
  /// A bitmap, then the values of the present rows only.
  case presentOnly = 2
}

/// The 48 bytes in front of every block column.
package struct BlockHeader: Equatable, Sendable {
  package var kind: BlockKind
  package var encoding: BlockEncoding
  /// Bits of a packed value: 0, 1, 2, 4, 8, 16, 24, 32, 40, 48 or 64.
  package var width: UInt8
  package var validity: BlockValidity
  package var digits: UInt8
  package var rows: UInt32
  /// Rows with a value; in a directory, the users of the block.
  package var present: UInt32
  /// The smallest value: an integer, or the bit pattern of a double when the encoding is `double`.
  package var base: Int64
  package var scale: Int64
  /// The largest value, as `base` stands for the smallest.
  package var maximum: Int64
  package var checksum: UInt64 = 0

  /// Writes the header to the first 48 bytes of `target`.
  package func write(to target: UnsafeMutableRawPointer) {
    typealias Layout = BlockLayout
    unsafe target.storeBytes(of: Layout.magic.littleEndian, toByteOffset: Layout.magicOffset, as: UInt16.self)
    unsafe target.storeBytes(of: Layout.version, toByteOffset: Layout.versionOffset, as: UInt8.self)
    unsafe target.storeBytes(of: kind.rawValue, toByteOffset: Layout.kindOffset, as: UInt8.self)
    unsafe target.storeBytes(of: encoding.rawValue, toByteOffset: Layout.encodingOffset, as: UInt8.self)
    unsafe target.storeBytes(of: width, toByteOffset: Layout.widthOffset, as: UInt8.self)
    unsafe target.storeBytes(of: validity.rawValue, toByteOffset: Layout.validityOffset, as: UInt8.self)
    unsafe target.storeBytes(of: digits, toByteOffset: Layout.digitsOffset, as: UInt8.self)
    unsafe target.storeBytes(of: rows.littleEndian, toByteOffset: Layout.rowsOffset, as: UInt32.self)
    unsafe target.storeBytes(of: present.littleEndian, toByteOffset: Layout.presentOffset, as: UInt32.self)
    unsafe target.storeBytes(of: base.littleEndian, toByteOffset: Layout.baseOffset, as: Int64.self)
    unsafe target.storeBytes(of: scale.littleEndian, toByteOffset: Layout.scaleOffset, as: Int64.self)
    unsafe target.storeBytes(of: maximum.littleEndian, toByteOffset: Layout.maximumOffset, as: Int64.self)
    unsafe target.storeBytes(of: checksum.littleEndian, toByteOffset: Layout.checksumOffset, as: UInt64.self)
  }

  /// Reads and checks the header of `bytes`; throws what is wrong with it.
  package init(reading bytes: UnsafeRawBufferPointer) throws(BlockDamage) {
    typealias Layout = BlockLayout
    guard bytes.count >= Layout.headerByteCount else { throw .tooShort }
    guard
      unsafe UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: Layout.magicOffset, as: UInt16.self))
        == Layout.magic
    else { throw .notABlock }
    guard unsafe bytes[Layout.versionOffset] == Layout.version else { throw .unknownVersion }
    guard let kind = unsafe BlockKind(rawValue: bytes[Layout.kindOffset]),
      let encoding = unsafe BlockEncoding(rawValue: bytes[Layout.encodingOffset]),
      let validity = unsafe BlockValidity(rawValue: bytes[Layout.validityOffset])
    else { throw .unknownEncoding }
    self.kind = kind
    self.encoding = encoding
    self.validity = validity
    width = unsafe bytes[Layout.widthOffset]
    digits = unsafe bytes[Layout.digitsOffset]
    rows = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: Layout.rowsOffset, as: UInt32.self))
    present = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: Layout.presentOffset, as: UInt32.self))
    base = unsafe Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: Layout.baseOffset, as: Int64.self))
    scale = unsafe Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: Layout.scaleOffset, as: Int64.self))
    maximum = unsafe Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: Layout.maximumOffset, as: Int64.self))
    checksum = unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: Layout.checksumOffset, as: UInt64.self))
    guard PackedIntegers.isWidth(width), rows <= UInt32(Layout.rowsPerBlock), present <= rows, digits <= 15
    else { throw .unknownEncoding }
  }

  package init(
    kind: BlockKind, encoding: BlockEncoding, width: UInt8, validity: BlockValidity, digits: UInt8 = 0, rows: Int,
    present: Int, base: Int64, scale: Int64, maximum: Int64
  ) {
    self.kind = kind
    self.encoding = encoding
    self.width = width
    self.validity = validity
    self.digits = digits
    self.rows = UInt32(rows)
    self.present = UInt32(present)
    self.base = base
    self.scale = scale
    self.maximum = maximum
  }
}

/// What is wrong with stored bytes.
package enum BlockDamage: String, Error, Sendable {
  case tooShort = "the value is shorter than its header says"
  case notABlock = "the bytes are not a block column"
  case unknownVersion = "the block is of a version that this program does not know"
  case unknownEncoding = "the header names an encoding that does not exist"
  case notAuthentic = "the value is not what was encrypted: it was damaged, changed or moved"
  case checksum = "the checksum does not match"
  case wrongKind = "the column holds another kind of value than the schema says"
  case unordered = "users or times are out of order"
}
