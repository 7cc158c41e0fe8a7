/// The first entry of `meta`: that the file is a store of ours, in which format, and which store it is.
///
/// ```
/// 0        8          12         16        32         48
/// +--------+----------+----------+---------+----------+
/// | INSTAR | version  | flags    | store id| hash key |
/// +--------+----------+----------+---------+----------+
/// ```
///
/// Flag 1: the store is encrypted; the hash key then stands in its secret, and zeros here.
struct StoreFormat {
  /// The format that this version writes and reads.
  static let version: UInt32 = 2
  /// The first format whose rows may carry the number of their import.
  static let importNumbers: UInt32 = 2
  static let key = Key("format")
  static let byteCount = 48
  private static let mark = Array("INSTAR\0\0".utf8)

  var version = StoreFormat.version
  /// Random, chosen at creation.
  var storeID: (UInt64, UInt64)
  /// Random, keys the hashes of texts, so that nobody can prepare texts that collide.
  var hashKey: (UInt64, UInt64)
  var isEncrypted = false

  private static let encryptedFlag: UInt32 = 1

  /// The entry of an encrypted store.
  var encrypted: StoreFormat {
    StoreFormat(version: version, storeID: storeID, hashKey: (0, 0), isEncrypted: true)
  }

  /// The identity as bytes, which sealed values are bound to.
  var storeIDBytes: [UInt8] {
    var writer = ByteWriter()
    writer.integer(storeID.0)
    writer.integer(storeID.1)
    return writer.bytes
  }

  static func new() -> StoreFormat {
    func random() -> UInt64 { .random(in: .min ... .max) }
    return StoreFormat(storeID: (random(), random()), hashKey: (random(), random()))
  }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.bytes(StoreFormat.mark)
    writer.integer(version)
    writer.integer(isEncrypted ? Self.encryptedFlag : 0)
    writer.integer(storeID.0)
    writer.integer(storeID.1)
    writer.integer(hashKey.0)
    writer.integer(hashKey.1)
    return writer.bytes
  }
}

extension StoreFormat {
  /// Reads the entry; refuses files of others and of newer versions.
  static func read(_ transaction: borrowing some Transaction & ~Copyable) throws(StorageError) -> StoreFormat {
    let path = transaction.path
    guard let bytes = try transaction.get(key, in: .meta), bytes.byteCount == byteCount else { throw foreign(path) }
    var position = 0
    while position < mark.count {
      guard bytes.littleEndian(at: position, as: UInt8.self) == mark[position] else { throw foreign(path) }
      position += 1
    }
    let version = bytes.littleEndian(at: 8, as: UInt32.self)
    guard version <= StoreFormat.version else {
      throw StorageError(
        .newerFormat, "'\(path)' has format \(version); this version of Instar reads up to \(StoreFormat.version)",
        help: "update Instar; nothing was changed", path: path)
    }
    let flags = bytes.littleEndian(at: 12, as: UInt32.self)
    guard flags & ~encryptedFlag == 0 else {
      throw StorageError(
        .newerFormat, "'\(path)' uses something that this version of Instar does not know",
        help: "update Instar; nothing was changed", path: path)
    }
    return StoreFormat(
      version: version, storeID: (bytes.littleEndian(at: 16), bytes.littleEndian(at: 24)),
      hashKey: transaction.sealed?.values.cipher.hashKey ?? (bytes.littleEndian(at: 32), bytes.littleEndian(at: 40)),
      isEncrypted: flags & encryptedFlag != 0)
  }

  private static func foreign(_ path: String) -> StorageError {
    StorageError(
      .notAStore, "'\(path)' is an LMDB file, but not an Instar store", help: "check the path; nothing was changed",
      path: path)
  }
}
