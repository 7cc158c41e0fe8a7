import InstarSyntax

/// Judges sentences by the grammar alone, with no line in common with the parser.
///
/// Earley's algorithm (CACM 13(2), 1970), with the advance over empty rules of Aycock and Horspool (Computer Journal 45(6),
/// 2002). Where a keyword may stand, a word that spells it is the keyword and not a name.
struct Recogniser {
  /// A token of a sentence, as far as the grammar sees it.
  struct Word {
    var kind: Token.Kind
    var keyword: Keyword?
    var text: String
    var isBeforeBracket: Bool
  }

  /// What is known behind some words of a sentence.
  struct Chart {
    fileprivate var sets: [ItemSet] = []
  }

  fileprivate struct Item: Hashable {
    var production: Int32
    var dot: Int32
    var origin: Int32
  }

  fileprivate struct ItemSet {
    var items: [Item] = []
    var known: Set<Item> = []
    /// Items that wait for a symbol.
    var waiting: [Int: [Item]] = [:]
  }

  private var productions: [(left: Int, right: [Int])] = []
  private var productionsOf: [[Int]] = []
  private var isEmpty: [Bool] = []
  private var ruleNumbers: [String: Int] = [:]
  /// Literals and terminals; their symbols are negative.
  private var terminals: [String] = []
  private var terminalNumbers: [String: Int] = [:]
  private let start: Int

  init(_ grammar: Grammar, start name: String) {
    start = 0
    productionsOf = [[]]
    for name in grammar.names where ruleNumbers[name] == nil {
      ruleNumbers[name] = productionsOf.count
      productionsOf.append([])
    }
    for name in grammar.names { add(grammar.rules[name]!, to: ruleNumbers[name]!) }
    addProduction(start, [ruleNumbers[name]!])
    isEmpty = [Bool](repeating: false, count: productionsOf.count)
    var isChanged = true
    while isChanged {
      isChanged = false
      for (left, right) in productions where !isEmpty[left] && right.allSatisfy({ $0 >= 0 && isEmpty[$0] }) {
        isEmpty[left] = true
        isChanged = true
      }
    }
  }

  // MARK: - Productions

  private mutating func addProduction(_ left: Int, _ right: [Int]) {
    productionsOf[left].append(productions.count)
    productions.append((left, right))
  }

  private mutating func newRule() -> Int {
    productionsOf.append([])
    return productionsOf.count - 1
  }

  private mutating func add(_ form: Grammar.Form, to left: Int) {
    switch form {
    case .choice(let forms): for form in forms { add(form, to: left) }
    case .sequence(let forms):
      let right = forms.map { symbol($0) }
      addProduction(left, right)
    default:
      let right = symbol(form)
      addProduction(left, [right])
    }
  }

  private mutating func symbol(_ form: Grammar.Form) -> Int {
    switch form {
    case .literal(let text): return terminal("'" + text)
    case .terminal(let name): return terminal(name)
    case .rule(let name): return ruleNumbers[name]!
    case .sequence, .choice:
      let rule = newRule()
      add(form, to: rule)
      return rule
    case .optional(let form):
      let rule = newRule()
      addProduction(rule, [])
      add(form, to: rule)
      return rule
    case .many(let form):
      let rule = newRule()
      let element = symbol(form)
      addProduction(rule, [])
      addProduction(rule, [rule, element])
      return rule
    case .some(let form):
      let rule = newRule()
      let element = symbol(form)
      addProduction(rule, [element])
      addProduction(rule, [rule, element])
      return rule
    }
  }

  private mutating func terminal(_ name: String) -> Int {
    if let number = terminalNumbers[name] { return number }
    terminals.append(name)
    terminalNumbers[name] = -terminals.count
    return -terminals.count
  }

  // MARK: - Recognition

  static func words(_ text: String) -> [Word] {
    let bytes = Array(text.utf8)
    let tokens = Lexer(text).tokens
    return tokens.indices.dropLast().map { index in
      let token = tokens[index]
      let text = String(decoding: bytes[token.range.lowerBound..<token.range.upperBound], as: UTF8.self)
      return Word(
        kind: token.kind, keyword: token.keyword, text: text,
        isBeforeBracket: tokens[index + 1].kind == .leftParenthesis)
    }
  }

  func accepts(_ words: [Word]) -> Bool {
    var chart = emptyChart()
    for word in words where !advance(&chart, over: word) { return false }
    return isComplete(chart)
  }

  func emptyChart() -> Chart {
    var chart = Chart(sets: [ItemSet()])
    add(Item(production: Int32(productionsOf[start][0]), dot: 0, origin: 0), to: &chart.sets[0])
    close(&chart)
    return chart
  }

  /// The chart behind its first `count` words.
  func prefix(_ chart: Chart, _ count: Int) -> Chart { Chart(sets: Array(chart.sets.prefix(count + 1))) }

  /// `false` if no sentence goes on with the word.
  func advance(_ chart: inout Chart, over word: Word) -> Bool {
    let last = chart.sets.count - 1
    let symbols = matches(word, chart)
    chart.sets.append(ItemSet())
    for symbol in symbols {
      for item in chart.sets[last].waiting[symbol] ?? [] {
        add(Item(production: item.production, dot: item.dot + 1, origin: item.origin), to: &chart.sets[last + 1])
      }
    }
    close(&chart)
    return !chart.sets[last + 1].items.isEmpty
  }

  func isComplete(_ chart: Chart) -> Bool {
    chart.sets.last!.items.contains { $0.dot == 1 && productions[Int($0.production)].left == start }
  }

  /// The keywords that may come next, in capitals.
  func keywords(_ chart: Chart) -> Set<String> {
    var keywords: Set<String> = []
    for symbol in chart.sets.last!.waiting.keys where symbol < 0 {
      let name = terminals[-symbol - 1]
      if name.hasPrefix("'"), name.dropFirst().first!.isLetter { keywords.insert(String(name.dropFirst())) }
    }
    return keywords
  }

  private func matches(_ word: Word, _ chart: Chart) -> [Int] {
    let waiting = chart.sets.last!.waiting
    func among(_ names: [String]) -> [Int] {
      names.compactMap { terminalNumbers[$0] }.filter { waiting[$0] != nil }
    }
    switch word.kind {
    case .word:
      if word.keyword != nil, case let keyword = among(["'" + word.text.uppercased()]), !keyword.isEmpty {
        return keyword
      }
      return among(
        ["NAME"] + (word.isBeforeBracket ? ["FUNCTION"] : []) + (word.keyword == nil ? ["NOUN"] : []))
    case .quotedName: return among(["NAME", "NOUN"])
    case .text: return among(["TEXT"])
    case .integer: return among(["INTEGER"])
    case .real: return among(["REAL"])
    case .date: return among(["DATE"])
    case .parameter: return among(["PARAMETER"])
    default: return among(["'" + word.text])
    }
  }

  private func add(_ item: Item, to set: inout ItemSet) {
    guard set.known.insert(item).inserted else { return }
    set.items.append(item)
    let right = productions[Int(item.production)].right
    if Int(item.dot) < right.count { set.waiting[right[Int(item.dot)], default: []].append(item) }
  }

  /// Predicts and completes until nothing is new.
  private func close(_ chart: inout Chart) {
    let last = chart.sets.count - 1
    var next = 0
    while next < chart.sets[last].items.count {
      let item = chart.sets[last].items[next]
      next += 1
      let (left, right) = productions[Int(item.production)]
      if Int(item.dot) == right.count {
        for waiting in chart.sets[Int(item.origin)].waiting[left] ?? [] {
          add(
            Item(production: waiting.production, dot: waiting.dot + 1, origin: waiting.origin), to: &chart.sets[last])
        }
        continue
      }
      let symbol = right[Int(item.dot)]
      guard symbol >= 0 else { continue }
      for production in productionsOf[symbol] {
        add(Item(production: Int32(production), dot: 0, origin: Int32(last)), to: &chart.sets[last])
      }
      if isEmpty[symbol] {
        add(Item(production: item.production, dot: item.dot + 1, origin: item.origin), to: &chart.sets[last])
      }
    }
  }
}
