import CBenchmarkLMDB

/// Lines under ascending keys in a file of LMDB, durable with every commit: the least that an append can cost.
final class RawLog {
  private let environment: OpaquePointer
  private var database: MDB_dbi = 0
  private var count: UInt64 = 0

  init(_ path: String) throws {
    var created: OpaquePointer?
    try Self.check(mdb_env_create(&created))
    guard let created else { preconditionFailure("an environment without an error is there") }
    environment = created
    try Self.check(mdb_env_set_mapsize(environment, 1 << 30))
    try Self.check(mdb_env_open(environment, path, UInt32(MDB_NOSUBDIR), 0o600))
    try write { transaction in try Self.check(mdb_dbi_open(transaction, nil, UInt32(MDB_INTEGERKEY), &database)) }
  }

  deinit { mdb_env_close(environment) }

  func append(_ lines: [[UInt8]]) throws {
    try write { transaction in
      for line in lines {
        count += 1
        try withUnsafeMutableBytes(of: &count) { key in
          try line.withUnsafeBytes { bytes in
            var name = MDB_val(mv_size: key.count, mv_data: key.baseAddress)
            var value = MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            try Self.check(mdb_put(transaction, database, &name, &value, UInt32(MDB_APPEND)))
          }
        }
      }
    }
  }

  private func write(_ body: (OpaquePointer?) throws -> Void) throws {
    var transaction: OpaquePointer?
    try Self.check(mdb_txn_begin(environment, nil, 0, &transaction))
    do { try body(transaction) } catch {
      mdb_txn_abort(transaction)
      throw error
    }
    try Self.check(mdb_txn_commit(transaction))
  }

  private static func check(_ code: Int32) throws { if code != 0 { throw LMDBFailure(code: code) } }
}

struct LMDBFailure: Error, CustomStringConvertible {
  let code: Int32
  var description: String { "LMDB: \(String(cString: mdb_strerror(code)))" }
}
