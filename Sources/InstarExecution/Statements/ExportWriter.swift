import InstarCalendar
import InstarColumns
import InstarRendering
import InstarPlan

/// EXPORT TO: a table as a file, by the ending of its name: csv, tsv, jsonl, json, md.
struct ExportWriter {
  let environment: QueryEnvironment
  let options: [String: Value]

  /// Returns the number of rows written. The file appears only when it is whole.
  func write(_ table: Table, to path: String) throws -> Int {
    let format = try format(path)
    let file = try OutputFile(path)
    if options["bom"] == .boolean(true) { try file.write([0xEF, 0xBB, 0xBF].span) }
    let result = ResultTable(columns: table.columns)
    var render = RenderOptions(format, zone: environment.calendar.zone)
    render.maxRows = nil
    render.header = options["header"] != .boolean(false)
    try ResultRenderer(render).write(result) { try file.write($0) }
    try file.finish()
    return table.rowCount
  }

  private func format(_ path: String) throws -> OutputFormat {
    let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
    switch ending {
    case "csv": return .csv
    case "tsv": return .tsv
    case "jsonl", "ndjson": return .jsonl
    case "json": return .json
    case "md": return .markdown
    default:
      throw ExecutionError(
        "E0504", "EXPORT to .\(ending) is not available in this version", help: "end the name in .csv, .tsv, .json, .jsonl or .md")
    }
  }
}
