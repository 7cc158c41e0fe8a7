internal import InstarColumns

/// Rows that have the same texts in some columns: a value of the breakdown.
struct RowGroup {
  var key: [String]
  var rows: [Int]

  /// A group for each set of texts, in the order of their first rows.
  static func all(_ keys: [CellWriter], rows: Range<Int>) -> [RowGroup] {
    var groups: [RowGroup] = []
    var places: [[String]: Int] = [:]
    for row in rows {
      let key = keys.map { $0.readable(row) }
      if let place = places[key] {
        groups[place].rows.append(row)
      } else {
        places[key] = groups.count
        groups.append(RowGroup(key: key, rows: [row]))
      }
    }
    return groups
  }

  /// "country = TR, plan = pro".
  static func name(_ keys: [CellWriter], _ key: [String]) -> String {
    zip(keys, key).map { "\($0.column.name) = \($1)" }.joined(separator: ", ")
  }

  /// A group for each run of rows with the same texts.
  static func consecutive(_ keys: [CellWriter], rows: Range<Int>) -> [RowGroup] {
    var groups: [RowGroup] = []
    for row in rows {
      let key = keys.map { $0.readable(row) }
      if groups.last?.key == key {
        groups[groups.count - 1].rows.append(row)
      } else {
        groups.append(RowGroup(key: key, rows: [row]))
      }
    }
    return groups
  }
}
