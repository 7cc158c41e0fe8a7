internal import InstarColumns

/// RFM as a grid of users by recency and frequency, and the labels with their users and their money.
///
/// ```
/// users    f 1     f 2     f 3
/// r 3   ░   12  ▒   40  █  102
/// r 2   ░   20  ░   10      0
///
/// champions  102  ████████████████  55.4%  48,210.00
/// ```
struct RFMChart: Picture {
  private let grid: RFMGrid
  private let style: TerminalStyle

  private static let barWidth = 24

  /// `nil` when the table lacks the columns of RFM.
  init?(_ table: ResultTable, _ options: RenderOptions) {
    guard let grid = RFMGrid(table) else { return nil }
    self.grid = grid
    style = TerminalStyle(isOn: options.color)
  }

  func append(to bytes: inout [UInt8]) {
    let scores = grid.users.count
    let width = max(4, String(grid.largest).count + 2)
    var head: [UInt8] = []
    head.append("users", width: 6, right: false)
    for score in 1...scores {
      head.append("f \(score)", width: width + 1, right: true)
      head.append(spaces: 2)
    }
    while head.last == 32 { head.removeLast() }
    style.appendDim(String(decoding: head, as: UTF8.self), to: &bytes)
    bytes.append(10)
    for score in (1...scores).reversed() {
      bytes.append("r \(score)", width: 6, right: false)
      for users in grid.users[score - 1] {
        let text = NumberText.grouped(Int64(users))
        let level = grid.largest > 0 ? Double(users) / Double(grid.largest) : 0
        style.appendHeat(String(repeating: " ", count: width - text.count) + text, level: level, to: &bytes)
        bytes.append(spaces: 2)
      }
      bytes.removeLast(2)
      bytes.append(10)
    }
    bytes.append(10)
    appendLabels(to: &bytes)
  }

  private func appendLabels(to bytes: inout [UInt8]) {
    let names = grid.labels.map(\.name.displayWidth).max() ?? 0
    let users = grid.labels.map { NumberText.grouped(Int64($0.users)) }
    let decimals = NumberText.decimals(for: grid.labels.lazy.map(\.monetary))
    let money = grid.labels.map { label in
      var text: [UInt8] = []
      NumberText.append(label.monetary, decimals: decimals, to: &text)
      return String(decoding: text, as: UTF8.self)
    }
    let most = grid.labels.first?.users ?? 0
    let (usersWidth, moneyWidth) = (max(5, users.map(\.count).max() ?? 0), max(8, money.map(\.count).max() ?? 0))
    var head: [UInt8] = []
    head.append("label", width: max(5, names) + 2, right: false)
    head.append("users", width: usersWidth, right: true)
    head.append(spaces: Self.barWidth + 4)
    head.append("share", width: 6, right: true)
    head.append(spaces: 2)
    head.append("monetary" + (grid.unit.map { " (\($0))" } ?? ""), width: moneyWidth, right: true)
    style.appendDim(String(decoding: head, as: UTF8.self), to: &bytes)
    bytes.append(10)
    for (place, label) in grid.labels.enumerated() {
      bytes.append(label.name, width: max(5, names) + 2, right: false)
      bytes.append(users[place], width: usersWidth, right: true)
      bytes.append(spaces: 2)
      let bar = Bar.text(Double(label.users) / Double(most), width: Self.barWidth)
      style.append(bar, foreground: 32, to: &bytes)
      bytes.append(spaces: Self.barWidth - bar.displayWidth + 2)
      bytes.append(NumberText.percent(Double(label.users) / Double(grid.rowCount)), width: 6, right: true)
      bytes.append(spaces: 2)
      bytes.append(money[place], width: moneyWidth, right: true)
      bytes.append(10)
    }
  }
}
