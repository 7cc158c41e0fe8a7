import InstarBehavior
import InstarCalendar
import InstarColumns
import InstarPlan

/// A chain of events compiled for the matcher: its steps as bits, and how the bits of a batch are found.
struct SequenceProgram: Sendable {
  var pattern: SequencePattern
  /// For each bit the pattern of the program whose events it marks.
  var predicates: [Int]
  /// The mask of each event type, where types alone decide which events are meant.
  var typeMasks: [UInt64]?
  /// Columns of the keys of SAME.
  var keys: [Int]
  var sameSession: Bool
  /// The total limit where it counts months.
  var deadline: CalendarDuration?
  var usesDirectly: Bool

  /// - Throws: what a statement may ask but no chain could mean.
  init(
    _ plan: SequencePlan, steps: [[Int]], without: [Int], keys: [Int], program: Program, calendar: Calendar,
    entry: SequencePattern.Entry = .best, tolerance: Int64 = 0, during: Range<Int64>? = nil, cut: Bool = false
  ) throws(SequencePatternError) {
    var predicates: [Int] = []
    func bit(_ pattern: Int) -> Int {
      if let known = predicates.firstIndex(of: pattern) { return known }
      predicates.append(pattern)
      return predicates.count - 1
    }
    var compiled: [SequencePattern.Step] = []
    for (step, patterns) in zip(plan.steps, steps) {
      if patterns.count > 1 {
        compiled.append(.anyOrder(patterns.map(bit)))
        continue
      }
      compiled.append(
        SequencePattern.Step(
          bit(patterns[0]), SequencePattern.Mode(step.mode), after: step.after?.milliseconds,
          within: step.within?.milliseconds))
    }
    var barred: UInt64 = 0
    for pattern in without { barred |= 1 << UInt64(bit(pattern)) }
    let within: SequencePattern.Within =
      switch plan.within {
      case nil: .unlimited
      case .some(let duration): duration.isFixed ? .milliseconds(duration.milliseconds) : .deadlines
      }
    pattern = try SequencePattern(
      steps: compiled, without: barred, same: !plan.same.isEmpty, within: within, entry: entry, tolerance: tolerance,
      during: during, cut: cut)
    self.predicates = predicates
    self.keys = keys
    sameSession = plan.same.contains(.session)
    deadline = within == .deadlines ? plan.within : nil
    usesDirectly = plan.steps.contains { $0.mode == .directly }
    typeMasks = Self.typeMasks(predicates, program)
  }

  /// The masks of types, or `nil` where a filter, an ordinal or an order decides as well.
  private static func typeMasks(_ predicates: [Int], _ program: Program) -> [UInt64]? {
    var masks: [UInt64] = []
    for (bit, predicate) in predicates.enumerated() {
      let pattern = program.patterns[predicate]
      guard !pattern.occurrences, pattern.ordinal == nil || pattern.ordinal == .each, pattern.then == nil else {
        return nil
      }
      for alternative in pattern.alternatives {
        guard alternative.filter == nil, let types = alternative.types else { return nil }
        if masks.isEmpty { masks = [UInt64](repeating: 0, count: types.count) }
        for type in types.indices where types[type] != 0 { masks[type] |= 1 << UInt64(bit) }
      }
    }
    return masks
  }
}

extension SequencePattern.Mode {
  init(_ mode: SequencePlan.Mode) {
    self =
      switch mode {
      case .then: .then
      case .directly: .directly
      case .optional: .optional
      case .not: .not
      }
  }
}

extension BatchEvaluator {
  /// For each row the bits of the predicates that it fulfils.
  ///
  /// - Parameters:
  ///   - users: one byte for each user; rows of users with 0 have no bits. Empty means all users.
  ///   - moment: rows at or after it are looked through.
  func masks(_ sequence: SequenceProgram, users: [UInt8] = [], before moment: Int64 = .max) -> [UInt64] {
    var masks = [UInt64](repeating: 0, count: batch.rowCount)
    for (bit, predicate) in sequence.predicates.enumerated() {
      let value = UInt64(1) << UInt64(bit)
      let found = rows(of: predicate)
      let marked: [Int]
      switch program.patterns[predicate].ordinal {
      case .first: marked = edgeRows(of: found.occurrences, occurrences: found.occurrences, first: true)
      case .last: marked = edgeRows(of: found.occurrences, occurrences: found.occurrences, first: false)
      case .each, nil: marked = found.occurrences.rows
      }
      for row in marked { masks[row] |= value }
    }
    if sequence.usesDirectly { hideFurtherLines(&masks) }
    let owners = users.isEmpty && moment == .max ? [] : self.owners
    if !users.isEmpty {
      for row in masks.indices where users[owners[row]] == 0 { masks[row] = 0 }
    }
    if moment != .max {
      let times = batch.times
      for row in masks.indices where times[row] >= moment { masks[row] = SequencePattern.hiddenRow }
    }
    return masks
  }

  /// Further lines of an order are no events of their own.
  func hideFurtherLines(_ masks: inout [UInt64]) {
    guard let position = program.columns.firstIndex(of: .order) else { return }
    let orders = batch.column(position)
    let (owners, types) = (self.owners, batch.types)
    var seen: Set<UInt64> = []
    var user = -1
    for row in masks.indices {
      if owners[row] != user {
        user = owners[row]
        seen.removeAll(keepingCapacity: true)
      }
      guard orders.present.isEmpty || orders.present[row] != 0 else { continue }
      let isFirst = seen.insert(UInt64(types[row]) << 32 | UInt64(orders.codes[row])).inserted
      if !isFirst, masks[row] == 0 { masks[row] = SequencePattern.hiddenRow }
    }
  }

  /// The key of each row for SAME, or `nil` where the chain asks for none.
  func keys(_ sequence: SequenceProgram) -> [UInt64]? {
    guard sequence.pattern.same else { return nil }
    var columns: [[UInt64]] = sequence.keys.map { position in
      let column = batch.column(position)
      let bits: [UInt64] =
        switch column.type {
        case .text: column.codes.map { UInt64($0) }
        case .boolean: column.flags.map { UInt64($0) }
        case .real: column.reals.map { $0.bitPattern }
        case .integer, .time, .duration: column.integers.map { UInt64(bitPattern: $0) }
        }
      guard !column.present.isEmpty else { return bits }
      return zip(bits, column.present).map { $1 == 0 ? SequencePattern.missingKey : $0 }
    }
    if sequence.sameSession { columns.append(sessions()) }
    guard columns.count > 1 else { return columns.first }
    var numbers: [[UInt64]: UInt64] = [:]
    return (0..<batch.rowCount).map { row in
      let combination = columns.map { $0[row] }
      if combination.contains(SequencePattern.missingKey) { return SequencePattern.missingKey }
      if let known = numbers[combination] { return known }
      numbers[combination] = UInt64(numbers.count)
      return UInt64(numbers.count - 1)
    }
  }

  /// The number of the session of each row.
  func sessions() -> [UInt64] {
    let (starts, times) = (batch.starts, batch.times)
    var result = [UInt64](repeating: 0, count: times.count)
    var numbers = result.mutableSpan
    numberSessions(starts: starts.span, times: times.span, gap: SessionsPlan.defaultGap, into: &numbers)
    return result
  }

  /// The last moment of an attempt that enters at each row, where the limit counts months.
  func deadlines(_ sequence: SequenceProgram) -> [Int64]? {
    sequence.deadline.map { limit in batch.times.map { context.calendar.adding(limit, to: $0) } }
  }

  /// `did (a THEN b ..) window`: whether enough chains were completed whose first step lies in the window.
  func matches(_ node: SequenceNode) -> Vector {
    let count = batch.userCount
    var completed = [Int](repeating: 0, count: count)
    var present = [UInt8](repeating: 1, count: count)
    let entry: SequencePattern.Entry = node.least == 1 && node.most == nil ? .best : .every
    if case .fixed(let moment) = node.moment, let bounds = context.bounds(of: node.window, at: moment) {
      if let sequence = compiled(node, entry, bounds) { tally(sequence, moment, &completed) }
    } else {
      let moments: Vector =
        if case .user(let inner) = node.moment {
          users(inner)
        } else if case .fixed(let moment) = node.moment {
          Vector(constant: .time(moment), type: .time)
        } else {
          preconditionFailure("a chain is a condition on users")
        }
      let values = moments.integers(count)
      for user in 0..<count {
        guard moments.isPresent(user), values[user] <= context.moment else {
          present[user] = 0
          continue
        }
        let bounds = bounds(of: node.window, user: user, at: values[user])
        guard let sequence = compiled(node, entry, bounds) else { continue }
        var one = [UInt8](repeating: 0, count: count)
        one[user] = 1
        tally(sequence, values[user], &completed, users: one)
      }
    }
    let most = node.most ?? .max
    let flags = completed.map { $0 >= node.least && $0 <= most ? UInt8(1) : 0 }
    return Vector(.boolean, .booleans(flags), present: present.contains(0) ? present : [])
  }

  private func compiled(_ node: SequenceNode, _ entry: SequencePattern.Entry, _ bounds: (from: Int64, to: Int64))
    -> SequenceProgram?
  {
    guard bounds.from < bounds.to else { return nil }
    let during = bounds.from == .min && bounds.to >= context.moment ? nil : bounds.from..<bounds.to
    // The resolver has built this pattern once; what it lets through compiles.
    return try? SequenceProgram(
      node.plan, steps: node.steps, without: node.without, keys: node.keys, program: program,
      calendar: context.calendar,
      entry: entry, during: during)
  }

  private func tally(_ sequence: SequenceProgram, _ moment: Int64, _ completed: inout [Int], users: [UInt8] = []) {
    let found = match(sequence, moment: moment, users: users)
    for index in 0..<found.count where found.flags[index].contains(.converted) {
      completed[Int(found.user[index])] += 1
    }
  }

  /// The attempts in the batch.
  func match(_ sequence: SequenceProgram, moment: Int64, users: [UInt8] = []) -> SequenceMatches {
    var matcher = SequenceMatcher(sequence.pattern, now: moment)
    var matches = matcher.makeMatches()
    match(sequence, with: &matcher, users: users, into: &matches)
    return matches
  }

  /// As ``match(_:moment:users:)``, with a matcher and a list that are kept from batch to batch.
  func match(
    _ sequence: SequenceProgram, with matcher: inout SequenceMatcher, users: [UInt8],
    into matches: inout SequenceMatches
  ) {
    let moment = matcher.now
    let starts = batch.starts
    let times = batch.times
    if let table = sequence.typeMasks, users.isEmpty, moment >= context.moment {
      if matcher.takesMarks {
        let marks = batch.marks(table, sets: sequence.predicates.count)
        matcher.match(
          starts: starts.span, times: times.span, marks: marks.words.span, stride: marks.stride, into: &matches)
        return
      }
      let types = batch.types
      let (keys, deadlines) = (self.keys(sequence), self.deadlines(sequence))
      matcher.match(
        starts: starts.span, times: times.span, types: types.span, table: table.span, keys: keys?.span,
        deadlines: deadlines?.span, into: &matches)
    } else {
      let (keys, deadlines) = (self.keys(sequence), self.deadlines(sequence))
      let masks = self.masks(sequence, users: users, before: moment >= context.moment ? .max : moment)
      matcher.match(
        starts: starts.span, times: times.span, masks: masks.span, keys: keys?.span, deadlines: deadlines?.span,
        into: &matches)
    }
  }
}
