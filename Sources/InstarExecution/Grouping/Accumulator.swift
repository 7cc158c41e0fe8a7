import InstarColumns
import InstarPlan

/// The state of one aggregate for all groups: update with the rows of a batch, merge the chunks in their order, finish.
///
/// Sums of doubles are compensated, so that a sum of cents reads as cents; since chunks are fixed ranges of users and
/// merge in their order, the same file gives the same bits with any number of threads.
struct Accumulator {
  let function: AggregateCall.Function
  let type: ValueType
  private let share: Double
  private var counts: [Int64] = []
  private var sums: [CompensatedSum] = []
  /// The part of the sums that rows of full columns add to.
  private var laneSums: [LaneSums] = []
  private var realExtremes: [Double] = []
  private var integers: [Int64] = []
  private var overflowed: [UInt8] = []
  private var lastUser: [UInt32] = []
  private var values: [[Double]] = []
  private var distinct: [Set<UInt64>] = []
  private var texts = TextNumbers()
  private var extremes: [String?] = []

  init(_ call: AggregateCall, type: ValueType) {
    function = call.function
    self.type = type
    share = call.share ?? 0.5
  }

  mutating func reserve(groups: Int) {
    func extend<Element>(_ array: inout [Element], with element: Element) {
      if array.count < groups { array.append(contentsOf: repeatElement(element, count: groups - array.count)) }
    }
    extend(&counts, with: 0)
    switch function {
    case .count, .rows: break
    case .users: extend(&lastUser, with: .max)
    case .sum, .avg:
      extend(&sums, with: CompensatedSum())
      extend(&laneSums, with: LaneSums())
      extend(&integers, with: 0)
      extend(&overflowed, with: 0)
    case .min, .max:
      extend(&realExtremes, with: function == .min ? .infinity : -.infinity)
      extend(&integers, with: function == .min ? .max : .min)
      extend(&extremes, with: nil)
    case .median, .quantile: extend(&values, with: [])
    case .distinct: extend(&distinct, with: [])
    }
  }

  /// Adds rows.
  ///
  /// - Parameters:
  ///   - argument: one row for each of `groups`, or `nil` for counts.
  ///   - users: the user of each row, ascending from batch to batch, for `users()`.
  mutating func update(groups: [Int32], argument: Vector?, users: [UInt32]) {
    switch function {
    case .count, .rows: count(groups, argument)
    case .users: countUsers(groups, users)
    case .sum, .avg: add(groups, argument)
    case .min, .max: extend(groups, argument)
    case .median, .quantile: collect(groups, argument)
    case .distinct: insert(groups, argument)
    }
  }

  private mutating func count(_ groups: [Int32], _ argument: Vector?) {
    let present = argument?.presence(groups.count) ?? []
    // A local array is not asked for its owner at each row.
    var counts = self.counts
    self.counts = []
    var row = 0
    if present.isEmpty {
      // Events of one user follow each other, and so do those of his country: a stretch is counted at once.
      let groups = groups.span
      while row < groups.count {
        let (group, first) = (groups[row], row)
        repeat { row &+= 1 } while row < groups.count && groups[row] == group
        counts[Int(group)] &+= Int64(row &- first)
      }
    } else {
      while row < groups.count {
        counts[Int(groups[row])] &+= Int64(present[row])
        row &+= 1
      }
    }
    self.counts = counts
  }

  private mutating func countUsers(_ groups: [Int32], _ users: [UInt32]) {
    precondition(groups.count == users.count)
    var row = 0
    while row < groups.count {
      let group = Int(groups[row])
      if lastUser[group] != users[row] {
        lastUser[group] = users[row]
        counts[group] &+= 1
      }
      row &+= 1
    }
  }

  private mutating func add(_ groups: [Int32], _ argument: Vector?) {
    guard let argument else { preconditionFailure("\(function) needs a value") }
    let present = argument.presence(groups.count)
    if argument.type == .real || function == .avg {
      addReals(groups, argument.reals(groups.count), present)
    } else {
      let rows = argument.integers(groups.count)
      for row in groups.indices where present.isEmpty || present[row] != 0 {
        let group = Int(groups[row])
        let (sum, overflow) = integers[group].addingReportingOverflow(rows[row])
        integers[group] = sum
        if overflow { overflowed[group] = 1 }
        counts[group] &+= 1
      }
    }
  }

  private mutating func addReals(_ groups: [Int32], _ rows: [Double], _ present: [UInt8]) {
    precondition(rows.count == groups.count && (present.isEmpty || present.count == groups.count))
    if present.isEmpty {
      Self.add(rows.span, to: groups.span, &laneSums, &counts)
    } else {
      Self.add(rows.span, where: present.span, to: groups.span, &sums, &counts)
    }
  }

  /// The group that rows add to stays in registers while it does not change: events of one user follow each other, and
  /// so do those of his country.
  private static func add(
    _ rows: Span<Double>, to groups: Span<Int32>, _ sums: inout [LaneSums], _ counts: inout [Int64]
  ) {
    var total = sums.mutableSpan
    var count = counts.mutableSpan
    let bytes = rows.bytes
    var row = 0
    while row < groups.count {
      let (group, first) = (groups[row], row)
      var end = row
      repeat { end &+= 1 } while end < groups.count && groups[end] == group
      var sum = total[Int(group)]
      while row &+ 4 <= end {
        sum.add(bytes.unsafeLoadUnaligned(fromByteOffset: row &* 8, as: SIMD4<Double>.self))
        row &+= 4
      }
      if row < end {
        sum.add(SIMD4(rows[row], row &+ 1 < end ? rows[row &+ 1] : 0, row &+ 2 < end ? rows[row &+ 2] : 0, 0))
      }
      total[Int(group)] = sum
      count[Int(group)] &+= Int64(end &- first)
      row = end
    }
  }

  /// Looks at the marks of eight rows at a time: few events have an amount.
  private static func add(
    _ rows: Span<Double>, where present: Span<UInt8>, to groups: Span<Int32>, _ sums: inout [CompensatedSum],
    _ counts: inout [Int64]
  ) {
    var sum = sums.mutableSpan
    var count = counts.mutableSpan
    let marks = present.bytes
    var row = 0
    while row < groups.count {
      let isWhole = row &+ 8 <= groups.count
      var rest =
        isWhole
        ? UInt64(littleEndian: marks.unsafeLoadUnaligned(fromByteOffset: row, as: UInt64.self)) : UInt64(present[row])
      while rest != 0 {
        let place = row &+ rest.trailingZeroBitCount &>> 3
        let group = Int(groups[place])
        sum[group].add(rows[place])
        count[group] &+= 1
        rest &= rest &- 1
      }
      row &+= isWhole ? 8 : 1
    }
  }

  private mutating func extend(_ groups: [Int32], _ argument: Vector?) {
    guard let argument else { preconditionFailure("\(function) needs a value") }
    let least = function == .min
    for row in groups.indices where argument.isPresent(row) {
      let group = Int(groups[row])
      counts[group] &+= 1
      switch argument.type {
      case .text:
        let text = argument.text(row)
        if let held = extremes[group], least ? held <= text : held >= text { continue }
        extremes[group] = text
      case .real:
        let value = argument.realValue(row)
        realExtremes[group] = least ? Swift.min(realExtremes[group], value) : Swift.max(realExtremes[group], value)
      default:
        let value = argument.integerValue(row)
        integers[group] = least ? Swift.min(integers[group], value) : Swift.max(integers[group], value)
      }
    }
  }

  private mutating func collect(_ groups: [Int32], _ argument: Vector?) {
    guard let argument else { preconditionFailure("\(function) needs a value") }
    let rows = argument.reals(groups.count)
    for row in groups.indices where argument.isPresent(row) { values[Int(groups[row])].append(rows[row]) }
  }

  private mutating func insert(_ groups: [Int32], _ argument: Vector?) {
    guard let argument else { preconditionFailure("\(function) needs a value") }
    let keys = GroupKey.bits(of: argument, count: groups.count, texts: &texts)
    for row in groups.indices where argument.isPresent(row) { distinct[Int(groups[row])].insert(keys[row]) }
  }

  /// Takes over the state of a later chunk, whose group `g` is group `mapping[g]` here.
  mutating func merge(_ other: Accumulator, mapping: [Int]) {
    for (theirs, ours) in mapping.enumerated() {
      if theirs < other.counts.count { counts[ours] &+= other.counts[theirs] }
      switch function {
      case .count, .rows, .users: break
      case .sum, .avg:
        sums[ours].add(other.total(theirs))
        let (sum, overflow) = integers[ours].addingReportingOverflow(other.integers[theirs])
        integers[ours] = sum
        overflowed[ours] |= other.overflowed[theirs] | (overflow ? 1 : 0)
      case .min, .max: mergeExtreme(other, theirs, ours)
      case .median, .quantile: values[ours].append(contentsOf: other.values[theirs])
      case .distinct:
        if other.texts.texts.isEmpty {
          distinct[ours].formUnion(other.distinct[theirs])
        } else {
          for key in other.distinct[theirs] {
            distinct[ours].insert(UInt64(texts.number(of: other.texts.texts[Int(key)])))
          }
        }
      }
    }
  }

  private mutating func mergeExtreme(_ other: Accumulator, _ theirs: Int, _ ours: Int) {
    let least = function == .min
    realExtremes[ours] =
      least
      ? min(realExtremes[ours], other.realExtremes[theirs]) : max(realExtremes[ours], other.realExtremes[theirs])
    integers[ours] = least ? min(integers[ours], other.integers[theirs]) : max(integers[ours], other.integers[theirs])
    if let text = other.extremes[theirs] {
      if let held = extremes[ours], least ? held <= text : held >= text { return }
      extremes[ours] = text
    }
  }

  /// The value of each group.
  func finish() -> Vector {
    let groups = counts.count
    switch function {
    case .count, .rows, .users: return Vector(.integer, .integers(counts))
    case .distinct: return Vector(.integer, .integers(distinct.map { Int64($0.count) }))
    case .median, .quantile:
      let result = values.map { rows -> Double in
        guard !rows.isEmpty else { return 0 }
        return Quantiles.quantile(ofSorted: rows.sorted(), share)
      }
      return Vector(.real, .reals(result), present: presence(values.map { $0.isEmpty ? 0 : 1 }))
    case .avg:
      let result = (0..<groups).map { counts[$0] == 0 ? 0 : total($0).value / Double(counts[$0]) }
      return Vector(.real, .reals(result), present: presence(counts.map { $0 == 0 ? 0 : 1 }))
    case .sum:
      if type == .real { return Vector(.real, .reals(sums.indices.map { total($0).value })) }
      return Vector(type, .integers(integers), present: presence(overflowed.map { $0 ^ 1 }))
    case .min, .max:
      let present = presence(counts.map { $0 == 0 ? 0 : 1 })
      switch type {
      case .text: return Vector(.text, .texts(extremes.map { $0 ?? "" }), present: present)
      case .real: return Vector(.real, .reals(realExtremes.map { $0.isFinite ? $0 : 0 }), present: present)
      default: return Vector(type, .integers(integers), present: present)
      }
    }
  }

  /// The sum of group `group` so far.
  private func total(_ group: Int) -> CompensatedSum {
    var total = sums[group]
    laneSums[group].add(to: &total)
    return total
  }

  private func presence(_ bytes: [UInt8]) -> [UInt8] { bytes.contains(0) ? bytes : [] }
}

/// A sum of doubles together with what rounding took from it.
///
/// The error of each addition is found without a comparison (TwoSum, Knuth, The Art of Computer Programming 4.2.2): rows
/// of any order of size cost the same.
private struct CompensatedSum {
  private var sum = 0.0
  private var lost = 0.0

  var value: Double { sum + lost }

  @inline(__always)
  mutating func add(_ term: Double) {
    let next = sum + term
    let added = next - sum
    lost += (sum - (next - added)) + (term - added)
    sum = next
  }

  mutating func add(_ other: CompensatedSum) {
    add(other.sum)
    lost += other.lost
  }
}

/// Four compensated sums side by side, so that an addition need not wait for the one before it.
private struct LaneSums {
  private var sum = SIMD4<Double>.zero
  private var lost = SIMD4<Double>.zero

  @inline(__always)
  mutating func add(_ terms: SIMD4<Double>) {
    let next = sum + terms
    let added = next - sum
    lost += (sum - (next - added)) + (terms - added)
    sum = next
  }

  func add(to total: inout CompensatedSum) {
    for lane in 0..<4 { total.add(sum[lane]) }
    total.add(lost.sum())
  }
}

extension Vector {
  /// The double at a present row.
  func realValue(_ row: Int) -> Double {
    let at = isConstant ? 0 : row
    switch values {
    case .reals(let rows): return rows[at]
    case .integers(let rows): return Double(rows[at])
    default: preconditionFailure("no number in a column of \(type.phrase)")
    }
  }

  /// The integer at a present row.
  func integerValue(_ row: Int) -> Int64 {
    let at = isConstant ? 0 : row
    switch values {
    case .integers(let rows): return rows[at]
    case .booleans(let rows): return Int64(rows[at])
    default: preconditionFailure("no whole number in a column of \(type.phrase)")
    }
  }
}
