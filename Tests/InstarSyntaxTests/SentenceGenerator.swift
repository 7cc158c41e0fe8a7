/// Makes sentences from the grammar. The same seed makes the same sentences.
struct SentenceGenerator {
  private let grammar: Grammar
  private var random: SplitMix64
  /// The least number of rules inside one another that a rule needs.
  private var leastDepth: [String: Int] = [:]

  init(_ grammar: Grammar, seed: UInt64) {
    self.grammar = grammar
    random = SplitMix64(state: seed)
    var isChanged = true
    while isChanged {
      isChanged = false
      for (name, form) in grammar.rules {
        let depth = least(form).map { $0 + 1 }
        if let depth, depth < leastDepth[name] ?? Int.max {
          leastDepth[name] = depth
          isChanged = true
        }
      }
    }
  }

  /// A sentence of the rule, its words between blanks.
  mutating func sentence(_ rule: String, depth: Int) -> String {
    var words: [String] = []
    write(.rule(rule), depth, &words)
    return words.joined(separator: " ")
  }

  private func least(_ form: Grammar.Form) -> Int? {
    switch form {
    case .literal, .terminal, .optional, .many: return 0
    case .rule(let name): return leastDepth[name]
    case .some(let form): return least(form)
    case .choice(let forms): return forms.compactMap(least).min()
    case .sequence(let forms):
      var most = 0
      for form in forms {
        guard let depth = least(form) else { return nil }
        most = max(most, depth)
      }
      return most
    }
  }

  private mutating func write(_ form: Grammar.Form, _ depth: Int, _ words: inout [String]) {
    switch form {
    case .literal(let text): words.append(text)
    case .terminal(let name): words.append(terminal(name))
    case .rule(let name): write(grammar.rules[name]!, depth - 1, &words)
    case .sequence(let forms): for form in forms { write(form, depth, &words) }
    case .choice(let forms):
      let affordable = forms.filter { least($0)! <= max(0, depth) }
      let choices = affordable.isEmpty ? [forms.min { least($0)! < least($1)! }!] : affordable
      write(choices[random.below(choices.count)], depth, &words)
    case .optional(let form):
      if depth >= least(form)!, random.below(3) == 0 { write(form, depth, &words) }
    case .many(let form):
      while depth >= least(form)!, random.below(4) == 0 { write(form, depth, &words) }
    case .some(let form):
      repeat { write(form, depth, &words) } while depth >= least(form)! && random.below(4) == 0
    }
  }

  private mutating func terminal(_ name: String) -> String {
    let choices =
      switch name {
      case "NAME": ["purchase", "country", "Größe", "\"home city\"", "\"where\"", "x1", "_a", "\"b\"\"c\""]
      case "NOUN": ["patients", "\"items\"", "treatments"]
      case "FUNCTION": ["sum", "users", "f"]
      case "TEXT": ["'TR'", "''", "'it''s'", "'Order Completed'", "'purchase'", "'then'"]
      case "INTEGER": ["0", "1", "2", "30"]
      case "REAL": ["0.5", "12.0"]
      case "DATE":
        ["@2026", "@2026-Q1", "@2026-W07", "@2026-03", "@2026-03-15", "@2026-03-15T10:30", "@2024-02-29T23:59:59"]
      case "PARAMETER": ["$n", "$least"]
      default: fatalError("no terminal \(name)")
      }
    return choices[random.below(choices.count)]
  }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014).
struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}
