/// The matcher for plain patterns: events in order, at most one total limit, best entry.
///
/// It never looks at a row that fits no step. For each step *k* the rows that fit it are a set of bits; a row of step *k*
/// is reached when the chain of the latest rows before it, back to the first step, begins inside the window. The latest
/// chain is best because a later entry leaves the window longer open. Rows of a chain follow each other strictly, so no
/// row serves two steps.
///
/// The reported attempt follows from the row that first reached the furthest step: no entry gets there sooner, so the
/// earliest entry that gets there at all ends at that very row, and it is the first one inside the window before it.
/// From it each step takes the first row that fits.
struct PlainSequence: Sendable {
  /// The set of bits of each step.
  private let predicates: [Int]
  private let window: Int64
  private let hasWindow: Bool
  private let during: Range<Int64>?
  private let now: Int64

  // Times lie within ±2^58 ms, so that no sum below overflows: a window of 2^60 reaches over all of them, and one that
  // starts from `never` over none.
  private static let unlimited: Int64 = 1 << 60
  private static let never: Int64 = -(1 << 62)

  init(_ pattern: SequencePattern, now: Int64) {
    predicates = pattern.steps.map { $0.predicates[0] }
    if case .milliseconds(let length) = pattern.within {
      window = min(length, Self.unlimited)
      hasWindow = true
    } else {
      window = Self.unlimited
      hasWindow = false
    }
    during = pattern.during
    self.now = now
  }

  /// How many sets of bits the pattern asks for.
  var setCount: Int { (predicates.max() ?? 0) + 1 }

  /// - Parameters:
  ///   - marks: a set of `stride` words for each predicate; bit *r* of a set is set where row *r* fulfils it.
  /// - Precondition: a set has at least one word more than the rows need.
  func match(
    starts: Span<Int>, times: Span<Int64>, marks: Span<UInt64>, stride: Int, into matches: inout SequenceMatches
  ) {
    precondition(
      marks.count >= setCount * stride && stride * 64 >= times.count + 64, "a set of bits for each predicate")
    matches.reserve(starts.count)
    guard let during else {
      matches.count = fill(
        &matches.user, &matches.reached, &matches.flags, &matches.rows, starts: starts, times: times, marks: marks,
        planes: predicates.map { $0 * stride })
      return
    }
    // The rows of the first step that lie in the range are a set of their own, since other steps may share the event.
    var narrowed: [UInt64] = []
    narrowed.reserveCapacity((predicates.count + 1) * stride)
    var word = 0
    while word < setCount * stride {
      narrowed.append(marks[word])
      word &+= 1
    }
    word = 0
    while word < stride {
      narrowed.append(inside(during, marks[predicates[0] * stride + word], times, firstRow: word * 64))
      word &+= 1
    }
    var planes = predicates.map { $0 * stride }
    planes[0] = setCount * stride
    matches.count = fill(
      &matches.user, &matches.reached, &matches.flags, &matches.rows, starts: starts, times: times,
      marks: narrowed.span, planes: planes)
  }

  /// The bits of `word` whose rows lie in the range.
  private func inside(_ range: Range<Int64>, _ word: UInt64, _ times: Span<Int64>, firstRow: Int) -> UInt64 {
    var rest = word
    var kept: UInt64 = 0
    while rest != 0 {
      if range.contains(times[firstRow &+ rest.trailingZeroBitCount]) { kept |= rest & (0 &- rest) }
      rest &= rest &- 1
    }
    return kept
  }

  /// Writes the attempts into the columns and returns their number.
  private func fill(
    _ user: inout [Int32], _ reached: inout [UInt8], _ flags: inout [SequenceMatches.Flags], _ rows: inout [Int32],
    starts: Span<Int>, times: Span<Int64>, marks: Span<UInt64>, planes: [Int]
  ) -> Int {
    var userColumn = user.mutableSpan
    var reachedColumn = reached.mutableSpan
    var flagsColumn = flags.mutableSpan
    var rowsColumn = rows.mutableSpan
    let stepCount = planes.count
    let steps = planes.span
    let fitsWord = stepCount <= 4
    var count = 0
    var user = 0
    while user < starts.count - 1 {
      let (first, end) = (starts[user], starts[user + 1])
      let cell = count &* stepCount
      let found: Found
      if end == first {
        found = Found()
      } else if fitsWord && end &- first <= 64 {
        var words = StepWords(marks, steps, first: first, count: end &- first)
        found = search(words, times, first: first)
        if found.step > 1 {
          words.dropRows(before: entry(before: found.row, notBefore: first, times) &- first)
          report(words, found.step, first: first, cell: cell, into: &rowsColumn)
        }
      } else {
        found = search(marks, steps, times, first: first, end: end)
        if found.step > 1 {
          let entry = entry(before: found.row, notBefore: first, times)
          report(marks, steps, found.step, from: entry, end: end, cell: cell, into: &rowsColumn)
        }
      }
      if found.step > 0 {
        userColumn[count] = Int32(truncatingIfNeeded: user)
        reachedColumn[count] = UInt8(truncatingIfNeeded: found.step)
        flagsColumn[count] = facts(found, times)
        if found.step == 1 { rowsColumn[cell] = Int32(truncatingIfNeeded: found.row) }
        var step = found.step
        while step < stepCount {
          rowsColumn[cell &+ step] = -1
          step &+= 1
        }
        count &+= 1
      }
      user &+= 1
    }
    return count
  }

  /// The furthest step of a user, the row that first reached it, and the last row that fits the first step.
  private struct Found {
    var step = 0
    var row = 0
    var lastEntry = 0
  }

  private func facts(_ found: Found, _ times: Span<Int64>) -> SequenceMatches.Flags {
    if found.step == predicates.count { return [.converted, .complete] }
    return hasWindow && times[found.lastEntry] >= now &- window ? [] : .complete
  }

  /// The first row of a user inside the window that ends at `row`.
  @inline(__always)
  private func entry(before row: Int, notBefore first: Int, _ times: Span<Int64>) -> Int {
    let open = times[row] &- window
    var entry = row
    while entry > first && times[entry &- 1] >= open { entry &-= 1 }
    return entry
  }

  // MARK: Up to 64 rows and four steps, in registers

  /// The rows of one user that fit each step, the first row as the lowest bit.
  private struct StepWords {
    var step1: UInt64
    var step2: UInt64 = 0
    var step3: UInt64 = 0
    var step4: UInt64 = 0

    /// - Precondition: `count` is 1 ... 64.
    @inline(__always)
    init(_ marks: Span<UInt64>, _ planes: Span<Int>, first: Int, count: Int) {
      let word = first &>> 6
      let shift = UInt64(truncatingIfNeeded: first & 63)
      let mask = UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- count)
      step1 = Self.bits(marks, planes[0] &+ word, shift, mask)
      if planes.count > 1 { step2 = Self.bits(marks, planes[1] &+ word, shift, mask) }
      if planes.count > 2 { step3 = Self.bits(marks, planes[2] &+ word, shift, mask) }
      if planes.count > 3 { step4 = Self.bits(marks, planes[3] &+ word, shift, mask) }
    }

    /// 64 bits from any place on. Two shifts, because one by 64 would be one by 0.
    @inline(__always)
    private static func bits(_ marks: Span<UInt64>, _ word: Int, _ shift: UInt64, _ mask: UInt64) -> UInt64 {
      (marks[word] &>> shift | (marks[word &+ 1] &<< 1) &<< (63 &- shift)) & mask
    }

    @inline(__always)
    mutating func dropRows(before row: Int) {
      let kept = UInt64.max &<< UInt64(truncatingIfNeeded: row)
      step1 &= kept
      step2 &= kept
      step3 &= kept
      step4 &= kept
    }

    @inline(__always)
    static func above(_ row: Int) -> UInt64 { (UInt64.max &- 1) &<< UInt64(truncatingIfNeeded: row) }

    /// The highest row of `word` below `row`; there is one.
    @inline(__always)
    static func last(_ word: UInt64, below row: Int) -> Int {
      63 &- (word & ((1 &<< UInt64(truncatingIfNeeded: row)) &- 1)).leadingZeroBitCount
    }
  }

  @inline(__always)
  private func search(_ words: StepWords, _ times: Span<Int64>, first: Int) -> Found {
    guard words.step1 != 0 else { return Found() }
    var row = words.step1.trailingZeroBitCount
    var found = Found(step: 1, row: first &+ row, lastEntry: first &+ 63 &- words.step1.leadingZeroBitCount)
    var rest = words.step2 & StepWords.above(row)
    while rest != 0 {
      row = rest.trailingZeroBitCount
      let entry = StepWords.last(words.step1, below: row)
      if isInWindow(times, first &+ entry, first &+ row) {
        found.step = 2
        break
      }
      rest &= rest &- 1
    }
    if found.step < 2 { return found }
    found.row = first &+ row
    rest = words.step3 & StepWords.above(row)
    while rest != 0 {
      row = rest.trailingZeroBitCount
      let entry = StepWords.last(words.step1, below: StepWords.last(words.step2, below: row))
      if isInWindow(times, first &+ entry, first &+ row) {
        found.step = 3
        break
      }
      rest &= rest &- 1
    }
    if found.step < 3 { return found }
    found.row = first &+ row
    rest = words.step4 & StepWords.above(row)
    while rest != 0 {
      row = rest.trailingZeroBitCount
      let second = StepWords.last(words.step2, below: StepWords.last(words.step3, below: row))
      let entry = StepWords.last(words.step1, below: second)
      if isInWindow(times, first &+ entry, first &+ row) {
        found.step = 4
        found.row = first &+ row
        break
      }
      rest &= rest &- 1
    }
    return found
  }

  @inline(__always)
  private func isInWindow(_ times: Span<Int64>, _ entry: Int, _ row: Int) -> Bool {
    times[row] &- times[entry] <= window
  }

  /// Writes the earliest rows of `steps` steps.
  @inline(__always)
  private func report(
    _ words: StepWords, _ steps: Int, first: Int, cell: Int, into rows: inout MutableSpan<Int32>
  ) {
    var row = words.step1.trailingZeroBitCount
    rows[cell] = Int32(truncatingIfNeeded: first &+ row)
    row = (words.step2 & StepWords.above(row)).trailingZeroBitCount
    rows[cell &+ 1] = Int32(truncatingIfNeeded: first &+ row)
    guard steps > 2 else { return }
    row = (words.step3 & StepWords.above(row)).trailingZeroBitCount
    rows[cell &+ 2] = Int32(truncatingIfNeeded: first &+ row)
    guard steps > 3 else { return }
    row = (words.step4 & StepWords.above(row)).trailingZeroBitCount
    rows[cell &+ 3] = Int32(truncatingIfNeeded: first &+ row)
  }

  // MARK: Any number of rows and steps

  private func search(_ marks: Span<UInt64>, _ planes: Span<Int>, _ times: Span<Int64>, first: Int, end: Int) -> Found {
    var row = RowSet.next(marks, planes[0], from: first, end: end)
    guard row < end else { return Found() }
    var found = Found(step: 1, row: row, lastEntry: RowSet.last(marks, planes[0], below: end))
    while found.step < planes.count {
      row = RowSet.next(marks, planes[found.step], from: found.row &+ 1, end: end)
      while row < end {
        var entry = row
        var step = found.step
        while step > 0 {
          step &-= 1
          entry = RowSet.last(marks, planes[step], below: entry)
        }
        if isInWindow(times, entry, row) { break }
        row = RowSet.next(marks, planes[found.step], from: row &+ 1, end: end)
      }
      guard row < end else { break }
      found.step &+= 1
      found.row = row
    }
    return found
  }

  private func report(
    _ marks: Span<UInt64>, _ planes: Span<Int>, _ steps: Int, from entry: Int, end: Int, cell: Int,
    into rows: inout MutableSpan<Int32>
  ) {
    var row = entry
    var step = 0
    while step < steps {
      row = RowSet.next(marks, planes[step], from: row, end: end)
      rows[cell &+ step] = Int32(truncatingIfNeeded: row)
      row &+= 1
      step &+= 1
    }
  }
}

/// Sets of rows, one bit each, that lie one after the other in a list of words.
enum RowSet {
  /// The first row from `row` on of the set that begins at word `plane`, or `end`.
  static func next(_ marks: Span<UInt64>, _ plane: Int, from row: Int, end: Int) -> Int {
    guard row < end else { return end }
    var word = row &>> 6
    var bits = marks[plane &+ word] & (UInt64.max &<< UInt64(truncatingIfNeeded: row & 63))
    while bits == 0 {
      word &+= 1
      if word &<< 6 >= end { return end }
      bits = marks[plane &+ word]
    }
    return min(end, word &<< 6 &+ bits.trailingZeroBitCount)
  }

  /// The last row of the set below `row`.
  ///
  /// - Precondition: there is one.
  static func last(_ marks: Span<UInt64>, _ plane: Int, below row: Int) -> Int {
    var word = (row &- 1) &>> 6
    var bits = marks[plane &+ word] & (UInt64.max &>> UInt64(truncatingIfNeeded: 63 &- (row &- 1) & 63))
    while bits == 0 {
      word &-= 1
      bits = marks[plane &+ word]
    }
    return word &<< 6 &+ 63 &- bits.leadingZeroBitCount
  }

  /// Words of one set for `rows` rows, with one more at the end.
  static func stride(_ rows: Int) -> Int { (rows &+ 63) &>> 6 &+ 1 }
}
