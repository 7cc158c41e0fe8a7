package import InstarColumns

/// What a property belongs to.
package enum PropertyOwner: UInt8, Sendable, CaseIterable { case event, user, item }

/// A property of events, users or items. Its text values, if it is text, are numbered by dictionary ``dictionary``.
package struct PropertyInfo: Sendable, Hashable {
  /// Dense, in order of definition; events, users and items share one sequence.
  package let id: UInt16
  package let name: String
  package let owner: PropertyOwner
  package let type: ValueType
  /// What the numbers count: "EUR"; `nil` where nobody said.
  package var unit: String?
  /// Whether the store keeps past values (``Snapshot/userPropertyHistory(_:asOf:)``). Users only.
  package var isDated: Bool
  /// The data number of the commit that last changed values of users or items: what caches go by.
  package internal(set) var version: UInt64 = 0

  package init(
    id: UInt16, name: String, owner: PropertyOwner, type: ValueType, unit: String? = nil, isDated: Bool = false
  ) {
    self.id = id
    self.name = name
    self.owner = owner
    self.type = type
    self.unit = unit
    self.isDated = isDated
  }

  /// The dictionary that numbers the texts of this property.
  package var dictionary: UInt16 { DictionaryID.property(id) }
}

/// The numbers of the dictionaries of a store.
package enum DictionaryID {
  package static let user: UInt16 = 0
  package static let eventType: UInt16 = 1
  package static let item: UInt16 = 2
  package static let order: UInt16 = 3
  package static func property(_ id: UInt16) -> UInt16 { 16 + id }
}

/// An event type and what the store knows about it without a scan.
package struct EventTypeInfo: Sendable, Hashable {
  /// Its code in the dictionary of event types, and its place in ``Schema/eventTypes``.
  package let code: UInt32
  package let name: String
  package var count: Int
  /// First and last time, milliseconds since 1970; meaningless while `count` is 0.
  package var first: Int64
  package var last: Int64
}

/// The totals of a store at one commit.
package struct CommitRecord: Sendable, Hashable {
  /// Counts every write transaction of the store.
  package var number: UInt64 = 0
  /// Counts the commits that changed data (events, properties, erasures): what caches of data go by.
  package var dataNumber: UInt64 = 0
  package var eventCount = 0
  /// Users and items that the dictionaries number.
  package var userCount = 0
  package var itemCount = 0
  /// First and last time of all events, milliseconds since 1970; meaningless while `eventCount` is 0.
  package var firstTime: Int64 = .max
  package var lastTime: Int64 = .min
  /// The number that the next single event gets.
  package var nextSequence: UInt64 = 0
  /// Counts the texts that were erased from dictionaries: what caches of dictionaries go by.
  package var erasures: UInt64 = 0
  /// SHA-256 over the digest before and what the commit changed: equal histories have equal digests.
  package var digest: [UInt8] = Array(repeating: 0, count: SHA256.byteCount)

  package init() {}

  /// The digest as the receipt shows it: 32 hexadecimal digits, the first half.
  package var digestText: String {
    let digits = Array("0123456789abcdef".utf8)
    let text = digest.prefix(16).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }
}

/// The names and totals of a store at one commit: an immutable value that outlives the transaction.
package struct Schema: Sendable {
  package internal(set) var storeID = ""
  package internal(set) var formatVersion: UInt32 = 0
  package internal(set) var commit = CommitRecord()
  /// By id.
  package internal(set) var properties: [PropertyInfo] = []
  /// By code.
  package internal(set) var eventTypes: [EventTypeInfo] = []
  /// Which column of a source filled which role, as the import that set it said: "user": "CustomerID".
  package internal(set) var roles: [String: String] = [:]
  package internal(set) var settings: [String: String] = [:]
  /// The role columns that events of this store carry; a scan may ask for others and gets missing values.
  package internal(set) var eventColumns: Set<EventColumn> = []
  /// Whether rows say which import brought them.
  package internal(set) var marksImports = false

  package init() {}

  /// The property called `name`, or `nil`.
  package func property(_ name: String, of owner: PropertyOwner) -> PropertyInfo? {
    properties.first { $0.owner == owner && $0.name == name }
  }

  package func properties(of owner: PropertyOwner) -> [PropertyInfo] { properties.filter { $0.owner == owner } }

  /// The event type called `name`, or `nil`.
  package func eventType(_ name: String) -> EventTypeInfo? { eventTypes.first { $0.name == name } }

  /// The canonical type of an event column: items and orders are text, amounts and quantities reals.
  /// - Precondition: the property exists.
  package func type(of column: EventColumn) -> ValueType {
    switch column {
    case .item, .order: .text
    case .amount, .quantity: .real
    case .importNumber: .integer
    case .property(let id): properties[Int(id)].type
    }
  }

  /// The dictionary of an event column of text, `nil` for others.
  package func dictionary(of column: EventColumn) -> UInt16? {
    switch column {
    case .item: DictionaryID.item
    case .order: DictionaryID.order
    case .amount, .quantity, .importNumber: nil
    case .property(let id): properties[Int(id)].type == .text ? DictionaryID.property(id) : nil
    }
  }
}

/// Counts events by type, with first and last times: what a loader or an append adds to the totals.
package struct EventTotals: Sendable {
  package struct ByType: Sendable {
    package var count = 0
    package var first = Int64.max
    package var last = Int64.min
    package init() {}
  }
  /// By code of the event type.
  package var types: [ByType] = []

  package init() {}

  package mutating func add(type: UInt32, time: Int64) {
    while types.count <= Int(type) { types.append(ByType()) }
    types[Int(type)].count += 1
    types[Int(type)].first = min(types[Int(type)].first, time)
    types[Int(type)].last = max(types[Int(type)].last, time)
  }

  package mutating func add(_ other: EventTotals) {
    while types.count < other.types.count { types.append(ByType()) }
    for (type, totals) in other.types.enumerated() {
      types[type].count += totals.count
      types[type].first = min(types[type].first, totals.first)
      types[type].last = max(types[type].last, totals.last)
    }
  }
}
