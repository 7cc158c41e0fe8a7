/// The step that is being read: its verb, the clauses it may have in their order, and those that were read.
struct StepContext {
  struct Mark {
    var clause: Clause
    var token: Int
  }

  var verb: Keyword?
  /// The token at which the step starts.
  var start = 0
  /// In the order in which they must stand.
  var clauses: [Clause] = []
  var marks: [Mark] = []
}

/// A clause of a step, as far as its place is concerned.
enum Clause: String, CaseIterable {
  case target = "ITEMS"
  case like = "LIKE"
  case `for` = "FOR"
  case excluding = "EXCLUDING"
  case only = "ONLY"
  case atMost = "AT MOST"
  case `as` = "AS"
  case into = "INTO"
  case on = "ON"
  case map = "MAP"
  case against = "AGAINST"
  case without = "WITHOUT"
  case same = "SAME"
  case within = "WITHIN"
  case by = "BY"
  case during = "DURING"
  case transitions = "TRANSITIONS"
  case using = "USING"
  case with = "WITH"
  case perUser = "PER USER"
  case why = "WHY"

  /// The clause that the keyword and the one behind it start.
  init?(_ keyword: Keyword?, before next: Keyword?) {
    switch keyword {
    case .items: self = .target
    case .like: self = .like
    case .for: self = .for
    case .excluding: self = .excluding
    case .only: self = .only
    case .at where next == .most: self = .atMost
    case .as: self = .as
    case .into: self = .into
    case .on: self = .on
    case .map: self = .map
    case .against: self = .against
    case .without: self = .without
    case .same: self = .same
    case .within: self = .within
    case .by: self = .by
    case .during: self = .during
    case .transitions: self = .transitions
    case .using: self = .using
    case .with: self = .with
    case .per where next == .user: self = .perUser
    case .why: self = .why
    default: return nil
    }
  }

  /// Whether the clause may stand several times in a row.
  var isRepeatable: Bool {
    switch self {
    case .without, .same, .excluding, .only: true
    default: false
    }
  }
}

extension Parser {
  /// Starts a step at the current token, which is its verb.
  mutating func beginStep(_ clauses: Clause...) {
    step = StepContext(verb: current.keyword, start: index, clauses: clauses, marks: [])
  }

  /// Notes that `clause` starts at the current token, if it does.
  mutating func mark(_ clause: Clause) {
    guard Clause(current.keyword, before: ahead(1).keyword) == clause else { return }
    step.marks.append(StepContext.Mark(clause: clause, token: index))
  }
}
