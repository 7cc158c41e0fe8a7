internal import InstarColumns
internal import InstarSyntax

/// What an expression can see where it stands: the rows that arrive, their columns, and the moment that figures look
/// from.
struct Scope {
  enum Rows {
    /// Users of a population; column 0 is `user`.
    case users
    /// Events of a scan. Their own fields are read as fields; `columns` holds what ADD made.
    case events
    /// Items of a scan. As with events.
    case items
    /// Rows that a step made.
    case table
  }

  var rows: Rows
  var columns: [PlanColumn]
  /// Whether each row belongs to a user, so that names of users have values.
  var hasUser: Bool
  var moment: Moment = .statement
  /// The event or item named before `[`, where the expression stands in brackets.
  var brackets: String?
  var allowsAggregates = false
  var allowsRowFunctions = false
  /// In AGGREGATE, inside an aggregate's argument.
  var isInsideAggregate = false
  /// The verb whose rows these are, for messages: "FUNNEL".
  var maker: String?
  /// What ADD made of users and of constants, by name: AT and the breakdowns of FUNNEL read it where columns are not.
  var added: [String: Expression] = [:]
  /// Names that stand for expressions: those of ``added`` in a breakdown.
  var inlined: [String: Expression] = [:]
  /// The columns that AGGREGATE grouped by, by name.
  var keyColumns: Set<String> = []
  /// Whether PIVOT made columns whose names only the data know.
  var isOpen = false

  static let users = Scope(rows: .users, columns: [PlanColumn("user", .text)], hasUser: true)

  /// Inside the brackets behind an event, or of the properties of an event.
  static func event(_ name: String) -> Scope {
    Scope(rows: .events, columns: [], hasUser: true, brackets: name)
  }

  static func item(hasUser: Bool) -> Scope {
    Scope(rows: .items, columns: [], hasUser: hasUser, brackets: "ITEMS")
  }

  /// How messages call the rows.
  var rowsPhrase: String {
    switch rows {
    case .users: "users"
    case .events: "events"
    case .items: "items"
    case .table: "the rows of \(maker ?? "a table")"
    }
  }

  func looking(from moment: Moment) -> Scope {
    var copy = self
    copy.moment = moment
    return copy
  }

  func position(of name: String) -> Int? { columns.lastIndex { $0.name == name } }
}
