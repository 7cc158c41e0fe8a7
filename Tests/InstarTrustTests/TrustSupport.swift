import Instar

extension Database {
  /// The rows of a table as text, one row a line, cells parted by blanks.
  func rows(_ statement: String) throws -> [String] {
    let table = try query(statement)
    return (0..<table.rowCount).map { row in table.columns.map { "\($0[row])" }.joined(separator: " ") }
  }

  /// One integer of a table of one row.
  func count(_ statement: String) throws -> Int {
    let table = try query(statement)
    guard case .integer(let number) = table.columns[0][0] else { return -1 }
    return Int(number)
  }
}

func quoted(_ path: String) -> String { "'\(path)'" }
