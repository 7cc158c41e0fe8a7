package import InstarCalendar
package import InstarColumns
package import InstarSyntax

/// What is wrong with a statement: one or more diagnostics, in the order of the text.
package struct ResolutionFailure: Error, Sendable, Hashable {
  package var diagnostics: [Diagnostic]

  package init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }
}

/// From the syntax tree to a logical statement: binds names, checks types, chooses defaults, fixes the moment.
///
/// Pure: the same tree, catalog, parameters, session and time give the same result. Complexity: linear in the length
/// of the statement and of the definitions that it uses, plus one pass over the catalog's names.
package enum Resolver {
  /// Resolves one statement.
  /// - Parameters:
  ///   - statement: the tree, as the parser gave it.
  ///   - source: the whole text that the tree's ranges count in.
  ///   - catalog: what the store knows.
  ///   - parameters: the values of `$name`, without the `$`.
  ///   - session: what LET defined.
  ///   - systemTime: the system's clock, milliseconds since 1970; read where the store's clock says so.
  package static func resolve(
    _ statement: Statement, source: String, in catalog: some Catalog, parameters: [String: Value] = [:],
    session: SessionDefinitions = SessionDefinitions(), systemTime: Int64
  ) -> Result<LogicalStatement, ResolutionFailure> {
    let resolution = resolution(
      source: source, in: catalog, parameters: parameters, session: session, systemTime: systemTime)
    let result = resolution.attempt { () throws(Failure) in try resolution.statement(statement) }
    guard let result, resolution.errors.isEmpty else { return .failure(ResolutionFailure(resolution.sortedErrors)) }
    return .success(result)
  }

  /// The catalogue of interactions from its stored definition.
  static func catalogDefinition(
    _ entry: DefinitionEntry, in catalog: some Catalog
  ) -> Result<CatalogDefinition, ResolutionFailure> {
    let resolution = resolution(
      source: entry.statement, in: catalog, parameters: [:], session: SessionDefinitions(),
      systemTime: catalog.lastEvent ?? 0)
    let parsed = Parser.parse(entry.statement)
    guard case .define(let definition) = parsed.statements.first?.body, case .catalog(let tree) = definition.kind else {
      return .failure(ResolutionFailure(parsed.diagnostics))
    }
    let result = resolution.attempt { () throws(Failure) in try resolution.interactions(tree) }
    return result.map { .success($0) } ?? .failure(ResolutionFailure(resolution.sortedErrors))
  }

  static func resolution(
    source: String, in catalog: some Catalog, parameters: [String: Value], session: SessionDefinitions,
    systemTime: Int64
  ) -> Resolution {
    let settings = catalog.settings
    return Resolution(
      source: source, catalog: catalog, names: NameIndex(catalog), calendar: settings.calendar, parameters: parameters,
      session: session, moment: settings.clock.now(lastEvent: catalog.lastEvent, systemTime: systemTime))
  }
}

extension Settings {
  /// The calendar of the store. A zone that this system no longer knows counts as UTC; SET TIMEZONE checks names.
  package var calendar: Calendar {
    let zone: Zone
    do { zone = try Zone.named(timeZone) } catch { zone = .utc }
    return Calendar(zone: zone, weekStart: Weekday(name: weekStart) ?? .monday)
  }
}

extension Settings.Clock {
  /// The present moment. Events at or after it are not seen, so the clock of the last event stands just behind it.
  package func now(lastEvent: Int64?, systemTime: Int64) -> Int64 {
    switch self {
    case .lastEvent: lastEvent.map { $0 + 1 } ?? systemTime
    case .system: systemTime
    case .fixed(let instant): instant
    }
  }
}

extension Resolution {
  var sortedErrors: [Diagnostic] {
    errors.sorted { ($0.range?.lowerBound ?? 0) < ($1.range?.lowerBound ?? 0) }
  }

  /// The canonical form of the statement at hand, changed by `change` first.
  func canonical(_ change: (inout Statement) -> Void = { _ in }) -> String {
    guard var copy = tree else { return "" }
    change(&copy)
    return Formatter.format(copy) + ";"
  }

  func statement(_ tree: Statement) throws(Failure) -> LogicalStatement {
    self.tree = tree
    if let asOf = tree.asOf { moment = try instant(asOf) }
    if tree.asOf != nil || tree.explain != nil {
      guard case .pipeline = tree.body else {
        throw fail(
          .wrongRows, at: tree.range, "AS OF and EXPLAIN stand before a query",
          help: "queries start with SEGMENT, EVENTS, ITEMS, TABLE, SHOW or a step")
      }
    }
    let statement = try management(tree.body, at: tree.range)
    guard let explain = tree.explain, case .query(let plan) = statement else { return statement }
    return .explain(plan, analyze: explain == .analyze, statement: canonical { $0.explain = nil })
  }
}
