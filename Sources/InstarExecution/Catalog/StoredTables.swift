import InstarColumns
import InstarStorage

/// Small tables that statements keep: `SAVE AS TABLE` and `IMPORT TABLE`.
///
/// A stored table is its row count, then each column: name, type, whether values are missing, and the values one after
/// the other.
enum StoredTables {
  private static let prefix = "table "

  static func object(_ name: String) -> String { prefix + name }

  /// The name of the table that an object holds, or `nil`.
  static func name(ofObject object: String) -> String? {
    object.hasPrefix(prefix) ? String(object.dropFirst(prefix.count)) : nil
  }

  /// The table without the rows that have one of `names` in a cell, or `nil` where there is none.
  static func without(_ names: Set<String>, _ bytes: [UInt8]) -> [UInt8]? {
    guard let table = decode(bytes) else { return nil }
    let rows = (0..<table.rowCount).filter { row in
      !table.columns.contains { column in
        if case .text(let text) = column[row] { names.contains(text) } else { false }
      }
    }
    return rows.count < table.rowCount ? self.bytes(table.rows(at: rows)) : nil
  }

  static func names(in snapshot: borrowing Snapshot) throws -> [String] {
    try snapshot.objects(.other).map(\.name).filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
  }

  static func bytes(_ table: Table) -> [UInt8] {
    var writer = ByteWriter()
    writer.integer(UInt32(table.rowCount))
    writer.integer(UInt32(table.columns.count))
    for column in table.columns {
      writer.text(column.name)
      writer.text(column.type.rawValue)
      writer.text(column.unit ?? "")
      for row in 0..<table.rowCount { write(column[row], &writer) }
    }
    return writer.bytes
  }

  private static func write(_ value: Value, _ writer: inout ByteWriter) {
    switch value {
    case .missing: writer.integer(UInt8(0))
    case .boolean(let flag):
      writer.integer(UInt8(1))
      writer.integer(UInt8(flag ? 1 : 0))
    case .integer(let integer), .time(let integer), .duration(let integer):
      writer.integer(UInt8(1))
      writer.integer(integer)
    case .real(let real):
      writer.integer(UInt8(1))
      writer.real(real)
    case .text(let text):
      writer.integer(UInt8(1))
      writer.text(text)
    }
  }

  /// - Throws: ``ExecutionError`` when there is no such table or its bytes are damaged.
  static func read(_ name: String, in snapshot: borrowing Snapshot) throws -> Table {
    guard let bytes = try snapshot.object(.other, object(name)) else {
      let known = try names(in: snapshot)
      throw ExecutionError(
        "E0120", "no table named \(name)",
        help: known.isEmpty ? "IMPORT TABLE or SAVE AS TABLE makes one" : "there is \(known.joined(separator: ", "))")
    }
    guard let table = decode(bytes) else {
      throw ExecutionError("E0601", "table \(name) is damaged", help: "import or save it again")
    }
    return table
  }

  private static func decode(_ bytes: [UInt8]) -> Table? {
    var reader = ByteReader(bytes.span.bytes)
    let rows = Int(reader.integer(UInt32.self))
    let columnCount = Int(reader.integer(UInt32.self))
    var columns: [Column] = []
    for _ in 0..<columnCount {
      let name = reader.text()
      guard let type = ValueType(rawValue: reader.text()) else { return nil }
      let unit = reader.text()
      var builder = ColumnBuilder(name, type: type, unit: unit.isEmpty ? nil : unit)
      for _ in 0..<rows {
        if reader.isDamaged { return nil }
        builder.append(Vector(constant: value(type, &reader), type: type), rows: 1)
      }
      columns.append(builder.finish())
    }
    return Table(columns: columns, rowCount: rows)
  }

  private static func value(_ type: ValueType, _ reader: inout ByteReader) -> Value {
    guard reader.integer(UInt8.self) == 1 else { return .missing }
    return switch type {
    case .boolean: .boolean(reader.integer(UInt8.self) != 0)
    case .integer: .integer(reader.integer())
    case .time: .time(reader.integer())
    case .duration: .duration(reader.integer())
    case .real: .real(reader.real())
    case .text: .text(reader.text())
    }
  }
}
