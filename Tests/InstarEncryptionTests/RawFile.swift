import CLMDB
import InstarStorage
import InstarTestSupport
import Testing

/// The file as LMDB sees it, past the store.
enum RawFile {
  static func swap(_ path: String, _ first: (String, String), _ second: (String, String)) throws {
    var environment: OpaquePointer?
    mdb_env_create(&environment)
    defer { mdb_env_close(environment) }
    mdb_env_set_maxdbs(environment, 16)
    #expect(mdb_env_open(environment, path, UInt32(MDB_NOSUBDIR), 0o600) == 0)
    var transaction: OpaquePointer?
    #expect(mdb_txn_begin(environment, nil, 0, &transaction) == 0)
    let (one, two) = (try value(first, transaction), try value(second, transaction))
    put(two, at: first, transaction)
    put(one, at: second, transaction)
    #expect(mdb_txn_commit(transaction) == 0)
  }

  /// The stored values of a named database by their keys.
  static func entries(of name: String, _ path: String) throws -> [String: [UInt8]] {
    var entries: [String: [UInt8]] = [:]
    try visit([name], path) { _, key, value in entries[key] = value }
    return entries
  }

  /// Where the sealed values stand in the file: all but the entries that open the others.
  static func values(_ path: String) throws -> [[Range<Int>]] {
    let file = Files.read(path)
    var places: [[Range<Int>]] = []
    try visit(NamedDatabase.allCases.map { "\($0)" }, path) { name, key, stored in
      if name == "meta", key == "format" || key.hasPrefix("seal") { return }
      // Pages of earlier commits that are not used again yet hold copies.
      places.append(file.ranges(of: stored).map { $0.lowerBound..<$0.upperBound })
    }
    return places
  }

  private static func visit(
    _ names: [String], _ path: String, _ body: (_ database: String, _ key: String, _ value: [UInt8]) -> Void
  ) throws {
    var environment: OpaquePointer?
    mdb_env_create(&environment)
    defer { mdb_env_close(environment) }
    mdb_env_set_maxdbs(environment, 16)
    #expect(mdb_env_open(environment, path, UInt32(MDB_NOSUBDIR | MDB_RDONLY), 0o600) == 0)
    var transaction: OpaquePointer?
    #expect(mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &transaction) == 0)
    defer { mdb_txn_abort(transaction) }
    for name in names {
      var cursor: OpaquePointer?
      #expect(mdb_cursor_open(transaction, database(name, transaction), &cursor) == 0)
      defer { mdb_cursor_close(cursor) }
      var (key, value) = (MDB_val(), MDB_val())
      while mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0 {
        let text = String(decoding: UnsafeRawBufferPointer(start: key.mv_data, count: key.mv_size), as: UTF8.self)
        body(name, text, Array(UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)))
      }
    }
  }

  private static func database(_ name: String, _ transaction: OpaquePointer?) -> MDB_dbi {
    var handle: MDB_dbi = 0
    #expect(mdb_dbi_open(transaction, name, 0, &handle) == 0)
    return handle
  }

  private static func value(_ place: (database: String, key: String), _ transaction: OpaquePointer?) throws -> [UInt8] {
    var key = Array(place.key.utf8)
    let handle = database(place.database, transaction)
    return key.withUnsafeMutableBytes { bytes in
      var name = MDB_val(mv_size: bytes.count, mv_data: bytes.baseAddress)
      var value = MDB_val()
      #expect(mdb_get(transaction, handle, &name, &value) == 0)
      return Array(UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size))
    }
  }

  private static func put(
    _ value: [UInt8], at place: (database: String, key: String), _ transaction: OpaquePointer?
  ) {
    var (key, value) = (Array(place.key.utf8), value)
    let handle = database(place.database, transaction)
    key.withUnsafeMutableBytes { key in
      value.withUnsafeMutableBytes { value in
        var name = MDB_val(mv_size: key.count, mv_data: key.baseAddress)
        var data = MDB_val(mv_size: value.count, mv_data: value.baseAddress)
        #expect(mdb_put(transaction, handle, &name, &data, 0) == 0)
      }
    }
  }
}
