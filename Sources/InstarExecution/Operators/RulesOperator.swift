import InstarBehavior
import InstarCalendar
import InstarColumns
import InstarModels
import InstarPlan

/// RULES: collects baskets while users stream by, then mines what comes together.
struct RulesOperator: UserAnalysis {
  private let plan: RulesPlan
  private let marks: EventMarks
  private let value: Int
  private let valueNumbers: SharedGroups
  private let keys: [Int]
  private let keyNumbers: SharedGroups?
  private let breakdown: Breakdown
  private let log: ModelLog

  private static let basketBit: UInt64 = 1
  private static let withoutBit: UInt64 = 2

  struct State {
    var baskets: Baskets
    /// The breakdown of each basket.
    var groups: [UInt32] = []
    /// The dictionary of the values, once a batch has shown it.
    var values: (any TextDictionary)?
  }

  init(_ plan: RulesPlan, _ builder: inout ProgramBuilder, _ environment: QueryEnvironment) throws {
    self.plan = plan
    log = environment.log
    var bits = [(pattern: builder.add(plan.event), bit: Self.basketBit)]
    for event in plan.without { bits.append((builder.add(event), Self.withoutBit)) }
    // Lines of one order are things of one basket.
    marks = EventMarks(bits, builder, countsOccurrences: false)
    value = builder.add(plan.value)
    func numbers(_ expressions: [Expression]) throws -> SharedGroups {
      try SharedGroups(
        expressions.map { Bucket(.expression($0), name: "key") }, calendar: environment.calendar,
        range: environment.range)
    }
    valueNumbers = try numbers([plan.value])
    let shared = plan.same.compactMap { $0.expression(in: environment) }
    keys = shared.map { builder.add($0) }
    keyNumbers = shared.isEmpty ? nil : try numbers(shared)
    breakdown = try Breakdown(plan.by, &builder, calendar: environment.calendar, range: environment.range)
  }

  func makeState() -> State { State(baskets: Baskets(isOrdered: plan.ordered)) }

  // MARK: - Baskets

  func update(_ state: inout State, _ evaluator: BatchEvaluator, users: [UInt8]) {
    let batch = evaluator.batch
    let masks = marks.rowMasks(evaluator, users: users)
    let rows = masks.indices.filter { masks[$0] != 0 }
    guard !rows.isEmpty else { return }
    let owners = gather(evaluator.owners, rows)
    let codes = breakdown.codes(evaluator)
    let lines = evaluator.withSelection(EventRows(rows: rows, owners: owners)) {
      Lines(
        rows: rows, owners: owners, times: gather(batch.times, rows), keys: keyCodes(evaluator, rows),
        values: valueCodes(evaluator, count: rows.count, &state.values),
        isWithout: rows.map { masks[$0] & Self.withoutBit != 0 })
    }
    var collector = Collector(plan, lines, users: batch.users) { row, owner in
      codes.isEmpty ? 0 : breakdown.grouping == .user ? codes[owner] : codes[row]
    }
    collector.collect(into: &state)
  }

  /// What a row belongs to beside its user; ``Lines/none`` where it lacks a key.
  private func keyCodes(_ evaluator: BatchEvaluator, _ rows: [Int]) -> [UInt64] {
    var codes = [UInt64](repeating: 0, count: rows.count)
    if let keyNumbers {
      let vectors = keys.map { evaluator.events($0).expanded(rows.count) }
      if vectors.count == 1, case .codes(let own, _) = vectors[0].values {
        // The codes of a dictionary are numbers already.
        codes = own.map { UInt64($0) }
      } else {
        codes = keyNumbers.codes(vectors, count: rows.count).map { UInt64($0) }
      }
      for vector in vectors where !vector.present.isEmpty {
        for place in rows.indices where !vector.isPresent(place) { codes[place] = Lines.none }
      }
    }
    guard plan.same.contains(.session) else { return codes }
    let (starts, times) = (evaluator.batch.starts, evaluator.batch.times)
    var numbers = [UInt64](repeating: 0, count: times.count)
    var output = numbers.mutableSpan
    numberSessions(starts: starts.span, times: times.span, gap: SessionsPlan.defaultGap, into: &output)
    for place in rows.indices where codes[place] != Lines.none { codes[place] |= numbers[rows[place]] << 32 }
    return codes
  }

  private func valueCodes(_ evaluator: BatchEvaluator, count: Int, _ dictionary: inout (any TextDictionary)?)
    -> [UInt32]
  {
    let vector = evaluator.events(value).expanded(count)
    var codes: [UInt32]
    if case .codes(let own, let texts) = vector.values {
      dictionary = texts
      codes = own
    } else {
      codes = valueNumbers.codes([vector], count: count)
    }
    guard !vector.present.isEmpty else { return codes }
    for place in codes.indices where !vector.isPresent(place) { codes[place] = Lines.nothing }
    return codes
  }

  // MARK: - Result

  func finish(_ states: [State], _ context: EvaluationContext) -> AnalysisResult {
    var total = makeState()
    for state in states {
      total.baskets.append(contentsOf: state.baskets)
      total.groups += state.groups
      total.values = total.values ?? state.values
    }
    var texts: [String] = []
    if total.values == nil, case .texts(let own)? = valueNumbers.values { texts = own }
    let name: (UInt32) -> String = { total.values?.text($0) ?? texts[Int($0)] }
    log.add(note: "\(total.baskets.count) baskets")
    var result = Result()
    for (group, baskets) in split(total) {
      let mined = AssociationRules(of: baskets, configuration)
      if mined.rules.isEmpty, plan.by.isEmpty { explain(mined, baskets.count) }
      if plan.perUser {
        result.addUsers(baskets, mined.rules, group)
      } else {
        result.add(baskets, mined.rules, group, name)
      }
    }
    return AnalysisResult(table: plan.perUser ? perUser(result) : summary(result))
  }

  private var configuration: AssociationRules.Configuration {
    AssociationRules.Configuration(
      minimumSupport: plan.minimumSupport, minimumConfidence: plan.minimumConfidence,
      maximumLength: plan.maximumLength)
  }

  /// Says why there is no rule, and what to change.
  private func explain(_ mined: AssociationRules, _ baskets: Int) {
    let pairs = (0..<mined.itemsets.count).count { mined.itemsets.set($0).count > 1 }
    let note =
      pairs == 0
      ? "no two things come together in \(mined.leastCount) baskets of \(baskets): try a lower min_support"
      : "\(pairs) sets come together often enough, and none is a rule: try a lower min_confidence"
    log.add(note: note)
  }

  private func split(_ total: State) -> [(group: UInt32, Baskets)] {
    guard !plan.by.isEmpty else { return [(0, total.baskets)] }
    var members: [UInt32: [Int]] = [:]
    for (basket, group) in total.groups.enumerated() { members[group, default: []].append(basket) }
    return breakdown.ordered(total.groups).map { ($0, total.baskets.chosen(members[$0] ?? [])) }
  }

  /// The rows of all groups.
  private struct Result {
    struct Line {
      var rule: AssociationRule
      var antecedent: String
      var consequent: String
      var users: Int
    }

    var lines: [Line] = []
    var groups: [UInt32] = []
    var users: [UInt32] = []
    var matched: [Int64] = []

    mutating func add(
      _ baskets: Baskets, _ rules: [AssociationRule], _ group: UInt32, _ name: (UInt32) -> String
    ) {
      let occurrences = RuleOccurrences(baskets)
      let found = rules.map { rule in
        Line(
          rule: rule, antecedent: rule.antecedent.map(name).sorted().joined(separator: ", "),
          consequent: name(rule.consequent), users: occurrences.users(of: occurrences.baskets(of: rule)))
      }
      lines += found.sorted { left, right in
        if left.rule.lift != right.rule.lift { return left.rule.lift > right.rule.lift }
        if left.rule.count != right.rule.count { return left.rule.count > right.rule.count }
        return (left.antecedent, left.consequent) < (right.antecedent, right.consequent)
      }
      groups += [UInt32](repeating: group, count: found.count)
    }

    /// For each user with a basket the number of rules of which one of his baskets holds both sides.
    mutating func addUsers(_ baskets: Baskets, _ rules: [AssociationRule], _ group: UInt32) {
      let occurrences = RuleOccurrences(baskets)
      let begin = users.count
      var places = [Int](repeating: 0, count: baskets.count)
      for (basket, owner) in baskets.owners.enumerated() {
        if users.count == begin || users[users.count - 1] != owner {
          users.append(owner)
          matched.append(0)
          groups.append(group)
        }
        places[basket] = users.count - 1
      }
      for rule in rules {
        var last = -1
        for basket in occurrences.baskets(of: rule) where places[basket] != last {
          last = places[basket]
          matched[last] += 1
        }
      }
    }
  }

  private func summary(_ result: Result) -> Table {
    let (lines, rules) = (result.lines, result.lines.map(\.rule))
    let columns =
      breakdown.columns(result.groups) + [
        Column("if", type: .text, values: .texts(lines.map(\.antecedent))),
        Column("then", type: .text, values: .texts(lines.map(\.consequent))),
        Column("orders", type: .integer, values: .integers(rules.map { Int64($0.count) })),
        Column("users", type: .integer, values: .integers(lines.map { Int64($0.users) })),
        Column("support", type: .real, values: .reals(rules.map(\.support))),
        Column("confidence", type: .real, values: .reals(rules.map(\.confidence))),
        Column("lift", type: .real, values: .reals(rules.map(\.lift))),
        Column("leverage", type: .real, values: .reals(rules.map(\.leverage))),
        Column("conviction", reals: rules.map(\.conviction)),
      ]
    return Table(columns: columns, rowCount: lines.count)
  }

  private func perUser(_ result: Result) -> Table {
    let columns =
      breakdown.columns(result.groups) + [
        Column("rules_matched", type: .integer, values: .integers(result.matched))
      ]
    return Table(columns: columns, rowCount: result.users.count, users: result.users)
  }
}

/// The rows of a batch that baskets are made of, in the order of users and times.
private struct Lines {
  /// The key of a row without one: it is in no basket.
  static let none = UInt64.max
  /// The value of a row without one: it fills no basket.
  static let nothing = UInt32.max

  var rows: [Int]
  var owners: [Int]
  var times: [Int64]
  var keys: [UInt64]
  var values: [UInt32]
  var isWithout: [Bool]
}

/// Cuts the rows of each user into baskets.
private struct Collector {
  private let lines: Lines
  private let users: [UInt32]
  private let during: TimeRange?
  private let within: Int64?
  private let isKeyed: Bool
  private let isOrdered: Bool
  /// The breakdown of a row of the batch and its user.
  private let groupOf: (Int, Int) -> UInt32
  private var items: [UInt32] = []
  private var times: [Int64] = []

  init(_ plan: RulesPlan, _ lines: Lines, users: [UInt32], groupOf: @escaping (Int, Int) -> UInt32) {
    self.lines = lines
    self.users = users
    self.groupOf = groupOf
    during = plan.during
    within = plan.within?.approximateMilliseconds
    isKeyed = !plan.same.isEmpty
    isOrdered = plan.ordered
  }

  mutating func collect(into state: inout RulesOperator.State) {
    var places: [Int] = []
    var first = 0
    while first < lines.rows.count {
      let owner = lines.owners[first]
      var end = first
      var isAscending = true
      places.removeAll(keepingCapacity: true)
      while end < lines.rows.count, lines.owners[end] == owner {
        // A row without the key is in no basket; without SAME a basket holds what lies in the range.
        if lines.keys[end] != Lines.none, isKeyed || isInRange(lines.times[end]) {
          if let last = places.last, lines.keys[last] > lines.keys[end] { isAscending = false }
          places.append(end)
        }
        end += 1
      }
      if !isAscending {
        let keys = lines.keys
        places.sort { keys[$0] != keys[$1] ? keys[$0] < keys[$1] : $0 < $1 }
      }
      cut(places, into: &state)
      first = end
    }
  }

  private func isInRange(_ time: Int64) -> Bool {
    during.map { $0.from <= time && time < $0.to } ?? true
  }

  /// Runs of one key, or shorter ones where WITHIN ends them.
  private mutating func cut(_ places: [Int], into state: inout RulesOperator.State) {
    var begin = 0
    while begin < places.count {
      let head = places[begin]
      var end = begin + 1
      while end < places.count, lines.keys[places[end]] == lines.keys[head],
        within.map({ lines.times[places[end]] - lines.times[head] <= $0 }) ?? true
      {
        end += 1
      }
      if isInRange(lines.times[head]) { basket(places, begin..<end, into: &state) }
      begin = end
    }
  }

  private mutating func basket(_ places: [Int], _ range: Range<Int>, into state: inout RulesOperator.State) {
    items.removeAll(keepingCapacity: true)
    times.removeAll(keepingCapacity: true)
    for index in range {
      let place = places[index]
      if lines.isWithout[place] { return }
      guard lines.values[place] != Lines.nothing else { continue }
      items.append(lines.values[place])
      if isOrdered { times.append(lines.times[place]) }
    }
    guard !items.isEmpty else { return }
    let head = places[range.lowerBound]
    state.baskets.append(owner: users[lines.owners[head]], items: items, times: times)
    state.groups.append(groupOf(lines.rows[head], lines.owners[head]))
  }
}

extension SequencePlan.Key {
  /// The value that rows share; `nil` for sessions, which are numbered.
  func expression(in environment: QueryEnvironment) -> Expression? {
    switch self {
    case .session: nil
    case .item: Expression(.event(.item), type: .text, level: .event)
    case .order: Expression(.event(.order), type: .text, level: .event)
    case .property(let id):
      Expression(.event(.property(id)), type: environment.schema.properties[Int(id)].type, level: .event)
    }
  }
}
