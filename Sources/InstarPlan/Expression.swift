package import InstarColumns

/// A resolved, typed expression.
///
/// The level says at which rows it has values: an expression of users can stand wherever an expression of events can,
/// and is then repeated for each of the user's rows. The evaluator works batch at a time: one column per node.
package struct Expression: Sendable, Hashable {
  package var node: Node
  package var type: ValueType
  package var level: Level
  /// "days" for a recency; `nil` where there is no unit or it is not known.
  package var unit: String?

  package init(_ node: Node, type: ValueType, level: Level, unit: String? = nil) {
    self.node = node
    self.type = type
    self.level = level
    self.unit = unit
  }

  /// Where an expression varies, from least to most.
  package enum Level: Int, Sendable, Hashable, Comparable {
    /// The same everywhere.
    case constant
    /// One value for each user.
    case user
    /// One value for each item.
    case item
    /// One value for each event.
    case event
    /// One value for each row of a table that earlier steps made.
    case row

    package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  package indirect enum Node: Sendable, Hashable {
    case literal(Value)
    /// A column of the incoming table, by position. Level `row`.
    case column(Int)
    /// A field of the event at hand. Level `event`.
    case event(EventField)
    /// The identifier of the user, as text. Level `user`.
    case user
    /// A property of the user as of a moment. Level `user` (or `event`, when the moment is the row's).
    case userProperty(UInt16, at: Moment)
    /// The identifier of the item, as text. Level `item`.
    case item
    /// A property of the item at hand: of `ITEMS` rows (level `item`), or of the item of the event (level `event`).
    case itemProperty(UInt16)
    /// A figure over the user's events.
    case measure(Measure)
    /// `did (a THEN b ..) window`: true or false.
    case sequence(SequenceCondition)
    /// Membership in a frozen list of users.
    case snapshotMember(String)
    /// A score by a model of the prelude or one's own, as of a moment.
    case score(name: String, version: Int?, at: Moment)
    /// The nearest event value before the moment: a name that is an event property, used of a user, is read as
    /// `last(event.name)` by the resolver and does not appear here.
    case not(Expression)
    case negate(Expression)
    case binary(BinaryOperator, Expression, Expression)
    /// Two-valued: missing is in no list.
    case oneOf(Expression, [Value])
    case isMissing(Expression)
    case textTest(TextTest, Expression, String)
    case call(Function, [Expression])
    case choice([Branch], otherwise: Expression?)
    /// Functions over the rows of a table in their order: previous, running, total, ntile, share, rank. Level `row`.
    case overRows(RowFunction, [Expression])
    /// An aggregate over the rows that arrive. Only in AGGREGATE, ASSERT and `measure =`.
    case aggregate(AggregateCall)
  }

  package struct Branch: Sendable, Hashable {
    package var condition: Expression
    package var value: Expression

    package init(condition: Expression, value: Expression) {
      self.condition = condition
      self.value = value
    }
  }
}

/// The fields that every event has, and its properties.
package enum EventField: Sendable, Hashable {
  case time
  /// The name of the event's type, as text.
  case type
  case item, order, amount, quantity
  case property(UInt16)
}

package enum BinaryOperator: String, Sendable, Hashable {
  case or = "OR"
  case and = "AND"
  case equal = "="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  /// Real division; a division by zero is missing.
  case divide = "/"
}

package enum TextTest: String, Sendable, Hashable {
  case contains, startsWith, endsWith, matches
}

/// Functions of single values.
package enum Function: String, Sendable, Hashable, CaseIterable {
  // Time: in the store's zone
  case dayOfWeek = "day_of_week"
  case hourOfDay = "hour_of_day"
  case dayOfMonth = "day_of_month"
  case monthOfYear = "month_of_year"
  case date
  /// The start of the period that holds the time; the second argument is the unit's name as a literal.
  case periodStart = "period_start"
  // Numbers
  case bucket, round, floor, ceil, abs, sqrt, exp, ln, least, greatest
  // Text
  case lower, upper, length
  // Any
  case coalesce
}

package enum RowFunction: String, Sendable, Hashable, CaseIterable {
  case previous, running, total, ntile, share, rank
}

/// An aggregate of the rows that arrive at AGGREGATE.
package struct AggregateCall: Sendable, Hashable {
  package enum Function: String, Sendable, Hashable, CaseIterable {
    /// Occurrences of events; rows of anything else.
    case count
    /// Rows, also where orders make occurrences of several rows.
    case rows
    /// Distinct users.
    case users
    case sum, avg, min, max, median, distinct, quantile
  }

  package var function: Function
  package var argument: Expression?
  /// The share below, for `quantile(x, 0.9)`.
  package var share: Double?

  package init(_ function: Function, _ argument: Expression? = nil, share: Double? = nil) {
    self.function = function
    self.argument = argument
    self.share = share
  }
}
