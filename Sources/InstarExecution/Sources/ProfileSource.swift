import InstarCalendar
import InstarColumns
import InstarPlan
import InstarStorage

/// PROFILE USER 'u': who he is, what he did, as property and value.
struct ProfileSource {
  let environment: QueryEnvironment

  func run(_ name: String, in snapshot: borrowing Snapshot) throws -> QueryOutcome {
    let user = try Users.person(of: name, at: environment.moment, in: snapshot)
    guard try !environment.permitted([user], for: .analytics, in: snapshot).isEmpty else {
      throw ExecutionError(
        "E0133", "'\(name)' has not agreed to analytics, and this store asks for it",
        help: "CONSENT USER TO analytics notes that he agrees; EXPORT USER gives him his data all the same")
    }
    var lines: [(String, String)] = [("user", name)]
    let attributes = try attributes(of: user, in: snapshot)
    lines += attributes
    lines += try properties(of: user, in: snapshot)
    lines += try events(of: user, in: snapshot)
    let table = Table(
      columns: [
        Column("property", type: .text, values: .texts(lines.map(\.0))),
        Column("value", type: .text, values: .texts(lines.map(\.1))),
      ], rowCount: lines.count)
    var outcome = QueryOutcome(table: table)
    outcome.population = 1
    return outcome
  }

  /// The built-in attributes, computed like those of any segment.
  private func attributes(of user: UInt32, in snapshot: borrowing Snapshot) throws -> [(String, String)] {
    let catalog = try StoreCatalog(snapshot)
    // Of the scores only loyalty: a portrait should not wait for models that nobody asked for.
    let shown = Resolver.attributes(in: catalog).filter { $0.origin != .score || $0.name == "loyalty" }
    let columns = shown.map { NamedExpression($0.name, $0.expression) }
    var executor = StreamExecutor(environment: environment)
    executor.users = [user]
    let table = try executor.run(StreamPlan(columnsOfUsers: columns), in: snapshot).table
    guard table.rowCount == 1 else { return [] }
    return table.columns.map { ($0.name, text($0[0], unit: $0.unit)) }
  }

  private func properties(of user: UInt32, in snapshot: borrowing Snapshot) throws -> [(String, String)] {
    var lines: [(String, String)] = []
    for property in environment.schema.properties(of: .user) {
      let column =
        property.isDated
        ? try snapshot.userPropertyHistory(property.id, asOf: environment.moment)
        : try snapshot.userProperty(property.id)
      guard Int(user) < column.count, column.isPresent(Int(user)) else { continue }
      lines.append((property.name, text(column[Int(user)], unit: nil)))
    }
    return lines
  }

  /// How often he did what, most frequent first.
  private func events(of user: UInt32, in snapshot: borrowing Snapshot) throws -> [(String, String)] {
    let types = environment.schema.eventTypes
    let columns = types.map { type -> NamedExpression in
      let pattern = EventPattern(alternatives: [.init(types: [type.code], filter: nil)], text: type.name)
      let measure = Measure(.count, of: pattern, in: .ever, at: .statement)
      return NamedExpression(type.name, Expression(.measure(measure), type: .integer, level: .user))
    }
    guard !columns.isEmpty else { return [] }
    var executor = StreamExecutor(environment: environment)
    executor.users = [user]
    let table = try executor.run(StreamPlan(columnsOfUsers: columns), in: snapshot).table
    guard table.rowCount == 1 else { return [("events", "none before the moment")] }
    let counts = table.columns.map { ($0.name, Vector($0).integerValue(0)) }.filter { $0.1 > 0 }
    return counts.sorted { ($1.1, $0.0) < ($0.1, $1.0) }.map { ("\($0.0) events", "\($0.1)") }
  }

  private func text(_ value: Value, unit: String?) -> String {
    let suffix = unit.map { " \($0)" } ?? ""
    switch value {
    case .missing: return "-"
    case .boolean(let flag): return flag ? "true" : "false"
    case .integer(let integer): return "\(integer)\(suffix)"
    case .real(let real): return "\((real * 100).rounded() / 100)\(suffix)"
    case .text(let text): return text
    case .time(let instant): return TimeFormatter(zone: environment.calendar.zone).text(instant)
    case .duration(let milliseconds): return "\((Double(milliseconds) / 8_640_0).rounded() / 1000) days"
    }
  }
}

/// Users by the name that the application gave them.
enum Users {
  /// The user who stands for the person of that name at `moment`, where identities are linked.
  static func person(of name: String, at moment: Int64, in snapshot: borrowing Snapshot) throws -> UInt32 {
    try snapshot.identity(before: moment).root(of: code(of: name, in: snapshot))
  }

  /// - Throws: ``ExecutionError`` E0121 when the store has no such user.
  static func code(of name: String, in snapshot: borrowing Snapshot) throws -> UInt32 {
    let users = try snapshot.dictionary(DictionaryID.user)
    if let code = users.code(of: name) { return code }
    throw ExecutionError(
      "E0121", "no user '\(name)'", help: "SEGMENT users LIMIT 10 shows some of the \(snapshot.userCount) identifiers")
  }
}
