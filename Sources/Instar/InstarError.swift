public import InstarSyntax

/// Why something could not be done, in words for the person at the keyboard.
///
/// ```swift
/// do {
///   try database.query("SEGMENT users WHERE did purchse")
/// } catch InstarError.unknownEvent {
///   ...                                    // one kind of error
/// } catch let error as InstarError {
///   print(error.code, error.message)       // E0102 no event named 'purchse'
///   print(error.renderedText())            // the line with a caret under the place
/// }
/// ```
///
/// All functions of this library throw this type, except where they pass on what a closure of the application threw.
public struct InstarError: Error, Sendable, Hashable {
  /// The kind of error: `E` and four digits. Each has a heading in the reference of errors.
  public struct Code: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    init(_ rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }

    /// Lets `catch InstarError.cancelled` match by kind.
    public static func ~= (code: Code, error: any Error) -> Bool { (error as? InstarError)?.code == code }
  }

  public var code: Code
  /// One plain sentence, without a full stop.
  public var message: String
  /// What to do about it, or `nil`.
  public var help: String?
  /// Where in the text of the statement, in UTF-8 bytes from its start; `nil` if no place in it is to blame.
  public var range: SourceRange?
  /// Line and column of `range` as people count, from 1.
  public var position: Position?
  /// Everything that is wrong with the text, in its order; the first of them is this error. Empty where the text is fine
  /// and something else failed.
  public var diagnostics: [Diagnostic]

  /// A place in a text as people count: lines and characters from 1.
  public struct Position: Sendable, Hashable {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }
  }

  package init(_ code: Code, _ message: String, help: String? = nil) {
    self.code = code
    self.message = message
    self.help = help.flatMap { $0.isEmpty ? nil : $0 }
    diagnostics = []
  }

  /// - Precondition: there is at least one diagnostic.
  package init(_ diagnostics: [Diagnostic]) {
    let first = diagnostics.first(where: \.isError) ?? diagnostics[0]
    code = Code(first.code)
    message = first.message
    help = first.help
    range = first.range
    position = first.range.map { range in
      let place = SourcePlace(range, in: first.source)
      return Position(line: place.line, column: place.column)
    }
    self.diagnostics = diagnostics
  }

  /// The error as the shell prints it: code, place and sentence, the line with a caret, and the likely fix.
  ///
  /// - Parameters:
  ///   - usesColor: whether to use the escape sequences of a terminal.
  ///   - width: the widest excerpt of a line, in columns.
  public func renderedText(usesColor: Bool = false, width: Int = 100) -> String {
    let renderer = DiagnosticRenderer(usesColor: usesColor, width: width)
    if !diagnostics.isEmpty { return renderer.render(diagnostics) }
    return renderer.render(
      Diagnostic(code: code.rawValue, message: message, range: nil, help: help, source: ""))
  }
}

extension InstarError: CustomStringConvertible {
  public var description: String { renderedText() }
}

/// The kinds that applications react to. Others are known by their code.
extension InstarError {
  /// No event of this name.
  public static let unknownEvent = Code("E0102")
  /// A `$name` without a value.
  public static let missingParameter = Code("E0109")
  /// A step that this version does not have yet.
  public static let notAvailable = Code("E0501")
  /// A statement reads or writes files, which the configuration bars.
  public static let filesBarred = Code("E0502")
  /// There is no store at the path.
  public static let storeNotFound = Code("E0620")
  /// The file is not an Instar store.
  public static let notAStore = Code("E0622")
  /// The file was written by a newer version.
  public static let newerFormat = Code("E0624")
  /// The file is damaged.
  public static let corrupt = Code("E0625")
  public static let permissionDenied = Code("E0626")
  /// Something was to be written to a store that is only read.
  public static let readOnly = Code("E0627")
  public static let diskFull = Code("E0628")
  /// An event or a property has a value that the store cannot take.
  public static let invalidInput = Code("E0639")
  /// The database was closed.
  public static let closed = Code("E0641")
  /// The store is encrypted, and no key was given.
  public static let encrypted = Code("E0642")
  /// The key does not open the store, or is none.
  public static let wrongKey = Code("E0643")
  /// A key was given for a store that is not encrypted.
  public static let notEncrypted = Code("E0644")
  /// ``Cancellation/cancel()``, a cancelled task, or Ctrl-C.
  public static let cancelled = Code("E0801")
  /// The statement ran longer than its time-out.
  public static let timedOut = Code("E0802")
  /// An ASSERT did not hold.
  public static let assertionFailed = Code("E0803")
  /// The result has more rows than a limit allows.
  public static let tooManyRows = Code("E0808")
  /// The statement took more memory than a limit allows.
  public static let outOfMemory = Code("E0809")
  /// A row does not fit the type that it was to be decoded into.
  public static let decodingFailed = Code("E0811")
}
