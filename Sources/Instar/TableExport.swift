internal import InstarCalendar
internal import InstarColumns
internal import InstarExecution
internal import InstarRendering

/// EXPORT TO: a table as a file, by the ending of its name: csv, tsv, jsonl, json, md, html.
enum TableExport {
  /// Writes the table and returns the number of its rows. The file appears only when it is whole.
  @Sendable static func write(
    _ table: ResultTable, to path: String, options: [String: Value], calendar: Calendar
  ) throws -> Int {
    let render = RenderOptions(try format(path), zone: calendar.zone)
    let file = try OutputFile(path)
    if options["bom"] == .boolean(true) { try file.write([0xEF, 0xBB, 0xBF].span) }
    if options["header"] == .boolean(false), render.format == .csv || render.format == .tsv {
      try writeRows(of: table, DelimitedText(render.format == .csv ? .csv : .tsv, zone: calendar.zone), to: file)
    } else {
      try ResultRenderer(render).write(table) { try file.write($0) }
    }
    try file.finish()
    return table.rowCount
  }

  /// The rows without a heading, in pieces.
  private static func writeRows(of table: ResultTable, _ text: DelimitedText, to file: OutputFile) throws {
    let piece = 4096
    var row = 0
    while row < table.rowCount {
      var bytes: [UInt8] = []
      let end = min(row + piece, table.rowCount)
      text.appendRows(row..<end, of: table.columns, to: &bytes)
      try file.write(bytes.span)
      row = end
    }
  }

  private static func format(_ path: String) throws -> OutputFormat {
    let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
    switch ending {
    case "csv": return .csv
    case "tsv": return .tsv
    case "jsonl", "ndjson": return .jsonl
    case "json": return .json
    case "md": return .markdown
    case "html", "htm": return .html
    default:
      throw ExecutionError(
        "E0504", "EXPORT to .\(ending) is not available in this version",
        help: "end the name in .csv, .tsv, .json, .jsonl, .md or .html")
    }
  }
}
