/// What of LMDB 0.9's pages is read outside LMDB, for 64-bit machines: offsets in bytes, and the flags of pages and nodes.
enum PageLayout {
  static let headerByteCount = 16
  static let flags = 10
  static let lower = 12
  static let upper = 14
  static let branch: UInt16 = 1
  static let leaf: UInt16 = 2
  static let nodeByteCount = 8
  static let bigData: UInt16 = 1
  static let subDatabase: UInt16 = 2
  /// Where the root stands in the 48 bytes that describe a database.
  static let root = 40
  static let noPage = UInt64.max
}
