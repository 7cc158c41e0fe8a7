/// One statement, with what stands in front of it: `AS OF @2026-01-01 EXPLAIN SEGMENT users ...;`
///
/// The tree says what was written and not what it means: names are not looked up and types not checked.
package struct Statement: Sendable, Hashable {
  /// `AS OF moment`.
  package var asOf: TimePoint?
  /// `EXPLAIN` or `EXPLAIN ANALYZE`.
  package var explain: ExplainMode?
  package var body: StatementBody
  /// The comments around the statement and the blank line in front of it.
  @Trivia package var layout: StatementLayout
  /// From the first word to the last, without comments in front and without the `;`.
  @Trivia package var range: SourceRange
}

package enum ExplainMode: Sendable, Hashable {
  /// `EXPLAIN`: meaning and plan.
  case plan
  /// `EXPLAIN ANALYZE`: runs the statement and adds real rows and times.
  case analyze
}

package enum StatementBody: Sendable, Hashable {
  case pipeline(Pipeline)
  case define(Definition)
  case `let`(LetStatement)
  case promote(ModelReference)
  case drop(DropStatement)
  case set(Setting)
  case `import`(ImportStatement)
  case forget(ProfileSubject)
  case redact(RedactStatement)
  case retain(RetainStatement)
  case consent(ConsentStatement)
  case withdraw(ConsentStatement)
  case link(LinkStatement)
  case unlink(EntityReference)
  case exportUser(ExportUserStatement)
  case run(RunStatement)
}

/// A source and the steps that follow: each step takes one table and gives one.
package struct Pipeline: Sendable, Hashable {
  /// `nil` if the chain starts with a step; then the source is `SEGMENT users`, or the events where the step reads events.
  package var source: Source?
  package var steps: [Step]
  @Trivia package var range: SourceRange
}

/// What the text around a statement holds besides its words. The formatter keeps it.
package struct StatementLayout: Sendable, Hashable {
  /// The comments in front of the statement and inside it, each with its `--`.
  package var comments: [String] = []
  /// The comment behind the `;` on the same line.
  package var trailingComment: String?
  /// Whether a blank line separates the statement from the one before.
  package var startsParagraph = false
}
