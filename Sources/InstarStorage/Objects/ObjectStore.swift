/// What a stored object is.
package enum ObjectKind: UInt8, Sendable, CaseIterable {
  case segment, event, attribute, catalog, funnel, lifecycle, model
  /// The members of a segment at a moment.
  case snapshot
  case campaign
  /// What one import brought.
  case imported
  case other
}

/// A stored object without its bytes.
package struct ObjectInfo: Sendable, Hashable {
  package let kind: ObjectKind
  package let name: String
  /// Counts from 1 for each name.
  package let version: UInt32
  package let byteCount: Int
}

/// Objects are kept in chunks of at most 1 MiB under (kind, hash of name, version, chunk).
///
/// ```
/// first chunk   0          8        12            16
///               +----------+--------+-------------+------+-------+
///               | checksum | length | name length | name | bytes |
///               +----------+--------+-------------+------+-------+
/// ```
/// The checksum covers the name and the bytes of the object; further chunks hold bytes only.
enum ObjectTable {
  static let chunkByteCount = 1 << 20
  enum Offset {
    static let checksum = 0
    static let length = 8
    static let nameLength = 12
    static let name = 16
  }
  /// Where the version stands in a key: behind kind and hash.
  static let versionOffset = 17

  static func prefix(_ kind: ObjectKind, _ name: String, _ hashKey: (UInt64, UInt64)) -> Key {
    let text = Array(name.utf8)
    let hash = unsafe text.withUnsafeBytes { bytes in
      unsafe SipHash.hash(RawSpan(_unsafeBytes: bytes), key: hashKey)
    }
    return Key().appending(kind.rawValue).appending(hash.0.byteSwapped).appending(hash.1.byteSwapped)
  }

  static func checksum(_ name: [UInt8], _ bytes: [UInt8]) -> UInt64 {
    unsafe (name + bytes).withUnsafeBytes { unsafe TextHash.hash($0) }
  }

  /// The last version under `prefix`, 0 when there is none.
  static func lastVersion(_ prefix: Key, _ transaction: borrowing some Transaction & ~Copyable)
    throws(StorageError) -> UInt32
  {
    var cursor = try transaction.cursor(.object)
    guard try cursor.seek(before: prefix.appending(UInt32.max)), cursor.hasPrefix(prefix) else { return 0 }
    return cursor.key.bigEndian(at: versionOffset)
  }

  static func read(_ prefix: Key, version: UInt32, _ transaction: borrowing some Transaction & ~Copyable)
    throws(StorageError) -> [UInt8]?
  {
    let key = prefix.appending(version)
    guard let head = try transaction.get(key.appending(UInt16(0)), in: .object) else { return nil }
    guard head.byteCount >= Offset.name else { throw damaged(transaction.path) }
    let length = Int(head.littleEndian(at: Offset.length, as: UInt32.self))
    let start = Offset.name + Int(head.littleEndian(at: Offset.nameLength, as: UInt32.self))
    let checksum = head.littleEndian(at: Offset.checksum, as: UInt64.self)
    guard start <= head.byteCount else { throw damaged(transaction.path) }
    let name = unsafe head.extracting(Offset.name..<start).withUnsafeBytes { unsafe Array($0) }
    var bytes = unsafe head.extracting(start..<head.byteCount).withUnsafeBytes { unsafe Array($0) }
    var chunk: UInt16 = 1
    while bytes.count < length, let more = try transaction.get(key.appending(chunk), in: .object) {
      unsafe more.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
      chunk += 1
    }
    guard bytes.count == length, ObjectTable.checksum(name, bytes) == checksum else { throw damaged(transaction.path) }
    return bytes
  }

  /// The objects of `kind`, or all, sorted by name and version.
  static func list(_ kind: ObjectKind?, _ transaction: borrowing some Transaction & ~Copyable)
    throws(StorageError) -> [ObjectInfo]
  {
    var objects: [ObjectInfo] = []
    let prefix = kind.map { Key().appending($0.rawValue) } ?? Key()
    var cursor = try transaction.cursor(.object)
    var found = kind == nil ? try cursor.first() : try cursor.seek(prefix)
    while found, cursor.hasPrefix(prefix) {
      if let info = info(cursor.key, cursor.value) { objects.append(info) }
      found = try cursor.next()
    }
    return objects.sorted { ($0.kind.rawValue, $0.name, $0.version) < ($1.kind.rawValue, $1.name, $1.version) }
  }

  private static func info(_ key: RawSpan, _ value: RawSpan) -> ObjectInfo? {
    guard key.bigEndian(at: versionOffset + 4, as: UInt16.self) == 0 else { return nil }
    guard let kind = ObjectKind(rawValue: key.bigEndian(at: 0)) else { return nil }
    let version = key.bigEndian(at: versionOffset, as: UInt32.self)
    guard value.byteCount >= Offset.name else { return damaged(kind, version) }
    let nameLength = Int(value.littleEndian(at: Offset.nameLength, as: UInt32.self))
    guard Offset.name + nameLength <= value.byteCount else { return damaged(kind, version) }
    let name = value.extracting(Offset.name..<Offset.name + nameLength)
    return ObjectInfo(
      kind: kind, name: unsafe name.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) },
      version: version, byteCount: Int(value.littleEndian(at: Offset.length, as: UInt32.self)))
  }

  /// Stands in the list for an object whose name cannot be read.
  private static func damaged(_ kind: ObjectKind, _ version: UInt32) -> ObjectInfo {
    ObjectInfo(kind: kind, name: "(damaged)", version: version, byteCount: 0)
  }

  private static func damaged(_ path: String) -> StorageError {
    StorageError(
      .corrupt, "a stored definition or model in '\(path)' is damaged", help: "define it again, or restore a copy",
      path: path)
  }
}

extension Snapshot {
  /// The stored objects of `kind`, or of all kinds, sorted by kind, name and version.
  package borrowing func objects(_ kind: ObjectKind? = nil) throws(StorageError) -> [ObjectInfo] {
    try ObjectTable.list(kind, transaction)
  }

  /// The bytes of an object, its last version unless another is named; `nil` when there is none.
  package borrowing func object(_ kind: ObjectKind, _ name: String, version: UInt32? = nil) throws(StorageError)
    -> [UInt8]?
  {
    let prefix = ObjectTable.prefix(kind, name, try StoreFormat.read(transaction).hashKey)
    let wanted = if let version { version } else { try ObjectTable.lastVersion(prefix, transaction) }
    return try ObjectTable.read(prefix, version: wanted, transaction)
  }
}

extension WriteTransaction {
  /// The stored objects of `kind`, sorted by name and version.
  package borrowing func objects(_ kind: ObjectKind) throws(StorageError) -> [ObjectInfo] {
    try ObjectTable.list(kind, self)
  }

  /// Stores a new version of an object; returns its number, from 1.
  ///
  /// - Parameter keep: how many versions stay; older ones are removed.
  @discardableResult
  package borrowing func putObject(_ kind: ObjectKind, _ name: String, _ bytes: [UInt8], keep: Int = 1)
    throws(StorageError) -> UInt32
  {
    let prefix = ObjectTable.prefix(kind, name, try changes.format(self).hashKey)
    let version = try ObjectTable.lastVersion(prefix, self) + 1
    let key = prefix.appending(version)
    var head = ByteWriter()
    head.integer(ObjectTable.checksum(Array(name.utf8), bytes))
    head.integer(UInt32(bytes.count))
    head.text(name)
    var position = min(bytes.count, ObjectTable.chunkByteCount)
    head.bytes(bytes[..<position])
    try put(key.appending(UInt16(0)), head.bytes, in: .object)
    var chunk: UInt16 = 1
    while position < bytes.count {
      let end = min(position + ObjectTable.chunkByteCount, bytes.count)
      try put(key.appending(chunk), Array(bytes[position..<end]), in: .object)
      position = end
      chunk += 1
    }
    try removeVersions(prefix, upTo: Int(version) - keep)
    return version
  }

  /// Removes all versions of an object; returns whether there was one.
  @discardableResult
  package borrowing func deleteObject(_ kind: ObjectKind, _ name: String) throws(StorageError) -> Bool {
    try delete(prefix: ObjectTable.prefix(kind, name, try changes.format(self).hashKey), in: .object) > 0
  }

  /// Removes those versions of objects for which `isUnwanted` says so; returns them. A damaged one stays.
  package borrowing func deleteObjects(
    _ kind: ObjectKind, where isUnwanted: (ObjectInfo, _ bytes: [UInt8]) throws -> Bool
  ) throws -> [ObjectInfo] {
    var deleted: [ObjectInfo] = []
    for info in try objects(kind) {
      let prefix = ObjectTable.prefix(kind, info.name, try changes.format(self).hashKey)
      guard let bytes = try? ObjectTable.read(prefix, version: info.version, self), try isUnwanted(info, bytes) else {
        continue
      }
      _ = try delete(prefix: prefix.appending(info.version), in: .object)
      deleted.append(info)
    }
    return deleted
  }

  /// The bytes of the last version of an object, or `nil`.
  package borrowing func object(_ kind: ObjectKind, _ name: String) throws(StorageError) -> [UInt8]? {
    let prefix = ObjectTable.prefix(kind, name, try changes.format(self).hashKey)
    return try ObjectTable.read(prefix, version: try ObjectTable.lastVersion(prefix, self), self)
  }

  private borrowing func removeVersions(_ prefix: Key, upTo last: Int) throws(StorageError) {
    while last > 0, let version = try firstVersion(prefix), version <= last {
      try delete(prefix: prefix.appending(version), in: .object)
    }
  }

  private borrowing func firstVersion(_ prefix: Key) throws(StorageError) -> UInt32? {
    var cursor = try cursor(.object)
    guard try cursor.seek(prefix), cursor.hasPrefix(prefix) else { return nil }
    return cursor.key.bigEndian(at: ObjectTable.versionOffset)
  }
}
