import InstarCalendar
import InstarColumns

/// Decides which column plays which role.
///
/// What the statement says wins; then names, types and values decide. Where two columns fit equally well the mapper
/// does not choose: it throws with the candidates and a statement to paste.
package struct RoleMapper {
  /// What an `IMPORT` statement fixes besides its MAP.
  package struct Options: Sendable {
    /// `WITH event = 'purchase'`: every row is an event of this type.
    package var constantEvent = false
    package var timeFormat: TimeFormat?
    /// `WITH timezone`: the zone of times that name none.
    package var timeZone: String?

    package init() {}
  }

  let format: FileFormat
  let kind: RowKind
  /// As the statement wrote it, for messages.
  let pattern: String
  let options: Options
  private var entries: [RoleMapping.Entry] = []
  private var notes: [String] = []
  /// Roles with several candidates; reported when the other roles are known, so that the statement to paste is whole.
  private var undecided: [(role: Role, columns: [Int])] = []

  private init(_ format: FileFormat, _ kind: RowKind, _ pattern: String, _ options: Options) {
    (self.format, self.kind, self.pattern, self.options) = (format, kind, pattern, options)
  }

  /// Maps the columns of `format`.
  ///
  /// - Parameters:
  ///   - pattern: The file as the statement names it, for messages and the statement to paste.
  ///   - explicit: The statement's MAP; targets that are no role are new properties, whose columns are only checked.
  /// - Throws: `missingColumn`, `missingRole`, `ambiguousRole`, `ambiguousTime`, `mixedTimes`, `wrongType`.
  package static func map(
    _ format: FileFormat, kind: RowKind, pattern: String, explicit: [ExplicitMapping] = [],
    options: Options = Options()
  ) throws(ImportError) -> RoleMapping {
    var mapper = RoleMapper(format, kind, pattern, options)
    try mapper.takeExplicit(explicit)
    for role in mapper.roles where mapper.entry(role) == nil { try mapper.sniff(role) }
    if let first = mapper.undecided.first { throw mapper.ambiguous(first.role, first.columns) }
    try mapper.checkRequired()
    mapper.offerOrder()
    mapper.noteTimeZone()
    let mapped = Set(mapper.entries.compactMap(\.column))
    let replaced = Set(explicit.filter(\.isPlain).flatMap(\.columns).compactMap { format.column(named: $0) })
    return RoleMapping(
      entries: mapper.entries,
      properties: format.columns.indices.filter { !mapped.contains($0) && !replaced.contains($0) },
      notes: format.notes + mapper.notes)
  }

  /// The roles that rows of this kind have, in the order in which they are looked for.
  private var roles: [Role] {
    switch kind {
    case .events: [.user, .time, .order, .event, .item, .amount, .quantity, .title, .id]
    case .users: [.user, .time]
    case .items: [.item, .title]
    case .table: []
    }
  }

  private func entry(_ role: Role) -> RoleMapping.Entry? { entries.first { $0.role == role } }

  // MARK: The statement

  private mutating func takeExplicit(_ explicit: [ExplicitMapping]) throws(ImportError) {
    for mapping in explicit {
      var columns: [Int] = []
      for name in mapping.columns {
        guard let column = format.column(named: name) else { throw missingColumn(name) }
        columns.append(column)
      }
      guard let role = Role(rawValue: mapping.target) else { continue }
      if mapping.isPlain {
        try add(role, columns[0], .statement)
      } else {
        entries.append(.init(role: role, column: nil, conversion: defaultConversion(role), source: .statement))
      }
    }
    if options.constantEvent && entry(.event) == nil && kind == .events {
      entries.append(.init(role: .event, column: nil, conversion: .text, source: .option))
    }
  }

  private func missingColumn(_ name: String) -> ImportError {
    let names = format.columns.map(\.name)
    let wanted = RoleNames.normalized(name)
    let near = names.first { candidate in
      let candidate = RoleNames.normalized(candidate)
      return candidate == wanted || (wanted.count > 3 && (candidate.hasPrefix(wanted) || wanted.hasPrefix(candidate)))
    }
    let question = near.map { "Did you mean \(quoted($0))? " } ?? ""
    return ImportError(
      .missingColumn, "there is no column \(name)",
      help: question + "The columns are: \(names.joined(separator: ", ")).", file: pattern, candidates: names)
  }

  // MARK: Names, types, values

  private mutating func sniff(_ role: Role) throws(ImportError) {
    let isProfileTime = role == .time && kind == .users
    for names in [RoleNames.strong(role, in: kind), isProfileTime ? [] : RoleNames.weak(role)] {
      let found = free.filter { names.contains(RoleNames.normalized(format.columns[$0].name)) && fits($0, role) }
      if try take(found, role, .name) { return }
    }
    if isProfileTime { return }
    // A path such as actor.id or payload.sku: its last key, where the whole path says nothing.
    let nested = free.filter { column in
      guard let last = format.columns[column].path.last, format.columns[column].path.count > 1 else { return false }
      return RoleNames.strong(role).contains(RoleNames.normalized(last)) && fits(column, role) && role != .id
    }
    if try take(nested, role, .name) { return }
    switch role {
    case .time: _ = try take(free.filter { format.columns[$0].type == .time }, role, .type)
    case .event: _ = try take(free.filter { holdsEventTypes($0) }, role, .values)
    default: break
    }
  }

  /// Maps the only candidate, or notes that there are several; `false` without any.
  private mutating func take(_ found: [Int], _ role: Role, _ source: RoleMapping.Source) throws(ImportError) -> Bool {
    if found.isEmpty { return false }
    if found.count > 1 {
      undecided.append((role, found))
    } else {
      try add(role, found[0], source)
    }
    return true
  }

  private var free: [Int] {
    let used = Set(entries.compactMap(\.column) + undecided.flatMap(\.columns))
    return format.columns.indices.filter { !used.contains($0) }
  }

  /// Whether the column's values can be what the role needs.
  private func fits(_ column: Int, _ role: Role) -> Bool {
    let detected = format.columns[column]
    switch role {
    case .time: return detected.type == .time || !detected.timeFormats.isEmpty
    case .amount, .quantity: return detected.type.isNumber || format.sampledPresent(column) == 0
    case .event: return detected.type == .text && detected.distinct <= 1_000
    case .id:
      // An id that repeats is the id of something else.
      return detected.distinct > 0 && detected.distinct == format.sampledPresent(column)
    case .user, .item, .order, .title: return detected.type != .time && detected.type != .boolean
    }
  }

  private func holdsEventTypes(_ column: Int) -> Bool {
    let detected = format.columns[column]
    guard detected.type == .text, detected.distinct > 0, detected.distinct <= 256 else { return false }
    let known = Set(
      RoleNames.eventTypes.map { name in
        var name = name
        return name.withUTF8 { hashBytes($0.baseAddress, $0.count) }
      })
    return format.sampleHashes[column].contains { known.contains($0) }
  }

  // MARK: Conversion

  private mutating func add(_ role: Role, _ column: Int, _ source: RoleMapping.Source) throws(ImportError) {
    let conversion = try conversion(role, column)
    if conversion == .text(dropZeroFraction: true) {
      let detected = format.columns[column]
      notes.append("\(detected.name): whole numbers written as reals, \(detected.example) is read as its whole number")
    }
    entries.append(.init(role: role, column: column, conversion: conversion, source: source))
  }

  private func defaultConversion(_ role: Role) -> FieldConversion {
    switch role {
    case .time: .time(options.timeFormat ?? .yearFirst)
    case .amount, .quantity: .real
    case .user, .event, .item, .order, .id, .title: .text
    }
  }

  private func conversion(_ role: Role, _ column: Int) throws(ImportError) -> FieldConversion {
    let detected = format.columns[column]
    switch role {
    case .user, .event, .item, .order, .id, .title:
      return .text(dropZeroFraction: detected.wholeNumbersAsReals && role != .title && role != .event)
    case .amount, .quantity:
      // A log in the order of its events may begin with many that have no amount: then the name decides.
      if format.sampledPresent(column) == 0 { return .real }
      if !detected.type.isNumber { throw wrongType(role, column, "a number") }
      // Money that is whole in the sample need not stay so.
      return role == .amount && detected.conversion == .integer ? .real : detected.conversion
    case .time:
      if let format = options.timeFormat { return .time(format) }
      if detected.oddTimeLine > 0 { throw mixedTimes(column) }
      if detected.timeFormats.isEmpty { throw wrongType(role, column, "a time") }
      if detected.timeFormats.count > 1 { throw ambiguousTime(column) }
      return .time(detected.timeFormats[0])
    }
  }

  // MARK: Checks and offers

  private func checkRequired() throws(ImportError) {
    let required: [Role] =
      switch kind {
      case .events: [.user, .time, .event]
      case .users: [.user]
      case .items: [.item]
      case .table: []
      }
    for role in required where entry(role) == nil { throw missingRole(role) }
  }

  /// Says how times without a zone are read.
  private mutating func noteTimeZone() {
    guard let column = entry(.time)?.column else { return }
    let detected = format.columns[column]
    if detected.type.isNumber || detected.example.dropFirst(10).contains(where: { "Zz+-".contains($0) }) { return }
    if let zone = options.timeZone {
      notes.append("times in \(detected.name) are local times of \(zone)")
    } else {
      notes.append("times in \(detected.name) name no zone and are read as UTC; WITH timezone = '..' changes that")
    }
  }

  /// Names a column whose values repeat within a user at one instant: such rows are lines of one order.
  private mutating func offerOrder() {
    guard kind == .events, entry(.order) == nil, let user = entry(.user)?.column, let time = entry(.time)?.column else {
      return
    }
    let (users, times) = (format.sampleHashes[user], format.sampleHashes[time])
    for column in free where format.columns[column].type != .time && format.columns[column].type != .real {
      let values = format.sampleHashes[column]
      guard format.columns[column].distinct * 20 > values.count else { continue }
      // One value, one user and one instant always go together, and more than one row shares them.
      var owners: [UInt64: UInt64] = [:]
      var repeats = 0
      var isConsistent = true
      for row in values.indices where values[row] != 0 && users[row] != 0 {
        let owner = users[row] &* 31 ^ times[row]
        if let known = owners.updateValue(owner, forKey: values[row]) {
          repeats += 1
          isConsistent = isConsistent && known == owner
        }
      }
      if isConsistent && repeats * 10 > values.count {
        let name = format.columns[column].name
        notes.append(
          "\(name) repeats within a user at one instant, like the lines of an order: "
            + "MAP order = \(quoted(name)) counts such rows as one event")
      }
    }
  }
}

extension FileFormat {
  /// Sampled rows with a value in the column.
  func sampledPresent(_ column: Int) -> Int { sampleHashes[column].reduce(0) { $0 + ($1 == 0 ? 0 : 1) } }
}

// MARK: Errors

extension RoleMapper {
  private func ambiguous(_ role: Role, _ columns: [Int]) -> ImportError {
    let names = columns.map { format.columns[$0].name }
    return ImportError(
      .ambiguousRole, "\(names.joined(separator: " and ")) could each be the \(role.rawValue)",
      help: "Choose one: \(statement(role, names[0]))", file: pattern, candidates: names)
  }

  private func missingRole(_ role: Role) -> ImportError {
    let names = free.filter { fits($0, role) && format.columns[$0].type != .real }.map { format.columns[$0].name }
    let constant = role == .event ? ", or name it for all rows: WITH event = 'purchase'" : ""
    let all = format.columns.map(\.name).joined(separator: ", ")
    let choice = names.first ?? format.columns[0].name
    return ImportError(
      .missingRole, "no column looks like the \(role.rawValue) (columns: \(all))",
      help: "Say which it is: \(statement(role, choice))\(constant)", file: pattern, candidates: names)
  }

  private func ambiguousTime(_ column: Int) -> ImportError {
    let detected = format.columns[column]
    let names = detected.timeFormats.map(\.name)
    return ImportError(
      .ambiguousTime, "times in \(detected.name) such as \(detected.example) fit \(names.joined(separator: " and "))",
      help: "Choose one: \(statement(.time, detected.name, with: "time_format = '\(names[0])'"))", file: pattern,
      candidates: names)
  }

  private func mixedTimes(_ column: Int) -> ImportError {
    let detected = format.columns[column]
    let first = detected.timeFormats[0]
    return ImportError(
      .mixedTimes, "\(detected.name) mixes formats of time: most are like \(first.example), this line is not",
      help: "Write all times in one format, or reject the others: "
        + statement(.time, detected.name, with: "time_format = '\(first.name)'"),
      file: pattern, line: detected.oddTimeLine, candidates: detected.timeFormats.map(\.name))
  }

  private func wrongType(_ role: Role, _ column: Int, _ expected: String) -> ImportError {
    let detected = format.columns[column]
    return ImportError(
      .wrongType, "\(detected.name) is mapped to \(role.rawValue) but holds \(detected.type.phrase), not \(expected)",
      help: "Its first value is \(detected.example). Map another column, or an expression that gives \(expected).",
      file: pattern)
  }

  /// An IMPORT statement with what is known and one more choice, ready to paste.
  private func statement(_ role: Role, _ column: String, with option: String? = nil) -> String {
    var columns: [Role: String] = [role: column]
    for entry in entries where entry.role != role {
      if let place = entry.column { columns[entry.role] = format.columns[place].name }
    }
    // Of other undecided roles the first candidate stands there to be changed.
    for other in undecided where other.role != role { columns[other.role] = format.columns[other.columns[0]].name }
    let roles = Role.allCases.compactMap { role in columns[role].map { "\(role.rawValue) = \(quoted($0))" } }
    var text = "IMPORT \(kind.rawValue.uppercased()) FROM '\(pattern)' MAP \(roles.joined(separator: ", "))"
    if let option { text += " WITH \(option)" }
    return text + ";"
  }

  /// A path as the language writes it: parts that are no plain names in double quotes.
  private func quoted(_ name: String) -> String {
    let isPlain = name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      guard let first = part.first, first.isLetter || first == "_" else { return false }
      return part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
    return isPlain
      ? name : "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
