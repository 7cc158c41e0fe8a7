import CSQLite
import InstarColumns

/// A database of SQLite in memory: another engine that says what the answer is.
final class SQLite {
  private var handle: OpaquePointer?

  init() throws {
    guard sqlite3_open(":memory:", &handle) == SQLITE_OK else { throw failure("open") }
  }

  deinit { sqlite3_close(handle) }

  private func failure(_ sql: String) -> Refusal {
    Refusal(code: "SQLite", message: "\(String(cString: sqlite3_errmsg(handle))) in \(sql)")
  }

  /// Runs one statement with values for its `?`, and returns its rows.
  @discardableResult
  func run(_ sql: String, _ values: [Value] = []) throws -> [[Value]] {
    var statement: OpaquePointer?
    guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else { throw failure(sql) }
    defer { sqlite3_finalize(statement) }
    for (index, value) in values.enumerated() { bind(value, Int32(index + 1), statement) }
    var rows: [[Value]] = []
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: rows.append((0..<sqlite3_column_count(statement)).map { value($0, statement) })
      case SQLITE_DONE: return rows
      default: throw failure(sql)
      }
    }
  }

  /// The rows as texts, as ``Log/ask(_:_:_:)`` writes them, sorted.
  func ask(_ sql: String) throws -> [String] {
    try run(sql).map { $0.map(\.cell).joined(separator: " ") }.sorted()
  }

  private func bind(_ value: Value, _ index: Int32, _ statement: OpaquePointer?) {
    switch value {
    case .missing: sqlite3_bind_null(statement, index)
    case .boolean(let flag): sqlite3_bind_int64(statement, index, flag ? 1 : 0)
    case .integer(let number), .time(let number), .duration(let number): sqlite3_bind_int64(statement, index, number)
    case .real(let number): sqlite3_bind_double(statement, index, number)
    case .text(let text):
      // SQLite copies the bytes: the destructor -1 is SQLITE_TRANSIENT, a macro that Swift does not import.
      sqlite3_bind_text(statement, index, text, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
    }
  }

  private func value(_ column: Int32, _ statement: OpaquePointer?) -> Value {
    switch sqlite3_column_type(statement, column) {
    case SQLITE_INTEGER: .integer(sqlite3_column_int64(statement, column))
    case SQLITE_FLOAT: .real(sqlite3_column_double(statement, column))
    case SQLITE_TEXT: .text(String(cString: sqlite3_column_text(statement, column)))
    default: .missing
    }
  }
}
