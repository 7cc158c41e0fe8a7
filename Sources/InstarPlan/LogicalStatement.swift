package import InstarCalendar
package import InstarColumns

/// A resolved statement: a chain, or one of the few that manage the store.
package enum LogicalStatement: Sendable, Hashable {
  case query(LogicalPlan)
  case explain(LogicalPlan, analyze: Bool, statement: String)
  /// The canonical DEFINE statement, checked: it resolves against the store.
  case define(DefinitionEntry)
  /// A definition for this session only.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case let_(name: String, statement: String)
  case set(SettingChange)
  case importFiles(ImportPlan)
  case forget(users: [String])
  case forgetSegment(LogicalPlan)
  case dropDefinition(DefinitionKind, name: String)
  case dropImport(Int)
  /// The version of a model that PREDICT uses from now on.
  case promote(ModelName)
  case dropTable(name: String)
  /// A campaign with its exposures.
  case dropCampaign(name: String)
  case exportUser(user: String, path: String)
  /// From a moment on, the present one without SINCE, one identity is another person.
  case link(user: String, target: String, since: Int64)
  case unlink(user: String, since: Int64)
  case redact(RedactPlan)
  /// How long events are kept from now on; `nil` for ever.
  case retain(CalendarDuration?)
  /// CONSENT and WITHDRAW.
  case consent(ConsentPlan)
  /// Statements of a file, with parameters.
  case run(path: String, parameters: [String: Value])
}

package enum SettingChange: Sendable, Hashable {
  case timeZone(String)
  case weekStart(String)
  case clock(Settings.Clock)
  case goalEvent(String)
  case unknownEvents(Settings.UnknownEvents)
  case privacyThreshold(Int)
  /// What statements WITH epsilon may spend in all.
  case privacyBudget(Int)
  case futureLimit(milliseconds: Int64)
  /// 0 for any amount.
  case limit(StatementLimits.Resource, Int)
  case noun(plural: String, for: PropertyOwner)
  case consentRequired(Set<String>)
}

/// Properties whose values are removed.
package struct RedactPlan: Sendable, Hashable {
  package var owner: PropertyOwner
  package var properties: [UInt16]
  package var names: [String]

  package init(owner: PropertyOwner, properties: [UInt16], names: [String]) {
    self.owner = owner
    self.properties = properties
    self.names = names
  }
}

/// A user agrees to purposes or withdraws from them, from a moment on.
package struct ConsentPlan: Sendable, Hashable {
  package var user: String
  /// `analytics`, `recommend`, `predict`.
  package var purposes: [String]
  /// Milliseconds since 1970.
  package var since: Int64
  package var isGiven: Bool

  package init(user: String, purposes: [String], since: Int64, isGiven: Bool) {
    self.user = user
    self.purposes = purposes
    self.since = since
    self.isGiven = isGiven
  }
}

/// IMPORT, before any file is opened: expressions over columns that only the file knows.
package struct ImportPlan: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case events, users, items
    case table(String)
  }

  package var kind: Kind
  /// A path, a glob, or `-` for standard input.
  package var path: String
  package var mappings: [Mapping]
  package var options: [String: Value]

  package struct Mapping: Sendable, Hashable {
    /// A role (user, time, event, item, order, amount, quantity, id, title) or the name of a property.
    package var target: String
    package var source: FileExpression

    package init(target: String, source: FileExpression) {
      self.target = target
      self.source = source
    }
  }

  package init(kind: Kind, path: String, mappings: [Mapping], options: [String: Value]) {
    self.kind = kind
    self.path = path
    self.mappings = mappings
    self.options = options
  }
}

/// An expression over the columns of a file. Types are found when the file has been sniffed.
package indirect enum FileExpression: Sendable, Hashable {
  case literal(Value)
  /// A column by its heading; a path (`actor.id`) for JSON Lines.
  case column(String)
  case not(FileExpression)
  case negate(FileExpression)
  case binary(BinaryOperator, FileExpression, FileExpression)
  case oneOf(FileExpression, [Value])
  case isMissing(FileExpression)
  case textTest(TextTest, FileExpression, String)
  case call(Function, [FileExpression])
  case choice([FileBranch], otherwise: FileExpression?)
}

package struct FileBranch: Sendable, Hashable {
  package var condition: FileExpression
  package var value: FileExpression

  package init(condition: FileExpression, value: FileExpression) {
    self.condition = condition
    self.value = value
  }
}
