extension Formatter {
  /// A name as it must be written to be read as a name: in double quotes unless it is a plain word and no keyword.
  ///
  /// - Complexity: O(*n*) in the length of the name.
  package static func quotedName(_ text: String) -> String {
    isPlainWord(text) ? text : "\"" + doubled(text, "\"") + "\""
  }

  /// A text in single quotes.
  package static func quotedText(_ text: String) -> String {
    "'" + doubled(text, "'") + "'"
  }

  private static func doubled(_ text: String, _ quote: Character) -> String {
    guard text.contains(quote) else { return text }
    return String(text.flatMap { $0 == quote ? [quote, quote] : [$0] })
  }

  /// Whether the text is read as one word that is no keyword.
  static func isPlainWord(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, first == "_" || first.properties.isXIDStart else { return false }
    return text.unicodeScalars.allSatisfy { $0.properties.isXIDContinue } && Keyword.spelled(text) == nil
  }

  static func name(_ name: Name) -> String {
    name.isQuoted ? quotedName(name.text) : name.text
  }

  static func names(_ names: [Name]) -> String { list(names, name) }

  static func list<Element>(_ elements: [Element], _ text: (Element) -> String) -> String {
    elements.map(text).joined(separator: ", ")
  }

  static func path(_ path: PropertyPath) -> String {
    path.names.map(name).joined(separator: ".")
  }

  /// - Parameter isCertain: whether the place says that an event is meant; else quotes have to.
  static func eventName(_ name: EventName, isCertain: Bool = true) -> String {
    if name.spelling == .plain { return name.text }
    return isCertain && isPlainWord(name.text) ? name.text : quotedText(name.text)
  }

  static func parameter(_ parameter: Parameter) -> String { "$" + parameter.name }

  static func count(_ count: Count) -> String {
    switch count.kind {
    case .literal(let value): String(value)
    case .parameter(let value): parameter(value)
    }
  }

  static func text(_ text: TextValue) -> String {
    switch text.kind {
    case .literal(let value): quotedText(value)
    case .parameter(let value): parameter(value)
    }
  }

  static func model(_ model: ModelReference) -> String {
    name(model.name) + (model.version.map { "@" + count($0) } ?? "")
  }

  static func entity(_ entity: EntityReference) -> String {
    let kind = entity.kind == .user ? "USER " : "ITEM "
    return switch entity.identifier {
    case .text(let value): kind + quotedText(value)
    case .integer(let value): kind + String(value)
    case .parameter(let value): kind + parameter(value)
    }
  }

  static func subject(_ subject: ProfileSubject) -> String {
    switch subject {
    case .entity(let value): entity(value)
    case .segment(let segment): "SEGMENT " + name(segment)
    }
  }
}
