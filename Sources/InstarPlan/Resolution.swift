internal import InstarCalendar
package import InstarColumns
internal import InstarSyntax

/// The first thing that is wrong in a part of a statement.
struct Failure: Error {
  var diagnostic: Diagnostic
}

/// One statement being resolved: the names of the store, the values of parameters, the moment, and what was found.
///
/// A definition that the statement uses is resolved by a resolution of its own (``nested(source:name:)``), which shares
/// the names and reports its errors at the place of use.
final class Resolution {
  let catalog: any Catalog
  let names: NameIndex
  let calendar: Calendar
  let parameters: [String: Value]
  let session: SessionDefinitions
  /// The text that ranges count in.
  let source: String
  /// The moment of the statement, milliseconds since 1970.
  var moment: Int64
  /// The moment of a statement without AS OF.
  let presentMoment: Int64
  /// The definitions that are being resolved, outermost first.
  let stack: [String]
  private let budget: Budget
  /// Shared by the resolutions of one statement.
  let inventions: Inventions
  /// Whether the statement is stored, so that parameters would lose their values.
  var isStored = false
  /// The statement being resolved; `nil` in a definition that another statement uses.
  var tree: Statement?
  /// Whether windows may look past the moment: in the target of a model.
  var looksAhead = false
  /// Where parameters stood, so that SAVE AS can refuse them.
  var usedParameters: [SourceRange] = []

  var errors: [Diagnostic] = []
  var notes: [String] = []
  var defaults: [String] = []

  init(
    source: String, catalog: any Catalog, names: NameIndex, calendar: Calendar, parameters: [String: Value],
    session: SessionDefinitions, moment: Int64, stack: [String] = [], budget: Budget = Budget(),
    inventions: Inventions = Inventions()
  ) {
    self.source = source
    self.catalog = catalog
    self.names = names
    self.calendar = calendar
    self.parameters = parameters
    self.session = session
    self.moment = moment
    presentMoment = moment
    self.stack = stack
    self.budget = budget
    self.inventions = inventions
  }

  /// A resolution of the text of a definition.
  func nested(source: String, name: String, parameters: [String: Value] = [:], moment: Int64? = nil) -> Resolution {
    Resolution(
      source: source, catalog: catalog, names: names, calendar: calendar, parameters: parameters, session: session,
      moment: moment ?? self.moment, stack: stack + [name], budget: budget, inventions: inventions)
  }

  /// Rows of single users are shown and written only where no privacy threshold is set.
  func checkPrivacy(_ what: String, at range: SourceRange) throws(Failure) {
    let threshold = catalog.settings.privacyThreshold
    guard threshold > 0 else { return }
    throw fail(
      .privateRows, at: range, "\(what) shows single users, and the privacy threshold is \(threshold)",
      help: "SET PRIVACY THRESHOLD 0, or a summary: it hides groups of fewer than \(threshold) users")
  }

  /// Definitions are inlined where they are used, so a few that use one another twice could grow without end.
  func spend(at range: SourceRange) throws(Failure) {
    budget.inlined += 1
    guard budget.inlined > Budget.limit else { return }
    throw fail(
      .tooManyDefinitions, at: range,
      "the statement uses more than \(Names.grouped(Budget.limit)) definitions inside definitions",
      help: "ADD the value once and use its column")
  }

  func fail(_ code: DiagnosticCode, at range: SourceRange?, _ message: String, help: String? = nil) -> Failure {
    Failure(diagnostic: Diagnostic(code: code.rawValue, message: message, range: range, help: help, source: source))
  }

  func unavailable(_ feature: Unavailable, at range: SourceRange?) -> Failure {
    fail(
      .notAvailable, at: range, "\(feature.rawValue) is not available in this version",
      help: feature.instead)
  }

  /// A warning: it goes into the receipt and stops nothing.
  func warn(_ code: DiagnosticCode, _ text: String) { note("\(code.rawValue) \(text)") }

  private func note(_ text: String) {
    if !notes.contains(text) { notes.append(text) }
  }

  /// Takes over what a nested resolution noted.
  func adopt(_ inner: Resolution) {
    for text in inner.notes { note(text) }
    for text in inner.defaults { useDefault(text) }
  }

  func useDefault(_ text: String) {
    if !defaults.contains(text) { defaults.append(text) }
  }

  /// The text as written at `range`, with runs of white space as one space.
  func text(at range: SourceRange) -> String {
    let bytes = Array(source.utf8)
    guard range.upperBound <= bytes.count else { return "" }
    var words: [UInt8] = []
    for byte in bytes[range.lowerBound..<range.upperBound] {
      let isSpace = byte == 32 || (byte >= 9 && byte <= 13)
      if !isSpace {
        words.append(byte)
      } else if words.last != 32 {
        words.append(32)
      }
    }
    return String(decoding: words, as: UTF8.self)
  }

  /// Runs `body` and keeps its error, so that more of a statement can be checked.
  func attempt<T>(_ body: () throws(Failure) -> T) -> T? {
    do { return try body() } catch {
      if !errors.contains(error.diagnostic) { errors.append(error.diagnostic) }
      return nil
    }
  }

  func each<T, U>(_ elements: [T], _ body: (T) throws(Failure) -> U) throws(Failure) -> [U] {
    var results: [U] = []
    results.reserveCapacity(elements.count)
    for element in elements { results.append(try body(element)) }
    return results
  }

  func optional<T, U>(_ value: T?, _ body: (T) throws(Failure) -> U) throws(Failure) -> U? {
    guard let value else { return nil }
    return try body(value)
  }
}

/// How many definitions one statement has inlined so far.
final class Budget {
  static let limit = 2_000
  var inlined = 0
}

/// What `LET` defined in this session.
package struct SessionDefinitions: Sendable, Hashable {
  package struct Entry: Sendable, Hashable {
    /// The whole LET statement.
    package var statement: String
    /// The parameters that it was made with.
    package var parameters: [String: Value]

    package init(statement: String, parameters: [String: Value] = [:]) {
      self.statement = statement
      self.parameters = parameters
    }
  }

  package var entries: [String: Entry]

  package init(_ entries: [String: Entry] = [:]) { self.entries = entries }
}
