package import InstarColumns

/// Writes result tables in any format, in pieces of a bounded size.
package struct ResultRenderer: Sendable {
  package let options: RenderOptions

  package init(_ options: RenderOptions) { self.options = options }

  /// Writes the table to `sink` in pieces of about 64 KiB: memory does not grow with the rows.
  ///
  /// Rethrows what the sink throws and writes nothing after it. An empty table is written with its header; a table of
  /// the shape `message` is its texts alone, where people read.
  package func write(_ table: ResultTable, to sink: TextSink) throws {
    var bytes: [UInt8] = []
    switch options.format {
    case .csv, .tsv:
      let text = DelimitedText(options.format == .csv ? .csv : .tsv, zone: options.zone)
      text.appendHeader(table.columns, to: &bytes)
      try stream(table.rowCount, &bytes, sink) { text.appendRows($0, of: table.columns, to: &$1) }
    case .json, .jsonl: try writeJSON(table, &bytes, sink)
    case .box, .markdown, .line, .chart: try writeReadable(table, &bytes, sink)
    case .html: try writePage(table, &bytes, sink)
    }
    try flush(&bytes, sink)
  }

  /// The whole text, for tests and small tables.
  package func text(_ table: ResultTable) -> String {
    var all: [UInt8] = []
    do {
      try write(table) { piece in
        for index in piece.indices { all.append(piece[index]) }
      }
    } catch {
      preconditionFailure("collecting into an array throws nothing")
    }
    return String(decoding: all, as: UTF8.self)
  }

  private func writeJSON(_ table: ResultTable, _ bytes: inout [UInt8], _ sink: TextSink) throws {
    let text = JSONText(zone: options.zone)
    let isDocument = options.format == .json
    if isDocument { bytes.append(UInt8(ascii: "[")) }
    let separator: StaticString = isDocument ? ",\n " : "\n"
    try stream(table.rowCount, &bytes, sink) { rows, bytes in
      text.appendRows(
        rows, of: table.columns, separator: separator, isFirst: rows.lowerBound == 0, to: &bytes)
    }
    if isDocument { bytes.append(UInt8(ascii: "]")) }
    if isDocument || table.rowCount > 0 { bytes.append(10) }
  }

  private func writeReadable(_ table: ResultTable, _ bytes: inout [UInt8], _ sink: TextSink) throws {
    if table.shape == .message {
      let cells = table.columns.map { CellWriter($0, rows: 0..<table.rowCount, zone: options.zone, forPrograms: false) }
      try stream(table.rowCount, &bytes, sink) { rows, bytes in
        for row in rows { bytes.append(text: cells.map { $0.readable(row) }.joined(separator: "  ") + "\n") }
      }
      return
    }
    if options.format == .chart, appendChart(table, to: &bytes) { return }
    let shown = min(table.rowCount, options.maxRows ?? .max)
    switch options.format {
    case .markdown:
      let text = MarkdownText(table, rows: 0..<shown, options)
      text.appendHead(to: &bytes)
      try stream(shown, &bytes, sink) { text.appendRows($0, to: &$1) }
      if let remark = Truncation.remark(shown: shown, of: table.rowCount) { bytes.append(text: "\n\(remark)\n") }
    case .line:
      let text = LineText(table, rows: 0..<shown, options)
      try stream(shown, &bytes, sink) { text.appendRows($0, to: &$1) }
      if let remark = Truncation.remark(shown: shown, of: table.rowCount) { bytes.append(text: "\n\(remark)\n") }
    default:
      let text = BoxText(table, options)
      text.appendHead(to: &bytes)
      try stream(shown, &bytes, sink) { text.appendRows($0, to: &$1) }
      text.appendFoot(to: &bytes)
    }
  }

  private func writePage(_ table: ResultTable, _ bytes: inout [UInt8], _ sink: TextSink) throws {
    let page = HTMLText(table, options)
    let shown = min(table.rowCount, options.maxRows ?? .max)
    page.appendHead(to: &bytes)
    try stream(shown, &bytes, sink) { page.appendRows($0, to: &$1) }
    page.appendFoot(shown: shown, to: &bytes)
  }

  /// Appends the picture of the table's shape; `false` when it has none.
  private func appendChart(_ table: ResultTable, to bytes: inout [UInt8]) -> Bool {
    guard table.rowCount > 0, let chart = chart(of: table) else { return false }
    chart.append(to: &bytes)
    return true
  }

  private func chart(of table: ResultTable) -> (any Picture)? {
    switch table.shape {
    case .funnel: FunnelChart(table, options)
    case .retention: RetentionChart(table, options)
    case .series: SparklineChart(table, options)
    case .bars: BarsChart(table, options)
    case .rfm: RFMChart(table, options)
    case .survival: SurvivalChart(table, options)
    case .quality: QualityChart(table, options)
    case .table, .profile, .message: nil
    }
  }

  /// Lets `append` write the rows batch by batch and hands the bytes on when enough have come together.
  private func stream(
    _ count: Int, _ bytes: inout [UInt8], _ sink: TextSink, _ append: (Range<Int>, inout [UInt8]) -> Void
  ) throws {
    var row = 0
    while row < count {
      let end = min(row + ResultRenderer.batch, count)
      append(row..<end, &bytes)
      if bytes.count >= ResultRenderer.piece { try flush(&bytes, sink) }
      row = end
    }
  }

  private func flush(_ bytes: inout [UInt8], _ sink: TextSink) throws {
    if !bytes.isEmpty { try sink(bytes.span) }
    bytes.removeAll(keepingCapacity: true)
  }

  private static let batch = 512
  private static let piece = 65_536
}

/// What a result looks like, on a terminal or in a page.
protocol Picture {
  func append(to bytes: inout [UInt8])
}
