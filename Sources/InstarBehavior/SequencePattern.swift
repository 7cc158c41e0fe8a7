/// A chain of events to look for in the history of one user: what `FUNNEL a THEN b` and `did (a THEN b)` mean.
///
/// The pattern knows events only as bits. For each row the caller gives a mask with bit *p* set where the row fulfils
/// predicate *p*, so that the matcher never evaluates an expression; two steps that ask for the same event share a bit.
///
/// An *attempt* gives each step its own row. It is valid when
///
/// - rows follow each other in the total order (time, arrival), or with a tolerance *τ* t(k+1) ≥ t(k) − *τ*;
/// - the first row lies in ``during``, and no row later than ``within`` after it;
/// - gaps between neighbouring steps keep the bounds of the later one, and ``Mode/directly`` steps take the next row;
/// - no row strictly between two neighbouring steps fulfils ``without``;
/// - with ``same`` all rows have the same, present key.
///
/// ``Mode/optional`` steps take no part in this. They are looked for once the rows of the other steps are settled.
/// Reference: docs/reference/sequences.md.
package struct SequencePattern: Sendable {
  /// How a step follows the one before.
  package enum Mode: Sendable {
    /// Later; other events may come between.
    case then
    /// The user's very next event, whatever its type or key.
    case directly
    /// Recorded where it happens between its neighbours; decides nothing.
    case optional
    /// Does not happen before the window closes. Only as the last step.
    case not
  }

  /// One step: an event, or several in any order.
  package struct Step: Sendable {
    /// Bits of the masks; more than one stands for `ANY ORDER (..)`, reached once each of them has a row of its own.
    package var predicates: [Int]
    package var mode: Mode
    /// Least and greatest distance to the previous step in milliseconds, both inclusive.
    package var after: Int64?
    package var within: Int64?

    package init(_ predicate: Int, _ mode: Mode = .then, after: Int64? = nil, within: Int64? = nil) {
      self.predicates = [predicate]
      self.mode = mode
      self.after = after
      self.within = within
    }

    package static func anyOrder(_ predicates: [Int]) -> Step {
      var step = Step(0)
      step.predicates = predicates
      return step
    }
  }

  /// The longest time from the first row to the last, inclusive.
  package enum Within: Sendable, Equatable {
    case unlimited
    case milliseconds(Int64)
    /// The caller gives for each row the last moment of an attempt that enters there: months, which have no fixed
    /// length.
    case deadlines
  }

  /// Which attempts of a user are reported.
  package enum Entry: Sendable {
    /// The attempt that gets furthest; among those the earliest entry, then the earliest steps.
    case best
    /// The attempt that enters at the first, or last, row that fits the first step.
    case first, last
    /// One attempt for each row that fits the first step. Attempts may share later rows.
    case every
  }

  package var steps: [Step]
  /// Bits of the masks whose events end an attempt; 0 for none.
  package var without: UInt64
  package var same: Bool
  package var within: Within
  package var entry: Entry
  /// Milliseconds by which a step may lie before the one it follows; 0 keeps the total order.
  package var tolerance: Int64
  /// Half-open range of time for the first row.
  package var during: Range<Int64>?
  /// Whether rows at or after the end of ``during`` are left out (`WITH cut = range`).
  package var cut: Bool

  /// The whole mask of a row that is no event of its own, such as a further line of one order: no step can take it and
  /// ``Mode/directly`` looks through it.
  package static let hiddenRow: UInt64 = 1 << 63
  /// What ``SequenceMatcher`` reads as "this row has no key".
  package static let missingKey = UInt64.max
  /// The most steps in one pattern.
  package static let stepLimit = 63
  /// The most events in one `ANY ORDER`: its states are the subsets of its events.
  package static let anyOrderLimit = 6

  /// Checks the pattern.
  ///
  /// - Parameters:
  ///   - steps: from the first to the last; at least one.
  ///   - without: a mask of predicates, not of steps.
  /// - Throws: what a statement may ask but no attempt could mean; the message is a sentence for the user.
  package init(
    steps: [Step], without: UInt64 = 0, same: Bool = false, within: Within = .unlimited, entry: Entry = .best,
    tolerance: Int64 = 0, during: Range<Int64>? = nil, cut: Bool = false
  ) throws(SequencePatternError) {
    self.steps = steps
    self.without = without
    self.same = same
    self.within = within
    self.entry = entry
    self.tolerance = tolerance
    self.during = during
    self.cut = cut
    try check()
  }

  private func check() throws(SequencePatternError) {
    guard let first = steps.first else { throw .noSteps }
    guard first.mode == .then, first.after == nil, first.within == nil else { throw .firstStep }
    guard steps.count <= Self.stepLimit else { throw .tooManySteps }
    guard tolerance >= 0 else { throw .negativeTolerance }
    for (index, step) in steps.enumerated() {
      guard !step.predicates.isEmpty, step.predicates.allSatisfy({ 0 <= $0 && $0 < 63 }) else { throw .predicate }
      if step.predicates.count > 1 {
        guard step.predicates.count <= Self.anyOrderLimit else { throw .anyOrderTooLong }
        guard step.mode == .then, step.after == nil, step.within == nil else { throw .anyOrderMode }
      }
      if let after = step.after, let within = step.within, after > within { throw .emptyGap(step: index + 1) }
      switch step.mode {
      case .not:
        guard index == steps.count - 1 else { throw .notBeforeEnd }
        guard step.within != nil || within != .unlimited else { throw .notWithoutWindow }
      case .directly:
        guard steps[index - 1].mode != .optional else { throw .directlyAfterOptional }
      case .then, .optional: break
      }
    }
  }

  /// Whether the plain matcher serves: steps of one event each in order, one total limit in milliseconds, best entry.
  var isPlain: Bool {
    guard entry == .best, !same, without == 0, tolerance == 0, within != .deadlines, !cut else { return false }
    return steps.allSatisfy { $0.mode == .then && $0.predicates.count == 1 && $0.after == nil && $0.within == nil }
  }
}

/// Why a list of steps is no pattern.
package enum SequencePatternError: Error, Equatable {
  case noSteps
  case tooManySteps
  case firstStep
  case negativeTolerance
  case predicate
  case anyOrderTooLong
  case anyOrderMode
  case emptyGap(step: Int)
  case notBeforeEnd
  case notWithoutWindow
  case directlyAfterOptional

  /// One plain sentence that says what to do.
  package var message: String {
    switch self {
    case .noSteps: "a chain needs at least one event"
    case .tooManySteps: "a chain has at most \(SequencePattern.stepLimit) steps"
    case .firstStep: "the first event of a chain takes no DIRECTLY, OPTIONAL, NOT, AFTER or WITHIN"
    case .negativeTolerance: "tolerance is 0 or more"
    case .predicate: "a chain has at most 63 different events"
    case .anyOrderTooLong: "ANY ORDER takes at most \(SequencePattern.anyOrderLimit) events"
    case .anyOrderMode: "ANY ORDER takes no DIRECTLY, OPTIONAL, NOT, AFTER or WITHIN"
    case .emptyGap(let step): "no event can fit step \(step): its AFTER is longer than its WITHIN"
    case .notBeforeEnd: "THEN NOT can only be the last step; to exclude an event in between write WITHOUT"
    case .notWithoutWindow: "THEN NOT needs a WITHIN: it holds once its window has closed"
    case .directlyAfterOptional: "THEN DIRECTLY cannot follow an OPTIONAL step"
    }
  }
}
