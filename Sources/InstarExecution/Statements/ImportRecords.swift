import InstarColumns
import InstarStorage

/// What one import brought: kept for SHOW IMPORTS.
struct ImportRecord {
  var number: Int
  var file: String
  var kind: String
  var rows: Int
  var rejected: Int
  /// Milliseconds since 1970.
  var at: Int64

  var row: [Value] {
    [
      .integer(Int64(number)), .text(file), .text(kind), .integer(Int64(rows)), .integer(Int64(rejected)), .time(at),
    ]
  }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.integer(UInt32(number))
    writer.text(file)
    writer.text(kind)
    writer.integer(UInt64(rows))
    writer.integer(UInt64(rejected))
    writer.integer(at)
    return writer.bytes
  }

  init(number: Int, file: String, kind: String, rows: Int, rejected: Int, at: Int64) {
    self.number = number
    self.file = file
    self.kind = kind
    self.rows = rows
    self.rejected = rejected
    self.at = at
  }

  init(_ bytes: [UInt8]) {
    var reader = ByteReader(bytes.span.bytes)
    number = Int(reader.integer(UInt32.self))
    file = reader.text()
    kind = reader.text()
    rows = Int(reader.integer(UInt64.self))
    rejected = Int(reader.integer(UInt64.self))
    at = reader.integer()
  }
}

/// An import on its way into the list of imports, where the transaction that stores its rows gives it a number.
struct ImportEntry: Sendable {
  var file: String
  var kind: String
  var rows: Int
  var rejected: Int
  /// Milliseconds since 1970.
  var at: Int64

  func write(_ transaction: borrowing WriteTransaction) throws {
    let last = try transaction.object(.imported, "count").map { ImportRecord($0).number } ?? 0
    let record = ImportRecord(number: last + 1, file: file, kind: kind, rows: rows, rejected: rejected, at: at)
    try transaction.putObject(.imported, "\(last + 1)", record.bytes)
    try transaction.putObject(.imported, "count", record.bytes)
  }
}

enum ImportRecords {
  static func all(in snapshot: borrowing Snapshot) throws -> [ImportRecord] {
    var records: [ImportRecord] = []
    for info in try snapshot.objects(.imported) {
      if info.name != "count", let bytes = try snapshot.object(.imported, info.name) {
        records.append(ImportRecord(bytes))
      }
    }
    return records.sorted { $0.number < $1.number }
  }
}
