/// What a column means to a store.
package enum Role: String, Sendable, Hashable, CaseIterable {
  case user, time, event, item, order, amount, quantity, id, title
}

/// What a statement says of one role or property: `MAP amount = Quantity * UnitPrice`.
package struct ExplicitMapping: Sendable, Hashable {
  /// The left side: a role or the name of a new property.
  package var target: String
  /// The columns that the right side names, by path.
  package var columns: [String]
  /// The right side is one column as it stands, not an expression.
  package var isPlain: Bool

  package init(_ target: String, columns: [String], isPlain: Bool) {
    self.target = target
    self.columns = columns
    self.isPlain = isPlain
  }
}

/// What the rows of a file are.
package enum RowKind: String, Sendable, Hashable {
  case events, users, items, table
}

/// Which column plays which role, and why: printed before an import begins.
package struct RoleMapping: Sendable, Hashable {
  package var entries: [Entry]
  /// Columns without a role: kept as properties under their names.
  package var properties: [Int]
  /// Offers and remarks: "InvoiceNo repeats within a user at one instant: MAP order = InvoiceNo counts orders".
  package var notes: [String]

  package struct Entry: Sendable, Hashable {
    package var role: Role
    /// `nil` when an expression or an option supplies the role.
    package var column: Int?
    package var conversion: FieldConversion
    package var source: Source
  }

  package enum Source: String, Sendable, Hashable {
    case statement = "named in the statement"
    case name = "by its name"
    case type = "by its type"
    case values = "by its values"
    case option = "from an option"
  }

  package func entry(_ role: Role) -> Entry? { entries.first { $0.role == role } }

  /// The columns to read: of roles, of properties, and those that expressions name. A column that is read in two ways
  /// (as text for its role, as a number for an expression) stands twice.
  ///
  /// - Parameter expressions: Indices of columns that MAP expressions use.
  package func requests(_ format: FileFormat, expressions: [Int]) -> [ColumnRequest] {
    var requests: [ColumnRequest] = []
    for entry in entries {
      guard let column = entry.column else { continue }
      let required = entry.role == .user || entry.role == .time
      requests.append(ColumnRequest(column: column, conversion: entry.conversion, isRequired: required))
    }
    for column in properties + expressions {
      let conversion = format.columns[column].conversion
      if requests.contains(where: { $0.column == column && $0.conversion == conversion }) { continue }
      requests.append(ColumnRequest(column: column, conversion: conversion))
    }
    return requests
  }

  /// One line for each role, property list and remark, as an import prints them before it begins.
  ///
  /// ```
  /// user = CustomerID (by its name)
  /// amount = expression (named in the statement)
  /// properties: UnitPrice, Country
  /// ```
  package func lines(_ format: FileFormat) -> [String] {
    var lines = entries.sorted { Role.allCases.firstIndex(of: $0.role)! < Role.allCases.firstIndex(of: $1.role)! }
      .map { entry in
        let column = entry.column.map { format.columns[$0].name }
        let what = column ?? (entry.source == .option ? "one value for all rows" : "expression")
        return "\(entry.role.rawValue) = \(what) (\(entry.source.rawValue))"
      }
    if !properties.isEmpty {
      lines.append("properties: " + properties.map { format.columns[$0].name }.joined(separator: ", "))
    }
    return lines + notes
  }
}
