import InstarCalendar
import InstarColumns
import InstarImport
import InstarPlan

/// How the rows of a file become rows of a store: which column or expression fills which role and property.
struct FileLayout: Sendable {
  /// Where a value comes from.
  enum Origin: Sendable {
    /// A column of the chunk, by position.
    case column(Int)
    /// A node of the program over the chunk's columns.
    case node(Int)
    case constant(String)
  }

  struct Target: Sendable {
    var name: String
    var origin: Origin
    var type: ValueType
  }

  var format: FileFormat
  var requests: [ColumnRequest]
  var program: Program
  var roles: [Role: Target]
  var properties: [Target]
  /// The mapping in lines, as an import prints it.
  var lines: [String]
  var calendar: Calendar

  /// Sniffs the file and maps its columns.
  ///
  /// - Throws: `ImportError` where the file or the mapping is at fault, ``ExecutionError`` for an expression.
  init(_ plan: ImportPlan, _ source: ImportSource, kind: RowKind, calendar: Calendar, zoneName: String) throws {
    var sniffing = Sniffer.Options()
    if case .text(let delimiter)? = plan.options["delimiter"] { sniffing.delimiter = delimiter.utf8.first }
    if case .boolean(let header)? = plan.options["header"] { sniffing.hasHeader = header }
    let format = try Sniffer.sniff(source, options: sniffing)
    guard format.sampledRows > 0 else {
      throw ImportError(
        .emptyFile, "the file has a header and no rows", help: "Check that the export that wrote it has finished.",
        file: plan.path)
    }
    var options = RoleMapper.Options()
    options.constantEvent = plan.options["event"] != nil
    options.timeZone = zoneName
    if case .text(let name)? = plan.options["time_format"] {
      guard let known = TimeFormat(name: name) else {
        throw ExecutionError(
          "E0723", "no time format '\(name)'",
          help: "write one of: \(TimeFormat.all.map(\.name).joined(separator: ", "))")
      }
      options.timeFormat = known
    }
    let explicit = plan.mappings.map { mapping in
      ExplicitMapping(
        mapping.target, columns: mapping.source.columnNames, isPlain: mapping.source.plainColumn != nil)
    }
    let mapping = try RoleMapper.map(format, kind: kind, pattern: plan.path, explicit: explicit, options: options)
    let expressions = plan.mappings.filter { $0.source.plainColumn == nil || Role(rawValue: $0.target) == nil }
    let wanted = Set(expressions.flatMap(\.source.columnNames)).compactMap { format.column(named: $0) }.sorted()
    self.format = format
    self.calendar = calendar
    requests = mapping.requests(format, expressions: wanted)
    lines = mapping.lines(format)
    let columns = requests.map { (name: format.columns[$0.column].name, type: $0.conversion.type) }
    let types = FileTypes(columns: columns, file: plan.path)
    var builder = ProgramBuilder(moment: 0, eventTypeCount: 0, hasOrders: false)
    var roles: [Role: Target] = [:]
    var properties: [Target] = []
    for entry in mapping.entries {
      guard let column = entry.column else { continue }
      let position = requests.firstIndex { $0.column == column && $0.conversion == entry.conversion }
      if let position {
        roles[entry.role] = Target(name: entry.role.rawValue, origin: .column(position), type: entry.conversion.type)
      }
    }
    for item in expressions {
      let typed = try types.typed(item.source)
      let target = Target(name: item.target, origin: .node(builder.add(typed)), type: typed.type)
      if let role = Role(rawValue: item.target) { roles[role] = target } else { properties.append(target) }
    }
    if case .text(let event)? = plan.options["event"], roles[.event] == nil {
      roles[.event] = Target(name: "event", origin: .constant(event), type: .text)
    }
    let taken = Set(properties.map(\.name))
    for column in mapping.properties where !taken.contains(format.columns[column].name) {
      let position = requests.firstIndex { $0.column == column && $0.conversion == format.columns[column].conversion }
      guard let position else { continue }
      properties.append(
        Target(name: format.columns[column].name, origin: .column(position), type: format.columns[column].type))
    }
    self.roles = roles
    self.properties = properties
    program = builder.program
  }

  /// Evaluates over one chunk.
  func evaluator(_ chunk: ImportChunk) -> TableEvaluator {
    let columns = chunk.columns.indices.map { index -> Column in
      // Text becomes codes only where an expression reads it.
      usedColumns.contains(index)
        ? chunk.column(index) : Column(chunk.columns[index].name, type: .boolean, values: .booleans([]))
    }
    return TableEvaluator(
      program: program, table: Table(columns: columns, rowCount: chunk.rowCount), calendar: calendar)
  }

  private var usedColumns: Set<Int> {
    var used: Set<Int> = []
    for node in program.nodes {
      if case .column(let position) = node.operation { used.insert(position) }
    }
    return used
  }
}
