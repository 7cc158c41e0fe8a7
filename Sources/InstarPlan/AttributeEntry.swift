internal import InstarColumns
internal import InstarSyntax

/// One name that has a value for every user, with the expression behind it: for PROFILE, SHOW ATTRIBUTES and DESCRIBE.
package struct AttributeEntry: Sendable, Hashable {
  package enum Origin: String, Sendable, Hashable {
    case builtIn = "built in"
    case score
    case defined
    case lifecycle
  }

  package var name: String
  package var origin: Origin
  /// Level `user`, looking from the moment of the statement.
  package var expression: Expression
  /// What the name stands for, in the words of the language.
  package var definition: String
}

extension Resolver {
  /// All attributes, life cycles and scores that have values in the store, in the order: built in, scores, defined,
  /// life cycles. Those that need a goal, amounts or a name that is gone are left out.
  package static func attributes(in catalog: some Catalog) -> [AttributeEntry] {
    let text = PlanText(catalog)
    let names = NameIndex(catalog)
    var candidates = BuiltinAttribute.names.map { ($0, AttributeEntry.Origin.builtIn) }
    candidates.removeAll { names.definition(.lifecycle, $0.0) != nil }
    candidates += BuiltinScore.names.map { ($0, .score) }
    candidates += catalog.definitions.filter { $0.kind == .attribute }.map { ($0.name, .defined) }
    candidates += catalog.definitions.filter { $0.kind == .lifecycle }.map { ($0.name, .lifecycle) }
    return candidates.compactMap { name, origin in
      guard let expression = attribute(name, in: catalog) else { return nil }
      return AttributeEntry(
        name: name, origin: origin, expression: expression, definition: text.text(expression))
    }
  }

  private static func attribute(_ name: String, in catalog: some Catalog) -> Expression? {
    let resolution = resolution(
      source: name, in: catalog, parameters: [:], session: SessionDefinitions(), systemTime: catalog.lastEvent ?? 0)
    let place = SourceRange(0, name.utf8.count)
    return resolution.attempt { () throws(Failure) in
      try resolution.name(WordPath([Word(name, at: place)], at: place), in: .users)
    }
  }
}
