internal import InstarColumns

/// RFM as a grid of users by recency (upwards) and frequency (to the right), the best in the upper right corner.
struct RFMFigure: Picture {
  private let grid: RFMGrid

  private static let left = 40.0
  private static let cellWidth = 92.0
  private static let cellHeight = 46.0

  /// `nil` when the table lacks the columns of RFM.
  init?(_ table: ResultTable, _ options: RenderOptions) {
    guard let grid = RFMGrid(table) else { return nil }
    self.grid = grid
  }

  func append(to page: inout [UInt8]) {
    let scores = grid.users.count
    let height = Double(scores) * Self.cellHeight
    var canvas = SVGCanvas(
      width: Self.left + Double(scores) * Self.cellWidth, height: height + 26,
      label: "Users by recency score and frequency score")
    for recency in 1...scores {
      let y = Double(scores - recency) * Self.cellHeight
      canvas.text("r \(recency)", x: 0, y: y + 28, style: "faint")
      for frequency in 1...scores {
        let users = grid.users[recency - 1][frequency - 1]
        let level = grid.largest > 0 ? Double(users) / Double(grid.largest) : 0
        let x = Self.left + Double(frequency - 1) * Self.cellWidth
        let text = NumberText.grouped(Int64(users))
        canvas.rectangle(
          x: x + 1, y: y + 1, width: Self.cellWidth - 2, height: Self.cellHeight - 2, style: "bar",
          opacity: 0.08 + 0.82 * level, title: "recency \(recency), frequency \(frequency): \(text) users")
        canvas.text(text, x: x + Self.cellWidth / 2, y: y + 28, style: level > 0.55 ? "middle light" : "middle")
      }
    }
    for frequency in 1...scores {
      canvas.text(
        "f \(frequency)", x: Self.left + (Double(frequency) - 0.5) * Self.cellWidth, y: height + 18,
        style: "middle faint")
    }
    canvas.finish(to: &page)
    page.append(text: "<p class=\"legend\">")
    for label in grid.labels {
      page.append(text: "<span>")
      page.append(
        html: "\(label.name) \(NumberText.grouped(Int64(label.users))) "
          + "(\(NumberText.percent(Double(label.users) / Double(grid.rowCount))))")
      page.append(text: "</span> ")
    }
    page.append(text: "</p>\n")
  }
}
