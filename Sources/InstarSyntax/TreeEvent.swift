/// The name of an event and the filter that stands behind it: `purchase[amount > 20]`.
package struct EventPattern: Sendable, Hashable {
  package var name: EventName
  package var filter: Expression?
  @Trivia package var range: SourceRange
}

/// Which of a user's matching events is meant.
package enum Occurrence: Sendable, Hashable, CaseIterable {
  case first
  case last
  case each
}

/// An event where a step, a sequence or `did` names one.
///
/// `purchase[..]`, `FIRST purchase[..]`, `(purchase OR subscribe[..])`, `FIRST (a OR b)`, `(FIRST purchase)[..]`.
package struct EventReference: Sendable, Hashable {
  package var occurrence: Occurrence?
  /// One pattern, or those joined by `OR`.
  package var alternatives: [EventPattern]
  /// The filter behind the bracket in `(FIRST purchase)[category = 'books']`: the first purchase is taken, and then the
  /// filter must hold. With `FIRST purchase[..]` the filter comes first.
  package var laterFilter: Expression?
  @Trivia package var range: SourceRange
}

/// A property of an event: `purchase[amount > 0].category`.
package struct EventProperty: Sendable, Hashable {
  package var event: EventPattern
  package var property: PropertyPath
  @Trivia package var range: SourceRange
}

/// Events in order, and the conditions on the whole chain.
package struct EventSequence: Sendable, Hashable {
  /// At least two. The first has no mode and no gap.
  package var steps: [SequenceStep]
  package var conditions: ChainConditions
  @Trivia package var range: SourceRange
}

package struct SequenceStep: Sendable, Hashable {
  package enum Subject: Sendable, Hashable {
    case event(EventReference)
    /// `ANY ORDER (a, b)`, at least two.
    case anyOrder([EventReference])
  }

  /// `THEN DIRECTLY`: the next event of this user.
  package var isDirect = false
  /// `THEN OPTIONAL`.
  package var isOptional = false
  /// `THEN NOT`: does not follow inside the window.
  package var isNegated = false
  /// `AFTER d`: the least gap to the step before.
  package var after: TimeSpan?
  /// `WITHIN d`: the greatest gap to the step before.
  package var within: TimeSpan?
  package var subject: Subject
  @Trivia package var range: SourceRange
}

/// `WITHOUT e SAME key WITHIN d`: what must hold for a whole chain of events.
package struct ChainConditions: Sendable, Hashable {
  /// None of these in between.
  package var without: [EventReference] = []
  package var same: [CorrelationKey] = []
  /// Time from the first event to the last.
  package var within: TimeSpan?

  package var isEmpty: Bool { without.isEmpty && same.isEmpty && within == nil }
}

/// The key after `SAME`.
package enum CorrelationKey: Sendable, Hashable {
  case session
  case property(Name)
}
