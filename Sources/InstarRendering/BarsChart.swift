internal import InstarColumns

/// A table whose rows are sizes: each row with a bar in front of its numbers.
///
/// ```
/// cluster  users
///       1  14,297  ████████████████████████  share 0.607  recency 228.1 days
///       2   6,500  ███████████               share 0.276  recency 149.3 days
/// ```
///
/// The bar is that of `users`, or of `effect` where the rows are differences: left of the middle where it is negative.
/// Texts and `cluster` stand in front, the other numbers behind.
struct BarsChart: Picture {
  private let heads: [CellWriter]
  private let bar: CellWriter
  private let tails: [CellWriter]
  private let rowCount: Int
  private let most: Int
  private let isSigned: Bool
  private let style: TerminalStyle
  private let width: Int

  /// `nil` when the table has no column for bars.
  init?(_ table: ResultTable, _ options: RenderOptions) {
    let rows = 0..<table.rowCount
    func writer(_ column: Column) -> CellWriter {
      CellWriter(column, rows: rows, zone: options.zone, forPrograms: false)
    }
    guard !rows.isEmpty, let column = table.column("effect") ?? table.column("users"), column.type.isNumber else {
      return nil
    }
    let isHead = { (column: Column) in column.type == .text || column.name == "cluster" }
    heads = table.columns.filter(isHead).map(writer)
    bar = writer(column)
    tails = table.columns.filter { !isHead($0) && $0.name != column.name && $0.name != "share" }.map(writer)
    rowCount = table.rowCount
    most = options.maxRows ?? .max
    isSigned = column.name == "effect"
    style = TerminalStyle(isOn: options.color)
    let texts =
      heads.reduce(0) { $0 + Self.width(of: $1, rows) + 2 }
      + tails.reduce(Self.width(of: bar, rows)) { $0 + Self.width(of: $1, rows) + 2 }
    width = max(10, min(40, (options.width ?? 120) - texts - 4))
  }

  func append(to bytes: inout [UInt8]) {
    let shown = 0..<min(most, rowCount)
    let widths = (heads + [bar] + tails).map { Self.width(of: $0, shown) }
    let largest = shown.map { abs(bar.column[$0].number ?? 0) }.max() ?? 0
    line(nil, widths, to: &bytes) { if !tails.isEmpty { $0.append(spaces: width) } }
    for row in shown {
      let share = largest > 0 ? (bar.column[row].number ?? 0) / largest : 0
      line(row, widths, to: &bytes) { style.append(picture(share), foreground: share < 0 ? 31 : 32, to: &$0) }
    }
    if let remark = Truncation.remark(shown: shown.count, of: rowCount) { bytes.append(text: remark + "\n") }
  }

  /// One line; `nil` is the line of names.
  private func line(_ row: Int?, _ widths: [Int], to bytes: inout [UInt8], bar picture: (inout [UInt8]) -> Void) {
    func cell(_ writer: CellWriter, _ width: Int, right: Bool) {
      bytes.append(row.map { writer.readable($0) } ?? writer.column.name, width: width, right: right)
    }
    for (place, head) in heads.enumerated() {
      cell(head, widths[place], right: head.column.type.isNumber)
      bytes.append(spaces: 2)
    }
    cell(bar, widths[heads.count], right: true)
    if row != nil || !tails.isEmpty { bytes.append(spaces: 2) }
    picture(&bytes)
    for (place, tail) in tails.enumerated() {
      bytes.append(spaces: 2)
      cell(tail, widths[heads.count + 1 + place], right: true)
    }
    bytes.append(10)
  }

  /// A bar for a share from -1 to 1, filled up to `width` columns where something follows.
  private func picture(_ share: Double) -> String {
    let half = (width - 1) / 2
    let text: String
    if isSigned {
      let length = Self.length(abs(share), half)
      let blocks = String(repeating: "█", count: length)
      text = share < 0 ? Self.blank(half - length) + blocks + "│" : Self.blank(half) + "│" + blocks
    } else {
      text = String(repeating: "█", count: Self.length(share, width))
    }
    return tails.isEmpty ? text : text + Self.blank(width - text.displayWidth)
  }

  private static func length(_ share: Double, _ width: Int) -> Int {
    share > 0 ? max(1, Int((share * Double(width)).rounded())) : 0
  }

  private static func blank(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }

  private static func width(of writer: CellWriter, _ rows: Range<Int>) -> Int {
    rows.reduce(writer.column.name.displayWidth) { max($0, writer.readable($1).displayWidth) }
  }
}
