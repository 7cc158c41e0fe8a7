internal import InstarExecution
internal import InstarPlan
package import InstarSyntax

/// The names that may stand in a statement on one store, by kind: what completion offers.
package struct StoreNames: Sendable {
  package var names: [NameKind: [String]] = [:]

  package init() {}

  /// The names that fit where `completions` was asked, sorted.
  package func names(for completions: Completions) -> [String] {
    var found: Set<String> = []
    for kind in completions.names {
      switch kind {
      case .anything: for list in names.values { found.formUnion(list) }
      case .option: found.formUnion(Self.options[completions.step] ?? [])
      case .method: found.formUnion(Self.methods[completions.step] ?? [])
      default: found.formUnion(names[kind] ?? [])
      }
    }
    return found.sorted()
  }

  static let functions = [
    "avg", "bucket", "coalesce", "count", "date", "day_of_week", "days", "distinct", "first", "hour_of_day", "last",
    "lower", "max", "median", "min", "month_of_year", "recency", "round", "since", "sum", "upper", "users",
  ]

  private static let options: [Keyword?: [String]] = [
    .funnel: ["entry", "tolerance", "value_at", "cut"],
    .retention: ["criterion", "measure", "average"],
    .recommend: ["diversity", "rerank", "measure", "relation"],
    .export: ["header", "bom"],
    .import: ["timezone", "dry_run", "on_duplicate", "event"],
  ]

  private static let methods: [Keyword?: [String]] = [
    .retention: ["rolling", "calendar"],
    .recommend: [
      "hybrid", "taste", "next", "trend", "popular", "content", "cooc", "userknn", "als", "transfer", "community",
    ],
  ]
}

extension Database {
  /// The attributes and scores that every store has.
  package static let builtinNames = [
    "active_days", "aov", "cycle", "cycle_spread", "first_seen", "frequency", "last_seen", "loyalty", "monetary",
    "recency", "stage", "tenure",
  ]

  /// The names of the store at this moment.
  package func names() throws -> StoreNames {
    let catalog: StoreCatalog
    do { catalog = try engine.store.read { try StoreCatalog($0) } } catch { throw InstarError(error) }
    func defined(_ kind: InstarPlan.DefinitionKind) -> [String] {
      catalog.definitions.filter { $0.kind == kind }.map(\.name)
    }
    var result = StoreNames()
    result.names[.event] = ["event"] + catalog.eventTypes.map(\.name) + defined(.event)
    result.names[.property] = catalog.properties.map(\.name) + defined(.attribute) + Self.builtinNames
    result.names[.segment] = [catalog.settings.userNoun] + defined(.segment) + catalog.snapshots.map(\.name)
    result.names[.model] = defined(.model)
    result.names[.funnel] = defined(.funnel)
    result.names[.lifecycle] = defined(.lifecycle)
    result.names[.table] = catalog.tables.map(\.name)
    result.names[.noun] = [catalog.settings.userNoun]
    result.names[.function] = StoreNames.functions
    result.names[.role] = ["user", "time", "event", "item", "order", "amount", "quantity", "id", "title"]
    result.names[.settingValue] = [
      "monday", "sunday", "last_event", "system", "warn", "error", "rows", "seconds", "megabytes",
    ]
    return result
  }
}
