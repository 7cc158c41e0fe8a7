import InstarColumns
import InstarStorage

/// One import in the list of imports: what SHOW IMPORTS shows, and whether it can be taken back.
struct ImportRecord: Sendable {
  /// What an import brought that carries its number.
  enum Content: UInt8, Sendable {
    /// Nothing: values of users or items without a date, or a table.
    case unmarked = 0
    case events = 1
    case datedValues = 2
    /// The import was made by a version that did not number what it stored.
    case unknown = 255
  }

  var number: Int
  var file: String
  var kind: String
  var rows: Int
  var rejected: Int
  /// Milliseconds since 1970.
  var at: Int64
  var content: Content
  /// When it was dropped, milliseconds since 1970.
  var dropped: Int64?

  /// A row of SHOW IMPORTS.
  var values: [Value] {
    [
      .integer(Int64(number)), .text(file), .text(kind), .integer(Int64(rows)), .integer(Int64(rejected)), .time(at),
      dropped.map(Value.time) ?? .missing,
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
    writer.integer(content.rawValue)
    writer.integer(dropped ?? .min)
    return writer.bytes
  }

  init(number: Int, _ entry: ImportEntry) {
    self.number = number
    file = entry.file
    kind = entry.kind
    rows = entry.rows
    rejected = entry.rejected
    at = entry.at
    content = entry.content
  }

  init(_ bytes: [UInt8]) {
    var reader = ByteReader(bytes.span.bytes)
    number = Int(reader.integer(UInt32.self))
    file = reader.text()
    kind = reader.text()
    rows = Int(reader.integer(UInt64.self))
    rejected = Int(reader.integer(UInt64.self))
    at = reader.integer()
    content = .unknown
    if !reader.isAtEnd {
      content = Content(rawValue: reader.integer()) ?? .unknown
      let moment: Int64 = reader.integer()
      dropped = moment == .min ? nil : moment
    }
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
  var content = ImportRecord.Content.unmarked
  /// The number that the rows carry already, where they do.
  var number: Int?

  /// - Returns: the number of the import.
  /// - Throws: `inUse` when another import took the number that the rows carry.
  func write(_ transaction: borrowing WriteTransaction) throws -> Int {
    let next = (try transaction.object(.imported, "count").map { ImportRecord($0).number } ?? 0) + 1
    if let number, number != next {
      throw StorageError(
        .inUse, "another import ended while this one ran; nothing was changed", help: "run the import again",
        path: transaction.path)
    }
    let record = ImportRecord(number: next, self)
    try transaction.putObject(.imported, "\(next)", record.bytes)
    try transaction.putObject(.imported, "count", record.bytes)
    return next
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

  /// The number that the next import gets.
  static func nextNumber(in snapshot: borrowing Snapshot) throws -> Int {
    (try snapshot.object(.imported, "count").map { ImportRecord($0).number } ?? 0) + 1
  }
}
