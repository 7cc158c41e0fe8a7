internal import InstarColumns

/// The blocks of one run that a scan needs: pointers into mapped memory, collected once by the thread that holds the
/// transaction and read by all workers.
///
/// `@unchecked Sendable`: it does not change after it was collected, and what it points to is read-only and stays mapped
/// while ``owner`` lives or the transaction is open, which its maker guarantees.
@safe package final class RunBlocks: @unchecked Sendable {
  /// Columns in front of those that the request names: directory, time, type.
  static let fixedColumns = 3

  let columnNumbers: [UInt16]
  /// Rows of users below belong to an older run already.
  let lowerUser: UInt32
  private(set) var keys: [BlockKey] = []
  private var values: [UnsafeRawBufferPointer] = unsafe []
  private let owner: AnyObject?
  /// Opens the values, where they are sealed.
  private let cipher: ValueCipher?
  private let stride: Int

  package convenience init(columns: [UInt16], lowerUser: UInt32 = 0, owner: AnyObject? = nil) {
    self.init(columns: columns, lowerUser: lowerUser, owner: owner, cipher: nil)
  }

  /// - Parameter cipher: what opens the values; its groups are known.
  init(columns: [UInt16], lowerUser: UInt32 = 0, owner: AnyObject? = nil, cipher: ValueCipher?) {
    self.cipher = cipher
    columnNumbers = columns
    self.lowerUser = lowerUser
    self.owner = owner
    stride = Self.fixedColumns + columns.count
  }

  package var count: Int { keys.count }

  /// Adds a column; columns come in the order of their keys, those that are not wanted are passed over.
  package func add(_ key: BlockKey, _ bytes: UnsafeRawBufferPointer) {
    if key.column == BlockLayout.directoryColumn {
      keys.append(key)
      let none = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
      unsafe values.append(contentsOf: repeatElement(none, count: stride))
    }
    guard let last = keys.last, last.firstUser == key.firstUser, last.part == key.part,
      let slot = slot(of: key.column)
    else { return }
    unsafe values[values.count - stride + slot] = unsafe bytes
  }

  private func slot(of column: UInt16) -> Int? {
    if column <= BlockLayout.typeColumn { return Int(column) }
    guard let place = columnNumbers.firstIndex(of: column) else { return nil }
    return place + Self.fixedColumns
  }

  /// Column `slot` of block `block`, or `nil` when no row of the block has a value.
  ///
  /// - Parameter opened: the columns of an encrypted store that the caller keeps: what is returned is valid while they
  ///   are there.
  func column(_ slot: Int, of block: Int, keeping opened: inout OpenedColumns) throws(BlockDamage) -> StoredColumn? {
    let bytes = unsafe values[block * stride + slot]
    guard bytes.count > 0 else { return nil }
    var key = keys[block]
    key.column = slot < Self.fixedColumns ? UInt16(slot) : columnNumbers[slot - Self.fixedColumns]
    guard let cipher else { return unsafe StoredColumn(key: key, bytes: bytes) }
    let place = OpenedColumns.Place(slot: slot, block: block)
    if let known = opened.values[place] { return unsafe StoredColumn(key: key, bytes: known.bytes) }
    let value = unsafe key.bytes.withUnsafeBytes { unsafe cipher.open(bytes, key: $0, in: .block) }
    guard let value else { throw .notAuthentic }
    opened.values[place] = value
    return unsafe StoredColumn(key: key, bytes: value.bytes)
  }

  /// The stored bytes of a block.
  func byteCount(of block: Int) -> Int {
    var bytes = 0
    for slot in 0..<stride { bytes += unsafe values[block * stride + slot].count }
    return bytes
  }

  /// The first block that may hold rows of `user` or of users behind him.
  func block(at user: UInt32) -> Int {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if keys[middle].firstUser <= user { low = middle + 1 } else { high = middle }
    }
    // `low` is behind the last block that begins at or before the user; parts of one user share their first user.
    guard low > 0 else { return 0 }
    var block = low - 1
    while block > 0, keys[block].part > 0 { block -= 1 }
    return block
  }
}

/// The columns of the current unit of a cursor that were opened: they live until it moves on.
struct OpenedColumns {
  struct Place: Hashable {
    let slot: Int
    let block: Int
  }

  fileprivate var values: [Place: OpenedValue] = [:]

  mutating func release() { if !values.isEmpty { values.removeAll(keepingCapacity: true) } }
}

/// Which stored values were verified since the store was opened, by their checksums.
///
/// A value is verified under its key, which its checksum is seeded with; a block that is rewritten has another checksum
/// and is verified anew.
package final class VerifiedBlocks: Sendable {
  private let seen = VerifiedSet()

  package init() {}

  /// Verifies `column` unless that happened before.
  func check(_ column: StoredColumn) throws(BlockDamage) {
    guard unsafe column.bytes.count >= BlockLayout.headerByteCount else { throw .tooShort }
    let checksum = unsafe BlockCodec.storedChecksum(column.bytes)
    if seen.contains(checksum) { return }
    try unsafe BlockCodec.verify(column.bytes, key: column.key)
    seen.insert(checksum)
  }
}
