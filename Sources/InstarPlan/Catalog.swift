package import InstarCalendar
package import InstarColumns

/// What the resolver knows of a store: names, types, definitions and settings as of one snapshot.
///
/// The resolver sees this protocol and never a store, so that plans can be made and tested without a file. One call
/// per name in a statement; nothing here is asked per row.
package protocol Catalog: Sendable {
  /// All event types in the order of their codes.
  var eventTypes: [EventTypeEntry] { get }
  /// All properties of events, users and items.
  var properties: [PropertyEntry] { get }
  /// All stored definitions, as canonical statements of the language.
  var definitions: [DefinitionEntry] { get }
  /// Frozen user lists (`SNAPSHOT AS`), by name.
  var snapshots: [SnapshotEntry] { get }
  var settings: Settings { get }
  var userCount: Int { get }
  var itemCount: Int { get }
  var eventCount: Int { get }
  /// The first and the last event, milliseconds since 1970; `nil` in an empty store.
  var firstEvent: Int64? { get }
  var lastEvent: Int64? { get }
  /// Which role columns the events of the store have.
  var roles: EventRoles { get }
  /// Stored tables (`SAVE AS TABLE`, `IMPORT TABLE`) with their columns, for TABLE and JOIN.
  var tables: [TableEntry] { get }
  /// Campaigns (`SAVE AS CAMPAIGN`). Their exposures are events by name, which no count of the log holds.
  var campaigns: [CampaignEntry] { get }
}

extension Catalog {
  package var tables: [TableEntry] { [] }
  package var campaigns: [CampaignEntry] { [] }
}

/// A stored table and its columns in order.
package struct TableEntry: Sendable, Hashable {
  package var name: String
  package var rows: Int
  package var columns: [PlanColumn]

  package init(name: String, rows: Int, columns: [PlanColumn]) {
    self.name = name
    self.rows = rows
    self.columns = columns
  }
}

/// One event type and how often it occurs.
package struct EventTypeEntry: Sendable, Hashable {
  package var code: UInt32
  package var name: String
  package var count: Int

  package init(code: UInt32, name: String, count: Int) {
    self.code = code
    self.name = name
    self.count = count
  }
}

/// Whose property it is.
package enum PropertyOwner: String, Sendable, Hashable, CaseIterable {
  case event, user, item
}

/// One property of events, users or items.
package struct PropertyEntry: Sendable, Hashable {
  /// The number under which the store keeps the column.
  package var id: UInt16
  package var name: String
  package var owner: PropertyOwner
  package var type: ValueType
  /// Whether a user property came with times, so that its value at a past moment is defined.
  package var isDated: Bool

  package init(id: UInt16, name: String, owner: PropertyOwner, type: ValueType, isDated: Bool = false) {
    self.id = id
    self.name = name
    self.owner = owner
    self.type = type
    self.isDated = isDated
  }
}

/// The kinds of things that DEFINE makes.
package enum DefinitionKind: String, Sendable, Hashable, CaseIterable {
  case segment, event, attribute, funnel, model, lifecycle, catalog
}

/// One definition as stored: its text in the language, from which it is resolved anew at each use.
package struct DefinitionEntry: Sendable, Hashable {
  package var kind: DefinitionKind
  package var name: String
  /// The whole DEFINE statement in canonical form.
  package var statement: String

  package init(kind: DefinitionKind, name: String, statement: String) {
    self.kind = kind
    self.name = name
    self.statement = statement
  }
}

/// A stored list of users, with the moment that it froze.
package struct SnapshotEntry: Sendable, Hashable {
  package var name: String
  package var users: Int
  /// Milliseconds since 1970.
  package var asOf: Int64

  package init(name: String, users: Int, asOf: Int64) {
    self.name = name
    self.users = users
    self.asOf = asOf
  }
}

/// Which optional roles the events of a store carry.
package struct EventRoles: OptionSet, Sendable, Hashable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let item = EventRoles(rawValue: 1)
  package static let order = EventRoles(rawValue: 2)
  package static let amount = EventRoles(rawValue: 4)
  package static let quantity = EventRoles(rawValue: 8)
}

/// What one statement may take; 0 is any amount.
package struct StatementLimits: Sendable, Hashable {
  package enum Resource: String, Sendable, CaseIterable {
    /// Rows of a result.
    case rows
    case seconds
    /// Memory by which the process grows while the statement runs, in units of 2^20 bytes.
    case megabytes
  }

  package var rows = 0
  package var seconds = 0
  package var megabytes = 0

  package init() {}

  package subscript(resource: Resource) -> Int {
    get {
      switch resource {
      case .rows: rows
      case .seconds: seconds
      case .megabytes: megabytes
      }
    }
    set {
      switch resource {
      case .rows: rows = newValue
      case .seconds: seconds = newValue
      case .megabytes: megabytes = newValue
      }
    }
  }

  /// Of each resource the narrower limit of the two.
  package func narrowed(by other: StatementLimits) -> StatementLimits {
    var result = self
    for resource in Resource.allCases where other[resource] > 0 {
      result[resource] = self[resource] == 0 ? other[resource] : min(self[resource], other[resource])
    }
    return result
  }
}

/// The settings of a store that bear on the meaning of statements.
package struct Settings: Sendable, Hashable {
  /// How the present moment is found.
  package enum Clock: Sendable, Hashable {
    /// The instant just after the last event: the same file gives the same answer.
    case lastEvent
    /// The system's clock, when the statement begins.
    case system
    /// Milliseconds since 1970.
    case fixed(Int64)
  }

  /// What an unknown event name does.
  package enum UnknownEvents: String, Sendable, Hashable {
    case error, warn
  }

  /// IANA name.
  package var timeZone = "UTC"
  /// Lower-case English name of the weekday.
  package var weekStart = "monday"
  package var clock = Clock.lastEvent
  package var goalEvent: String?
  package var unknownEvents = UnknownEvents.error
  /// Summary rows with fewer users are hidden; 0 hides none.
  package var privacyThreshold = 0
  /// Events later than this many milliseconds after their import are rejected.
  package var futureLimit: Int64 = 2 * 86_400_000
  /// The words for users and items, plural: `SET NOUN users patients`.
  package var userNoun = "users"
  package var itemNoun = "items"
  /// Purposes that need a user's consent.
  package var consentRequired: Set<String> = []
  package var limits = StatementLimits()
  /// How long events are kept; `nil` keeps them for ever.
  package var retention: CalendarDuration?
  /// Before this moment only the first and the last time of each user's events are known, milliseconds since 1970.
  package var retainedFrom: Int64?

  package init() {}
}
