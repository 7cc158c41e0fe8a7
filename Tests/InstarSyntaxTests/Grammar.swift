/// The rules of `grammar/*.ebnf`, read at run time.
struct Grammar: Sendable {
  indirect enum Form: Sendable {
    /// A keyword or a sign, in single quotes in the file.
    case literal(String)
    /// In capitals in the file: what the lexer reads.
    case terminal(String)
    case rule(String)
    case sequence([Form])
    case choice([Form])
    case optional(Form)
    case many(Form)
    case some(Form)
  }

  private(set) var rules: [String: Form] = [:]
  /// In the order of the files.
  private(set) var names: [String] = []
  /// Rules that are defined twice.
  private(set) var duplicates: [String] = []

  static let language: Grammar = {
    var grammar = Grammar()
    for file in Fixtures.files(in: "grammar", endingIn: ".ebnf") { grammar.add(Fixtures.read("grammar/" + file)) }
    return grammar
  }()

  mutating func add(_ text: String) {
    var reader = GrammarReader(text)
    while let (name, form) = reader.rule() {
      if rules.updateValue(form, forKey: name) != nil { duplicates.append(name) }
      names.append(name)
    }
  }

  /// Every literal, terminal and rule name that the rules mention.
  func mentioned() -> (literals: Set<String>, terminals: Set<String>, rules: Set<String>) {
    var literals: Set<String> = []
    var terminals: Set<String> = []
    var mentions: Set<String> = []
    func walk(_ form: Form) {
      switch form {
      case .literal(let text): literals.insert(text)
      case .terminal(let name): terminals.insert(name)
      case .rule(let name): mentions.insert(name)
      case .sequence(let forms), .choice(let forms): forms.forEach(walk)
      case .optional(let form), .many(let form), .some(let form): walk(form)
      }
    }
    rules.values.forEach(walk)
    return (literals, terminals, mentions)
  }
}

/// Reads the notation of the W3C: `name ::= 'A' b? ( c | d )*` and comments between `/*` and `*/`.
private struct GrammarReader {
  private var words: [String] = []
  private var position = 0

  init(_ text: String) {
    var rest = Substring(text)
    while let first = rest.first {
      if rest.hasPrefix("/*") {
        while !rest.isEmpty && !rest.hasPrefix("*/") { rest.removeFirst() }
        rest.removeFirst(2)
      } else if first == "'" {
        let end = rest.dropFirst().firstIndex(of: "'")!
        words.append(String(rest[...end]))
        rest = rest[rest.index(after: end)...]
      } else if first.isLetter {
        let word = rest.prefix { $0.isLetter || $0.isNumber }
        words.append(String(word))
        rest = rest.dropFirst(word.count)
      } else if rest.hasPrefix("::=") {
        words.append("::=")
        rest = rest.dropFirst(3)
      } else {
        if !first.isWhitespace { words.append(String(first)) }
        rest.removeFirst()
      }
    }
  }

  private func peek(_ distance: Int = 0) -> String {
    position + distance < words.count ? words[position + distance] : ""
  }

  mutating func rule() -> (String, Grammar.Form)? {
    guard position < words.count else { return nil }
    precondition(peek(1) == "::=", "a rule starts with a name and ::=, not with \(peek()) \(peek(1))")
    let name = peek()
    position += 2
    return (name, choice())
  }

  private mutating func choice() -> Grammar.Form {
    var forms = [sequence()]
    while peek() == "|" {
      position += 1
      forms.append(sequence())
    }
    return forms.count == 1 ? forms[0] : .choice(forms)
  }

  private mutating func sequence() -> Grammar.Form {
    var forms: [Grammar.Form] = []
    while position < words.count, peek() != "|", peek() != ")", peek(1) != "::=" { forms.append(repeated()) }
    return forms.count == 1 ? forms[0] : .sequence(forms)
  }

  private mutating func repeated() -> Grammar.Form {
    var form = single()
    while true {
      switch peek() {
      case "?": form = .optional(form)
      case "*": form = .many(form)
      case "+": form = .some(form)
      default: return form
      }
      position += 1
    }
  }

  private mutating func single() -> Grammar.Form {
    let word = peek()
    position += 1
    if word == "(" {
      let form = choice()
      precondition(peek() == ")", "a bracket is not closed before \(peek())")
      position += 1
      return form
    }
    if word.hasPrefix("'") { return .literal(String(word.dropFirst().dropLast())) }
    return word == word.uppercased() ? .terminal(word) : .rule(word)
  }
}
