import InstarCalendar
import InstarColumns
import InstarPlan

/// AGGREGATE .. BY: the same for users, events and the rows of a table.
///
/// One state serves one chunk of users; states merge in the order of chunks. Text that has no dictionary is numbered
/// within a state and renumbered when states merge.
struct GroupedAggregation {
  /// What one key of BY is.
  enum Key {
    /// A calendar period, as its index in the table.
    case period(PeriodTable)
    case expression(type: ValueType, unit: String?)
  }

  var keys: [Key]
  var calls: [AggregateCall]
  var types: [ValueType]

  /// The rows of one batch: the values that the keys and calls ask for.
  struct Rows {
    var count: Int
    /// One vector for each key; the times of the rows for a period.
    var keys: [Vector]
    /// One vector for each call that has an argument.
    var arguments: [Vector?]
    /// The user of each row; empty where the rows speak of no users.
    var users: [UInt32]
    /// A number for the occurrence that each row belongs to, equal only within one user; `nil` where rows are
    /// occurrences.
    var occurrences: [UInt64]?
  }

  struct State {
    fileprivate(set) var table: GroupTable?
    fileprivate(set) var accumulators: [Accumulator]
    fileprivate var texts: [TextNumbers]
    /// How the bits of each key read back, once a value was seen.
    fileprivate var shapes: [KeyShape?]
  }

  fileprivate enum KeyShape {
    case codes(any TextDictionary), texts, plain
  }

  func makeState() -> State {
    State(
      table: nil, accumulators: zip(calls, types).map { Accumulator($0, type: $1) },
      texts: [TextNumbers](repeating: TextNumbers(), count: keys.count),
      shapes: [KeyShape?](repeating: nil, count: keys.count))
  }

  // MARK: - Update

  func update(_ state: inout State, _ rows: Rows) {
    guard rows.count > 0 else { return }
    let groups = number(&state, rows)
    let count = groupCount(state)
    let occurrences = rows.occurrences.map { firstOfOccurrences(groups, rows.users, $0) }
    for index in calls.indices {
      state.accumulators[index].reserve(groups: count)
      let argument =
        calls[index].function == .count && rows.arguments[index] == nil ? occurrences : rows.arguments[index]
      state.accumulators[index].update(groups: groups, argument: argument, users: rows.users)
    }
  }

  /// The group of each row.
  func number(_ state: inout State, _ rows: Rows) -> [Int32] {
    if let groups = numberCodes(&state, rows) { return groups }
    var columns: [[UInt64]] = []
    var extents: [Int?] = []
    for (position, key) in keys.enumerated() {
      let vector = rows.keys[position]
      switch key {
      case .period(let periods):
        columns.append(vector.integers(rows.count).map { UInt64(bitPattern: Int64(periods.index(of: $0))) })
        extents.append(periods.count)
        state.shapes[position] = .plain
      case .expression:
        columns.append(GroupKey.bits(of: vector, count: rows.count, texts: &state.texts[position]))
        extents.append(extent(of: vector))
        if state.shapes[position] == nil, let shape = shape(of: vector) { state.shapes[position] = shape }
      }
    }
    var table = state.table ?? GroupTable(extents: extents)
    state.table = nil
    let groups = table.groups(of: columns, count: rows.count)
    state.table = table
    return groups
  }

  /// The group of each row where the only key is a text with a dictionary that every row has.
  private func numberCodes(_ state: inout State, _ rows: Rows) -> [Int32]? {
    guard keys.count == 1, case .expression = keys[0], case .codes(let codes, let dictionary) = rows.keys[0].values,
      rows.keys[0].present.isEmpty, !rows.keys[0].isConstant
    else { return nil }
    var table = state.table ?? GroupTable(extents: [dictionary.count])
    state.table = nil
    let groups = table.groups(ofCodes: codes)
    state.table = table
    if groups != nil, state.shapes[0] == nil { state.shapes[0] = .codes(dictionary) }
    return groups
  }

  private func extent(of vector: Vector) -> Int? {
    switch vector.values {
    case .codes(_, let dictionary): dictionary.count
    case .booleans: 2
    default: nil
    }
  }

  private func shape(of vector: Vector) -> KeyShape? {
    switch vector.values {
    case .codes(_, let dictionary): .codes(dictionary)
    case .texts: vector.isConstant && !vector.isPresent(0) ? nil : .texts
    default: .plain
    }
  }

  /// Present where the row is the first of its occurrence in its group.
  private func firstOfOccurrences(_ groups: [Int32], _ users: [UInt32], _ occurrences: [UInt64]) -> Vector {
    struct Seen: Hashable {
      var group: Int32
      var occurrence: UInt64
    }
    var present = [UInt8](repeating: 0, count: groups.count)
    var seen: Set<Seen> = []
    var user = UInt32.max
    var last: Seen?
    for row in groups.indices {
      if users[row] != user {
        user = users[row]
        seen.removeAll(keepingCapacity: true)
        last = nil
      }
      let this = Seen(group: groups[row], occurrence: occurrences[row])
      if this == last { continue }
      last = this
      if seen.insert(this).inserted { present[row] = 1 }
    }
    return Vector(.boolean, .booleans(present), present: present)
  }

  // MARK: - Merge and finish

  /// The groups of all chunks, in no particular order.
  func merge(_ states: [State]) -> State {
    guard var total = states.first else { return makeState() }
    for state in states.dropFirst() { merge(&total, state) }
    if keys.isEmpty {
      // Without BY there is one row, also when nothing arrived.
      if total.table == nil { total.table = GroupTable(extents: []) }
      _ = total.table?.groups(of: [], count: 0)
      for index in calls.indices { total.accumulators[index].reserve(groups: 1) }
    }
    return total
  }

  private func merge(_ total: inout State, _ state: State) {
    guard let theirs = state.table, theirs.count > 0 else { return }
    guard total.table != nil else {
      total = state
      return
    }
    var columns = (0..<keys.count).map { position in
      (0..<theirs.count).map { theirs.keys[$0 * keys.count + position] }
    }
    for position in keys.indices {
      if total.shapes[position] == nil { total.shapes[position] = state.shapes[position] }
      guard case .texts? = state.shapes[position] else { continue }
      columns[position] = columns[position].map { bits in
        bits == GroupKey.missing
          ? bits : UInt64(total.texts[position].number(of: state.texts[position].texts[Int(bits)]))
      }
    }
    guard let groups = total.table?.groups(of: columns, count: theirs.count), let count = total.table?.count else {
      return
    }
    let mapping = groups.map(Int.init)
    for index in calls.indices {
      total.accumulators[index].reserve(groups: count)
      total.accumulators[index].merge(state.accumulators[index], mapping: mapping)
    }
  }

  /// The values of key `position`, one for each group; a period as its index.
  func keyVector(_ state: State, _ position: Int) -> Vector {
    guard let table = state.table else { return Vector(.integer, .integers([])) }
    let bits = (0..<table.count).map { table.keys[$0 * keys.count + position] }
    let type: ValueType
    switch keys[position] {
    case .period: return Vector(.integer, .integers(bits.map { Int64(bitPattern: $0) }))
    case .expression(let known, unit: _): type = known
    }
    let present = bits.map { $0 == GroupKey.missing ? UInt8(0) : 1 }
    let values: ColumnValues
    switch (type, state.shapes[position]) {
    case (.boolean, _): values = .booleans(bits.map { UInt8(truncatingIfNeeded: $0) & 1 })
    case (.real, _): values = .reals(bits.map { Double(bitPattern: $0) })
    case (.text, .codes(let dictionary)?):
      values = .codes(bits.map { $0 == GroupKey.missing ? 0 : UInt32(truncatingIfNeeded: $0) }, dictionary)
    case (.text, _):
      values = .texts(bits.map { $0 == GroupKey.missing ? "" : state.texts[position].texts[Int($0)] })
    default: values = .integers(bits.map { $0 == GroupKey.missing ? 0 : Int64(bitPattern: $0) })
    }
    return Vector(type, values, present: present.contains(0) ? present : [])
  }

  func groupCount(_ state: State) -> Int { state.table?.count ?? 0 }

  /// The values of call `index`, one for each group.
  func result(_ state: State, _ index: Int) -> Vector { state.accumulators[index].finish() }
}
