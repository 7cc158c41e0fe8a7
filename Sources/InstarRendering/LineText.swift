internal import InstarColumns

/// One line for each cell, `name = value`, with the names aligned and an empty line between rows.
struct LineText {
  private let cells: [CellWriter]
  private let nameWidth: Int

  init(_ table: ResultTable, rows: Range<Int>, _ options: RenderOptions) {
    cells = table.columns.map { CellWriter($0, rows: rows, zone: options.zone, forPrograms: false) }
    nameWidth = table.columns.map(\.name.displayWidth).max() ?? 0
  }

  func appendRows(_ rows: Range<Int>, to bytes: inout [UInt8]) {
    for row in rows {
      if row > 0 { bytes.append(10) }
      for cell in cells {
        bytes.append(cell.column.name, width: nameWidth, right: true)
        bytes.append(text: " = ")
        cell.appendReadable(row, to: &bytes)
        bytes.append(10)
      }
    }
  }
}
