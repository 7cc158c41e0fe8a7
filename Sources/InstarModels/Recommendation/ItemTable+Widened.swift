extension ItemTable {
  /// The same table for a catalogue of `itemCount` items, of which the last ones have no entries.
  ///
  /// - Precondition: `itemCount` is not below that of the table.
  /// - Complexity: O(`itemCount`), and a copy of nothing else.
  package func widened(to itemCount: Int) -> ItemTable {
    precondition(itemCount >= matrix.columnCount, "a table does not lose items")
    let added = [Int](repeating: matrix.entryCount, count: itemCount - matrix.rowCount)
    return ItemTable(
      source: source, decay: decay,
      matrix: SparseMatrix(
        columnCount: itemCount, starts: matrix.starts + added, columns: matrix.columns, values: matrix.values))
  }
}
