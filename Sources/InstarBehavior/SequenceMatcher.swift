/// Finds the attempts of a ``SequencePattern`` in batches of whole users: the one matcher behind `FUNNEL` and
/// `did (a THEN b ..)`.
///
/// Plain patterns walk the rows that fit, as bits (``PlainSequence``). All others run the pattern's states
/// over each user's relevant rows, one key at a time (``SequenceSolver``): O(rows × transitions), no backtracking and no
/// limit on the number of rows.
package struct SequenceMatcher {
  package let pattern: SequencePattern
  /// The moment of the statement, milliseconds since 1970: windows that end before it are closed. Rows at or after it
  /// must not be in the batches.
  package let now: Int64

  private let plain: PlainSequence?
  private var solver: SequenceSolver
  private var scratchMasks: [UInt64] = []
  private var scratchMarks: [UInt64] = []

  package init(_ pattern: SequencePattern, now: Int64) {
    self.pattern = pattern
    self.now = now
    plain = pattern.isPlain ? PlainSequence(pattern, now: now) : nil
    solver = SequenceSolver(pattern, now: now)
  }

  /// An empty list of matches for this pattern, to be reused from batch to batch.
  package func makeMatches() -> SequenceMatches { SequenceMatches(stepCount: pattern.steps.count) }

  /// Matches events that their type alone decides.
  ///
  /// - Parameters:
  ///   - starts: the first row of each user, and the number of rows at the end.
  ///   - types: the type of each row.
  ///   - table: the mask of each type; covers every type that occurs.
  ///   - matches: emptied, then filled.
  /// - Complexity: O(rows) for plain patterns, about two nanoseconds a row.
  package mutating func match(
    starts: Span<Int>, times: Span<Int64>, types: Span<UInt32>, table: Span<UInt64>, keys: Span<UInt64>? = nil,
    deadlines: Span<Int64>? = nil, into matches: inout SequenceMatches
  ) {
    precondition(types.count == times.count, "one type for each row")
    if plain != nil {
      mark(rows: types.count) { table[Int(types[$0])] }
      matchMarked(starts: starts, times: times, into: &matches)
      return
    }
    scratchMasks.removeAll(keepingCapacity: true)
    scratchMasks.reserveCapacity(types.count)
    var row = 0
    while row < types.count {
      scratchMasks.append(table[Int(types[row])])
      row &+= 1
    }
    let masks = scratchMasks
    match(starts: starts, times: times, masks: masks.span, keys: keys, deadlines: deadlines, into: &matches)
  }

  /// Whether ``match(starts:times:marks:stride:into:)`` serves.
  package var takesMarks: Bool { plain != nil }

  /// Matches a plain pattern over sets of rows.
  ///
  /// - Parameters:
  ///   - marks: a set of `stride` words for each predicate; bit *r* % 64 of word *r* / 64 says that row *r* fulfils it.
  ///   - stride: at least one word more than the rows need.
  ///   - matches: emptied, then filled.
  /// - Complexity: O(words + users + rows that fit the second step or a later one).
  package mutating func match(
    starts: Span<Int>, times: Span<Int64>, marks: Span<UInt64>, stride: Int, into matches: inout SequenceMatches
  ) {
    precondition(!starts.isEmpty && starts[starts.count - 1] <= times.count, "starts end within the rows")
    guard let plain else { preconditionFailure("the pattern is not plain") }
    matches.reset()
    plain.match(starts: starts, times: times, marks: marks, stride: stride, into: &matches)
  }

  private mutating func matchMarked(starts: Span<Int>, times: Span<Int64>, into matches: inout SequenceMatches) {
    let marks = scratchMarks
    match(starts: starts, times: times, marks: marks.span, stride: RowSet.stride(times.count), into: &matches)
  }

  /// Turns a mask for each row into a set of rows for each predicate.
  @inline(__always)
  private mutating func mark(rows: Int, _ mask: (Int) -> UInt64) {
    let (stride, sets) = (RowSet.stride(rows), plain?.setCount ?? 0)
    var marks = scratchMarks
    scratchMarks = []
    marks.removeAll(keepingCapacity: true)
    marks.append(contentsOf: repeatElement(0, count: stride * sets))
    var row = 0
    while row < rows {
      let bit = UInt64(1) &<< UInt64(truncatingIfNeeded: row & 63)
      var rest = mask(row) & ((1 &<< UInt64(truncatingIfNeeded: sets)) &- 1)
      while rest != 0 {
        marks[rest.trailingZeroBitCount &* stride &+ row &>> 6] |= bit
        rest &= rest &- 1
      }
      row &+= 1
    }
    scratchMarks = marks
  }

  /// Matches rows whose masks the caller has computed.
  ///
  /// - Parameters:
  ///   - masks: bit *p* says that the row fulfils predicate *p*; see ``SequencePattern/hiddenRow``.
  ///   - keys: for patterns with `SAME`: equal numbers for equal keys, ``SequencePattern/missingKey`` for none.
  ///   - deadlines: for ``SequencePattern/Within/deadlines``: the last moment of an attempt that enters at the row.
  ///   - matches: emptied, then filled.
  /// - Precondition: rows of a user are ordered by (time, arrival) and lie before ``now``.
  package mutating func match(
    starts: Span<Int>, times: Span<Int64>, masks: Span<UInt64>, keys: Span<UInt64>? = nil,
    deadlines: Span<Int64>? = nil, into matches: inout SequenceMatches
  ) {
    precondition(masks.count == times.count, "one mask for each row")
    precondition(!starts.isEmpty && starts[starts.count - 1] <= times.count, "starts end within the rows")
    precondition(!pattern.same || keys?.count == times.count, "SAME needs a key for each row")
    precondition(pattern.within != .deadlines || deadlines?.count == times.count, "one deadline for each row")
    matches.reset()
    if plain != nil {
      mark(rows: masks.count) { masks[$0] }
      matchMarked(starts: starts, times: times, into: &matches)
      return
    }
    var user = 0
    while user < starts.count - 1 {
      let rows = starts[user]..<starts[user + 1]
      solver.match(
        user: user, rows: rows, times: times, masks: masks, keys: keys, deadlines: deadlines, into: &matches)
      user &+= 1
    }
  }
}
