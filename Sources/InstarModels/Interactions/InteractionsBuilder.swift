import InstarColumns

/// Collects interactions from user slices, in ascending order of users.
///
/// One builder serves one chunk of users on one thread; `append(contentsOf:)` joins the builders of several chunks.
package struct InteractionsBuilder: Sendable {
  package let itemCount: Int
  private let catalog: CatalogWeights
  private let moment: Int64
  private var users: [UInt32] = []
  private var ends: [Int] = []
  private var items: [UInt32] = []
  private var weights: [Float] = []
  private var times: [Int64] = []
  private var effects: [UInt8] = []

  /// - Parameters:
  ///   - itemCount: one more than the greatest item code.
  ///   - catalog: what the event types mean.
  ///   - moment: events at or after it are not read (milliseconds since 1970).
  package init(itemCount: Int, catalog: CatalogWeights, before moment: Int64) {
    self.itemCount = itemCount
    self.catalog = catalog
    self.moment = moment
  }

  /// Adds the events of one user: those before the moment whose type has a rule and that name an item.
  ///
  /// - Parameters:
  ///   - times: ascending.
  ///   - itemsPresent: empty when every event names an item, else one byte an event, 1 for present.
  ///   - values: the column that a rule with `timesValue` multiplies by; empty when there is none.
  ///   - valuesPresent: as `itemsPresent`.
  /// - Precondition: `user` is greater than every user before; the spans are equally long.
  /// - Complexity: O(events).
  package mutating func append(
    user: UInt32, times: Span<Int64>, types: Span<UInt32>, items: Span<UInt32>, itemsPresent: Span<UInt8>,
    values: Span<Double>, valuesPresent: Span<UInt8>
  ) {
    precondition(types.count == times.count && items.count == times.count, "one type and item for each time")
    precondition(users.last.map { $0 < user } ?? true, "users are appended in ascending order")
    let before = self.items.count
    var event = 0
    while event < times.count && times[event] < moment {
      if itemsPresent.isEmpty || itemsPresent[event] != 0, let rule = catalog.rule(types[event]) {
        precondition(items[event] < itemCount, "item code beyond the catalogue")
        var weight = rule.weight
        if rule.timesValue && !values.isEmpty && (valuesPresent.isEmpty || valuesPresent[event] != 0) {
          weight *= Float(values[event])
        }
        self.items.append(items[event])
        weights.append(weight)
        self.times.append(times[event])
        effects.append(rule.effect.rawValue)
      }
      event &+= 1
    }
    if self.items.count > before {
      users.append(user)
      ends.append(self.items.count)
    }
  }

  /// Adds the events of every user of a batch.
  ///
  /// - Parameters:
  ///   - itemColumn: position in `batch.columns` of the item codes.
  ///   - valueColumn: position of the real column for rules with `timesValue`, if there is one.
  package mutating func append(_ batch: EventBatch, itemColumn: Int, valueColumn: Int? = nil) {
    let itemBuffer = batch.column(itemColumn)
    let valueBuffer = valueColumn.map { batch.column($0) } ?? EventColumnBuffer(type: .real)
    let (times, types, starts, users) = (batch.times, batch.types, batch.starts, batch.users)
    let none = 0..<0
    var index = 0
    while index < users.count {
      let rows = starts[index]..<starts[index &+ 1]
      append(
        user: users[index], times: times.span.extracting(rows), types: types.span.extracting(rows),
        items: itemBuffer.codes.span.extracting(rows),
        itemsPresent: itemBuffer.present.span.extracting(itemBuffer.present.isEmpty ? none : rows),
        values: valueBuffer.reals.span.extracting(valueBuffer.reals.isEmpty ? none : rows),
        valuesPresent: valueBuffer.present.span.extracting(valueBuffer.present.isEmpty ? none : rows))
      index &+= 1
    }
  }

  /// Adds one interaction of the newest user, or of a user beyond him.
  package mutating func append(
    user: UInt32, item: UInt32, weight: Float = 1, time: Int64 = 0, effect: CatalogRule.Effect = .none
  ) {
    precondition(users.last.map { $0 <= user } ?? true, "users are appended in ascending order")
    precondition(item < itemCount, "item code beyond the catalogue")
    guard time < moment else { return }
    items.append(item)
    weights.append(weight)
    times.append(time)
    effects.append(effect.rawValue)
    if users.last == user {
      ends[ends.count - 1] = items.count
    } else {
      users.append(user)
      ends.append(items.count)
    }
  }

  /// Adds all of `other`, whose users come after those of this builder.
  package mutating func append(contentsOf other: InteractionsBuilder) {
    if let last = users.last, let first = other.users.first {
      precondition(last < first, "chunks are joined in ascending order of users")
    }
    let offset = items.count
    users.append(contentsOf: other.users)
    ends.append(contentsOf: other.ends.map { $0 + offset })
    items.append(contentsOf: other.items)
    weights.append(contentsOf: other.weights)
    times.append(contentsOf: other.times)
    effects.append(contentsOf: other.effects)
  }

  /// The interactions of users `0 ..< userCount`; users that were not appended have an empty history.
  ///
  /// - Precondition: every appended user is below `userCount`.
  package consuming func finish(userCount: Int) -> Interactions { finish(users: 0..<UInt32(userCount)) }

  /// The interactions of `users`; those that were not appended have an empty history.
  ///
  /// - Precondition: every appended user is one of `users`.
  package consuming func finish(users range: Range<UInt32>) -> Interactions {
    precondition(users.allSatisfy(range.contains), "user code beyond the users")
    var starts = [Int](repeating: 0, count: range.count + 1)
    var row = 0
    for (position, appended) in users.enumerated() {
      let begin = position == 0 ? 0 : ends[position - 1]
      while row <= Int(appended - range.lowerBound) {
        starts[row] = begin
        row += 1
      }
    }
    while row <= range.count {
      starts[row] = items.count
      row += 1
    }
    return Interactions(
      itemCount: itemCount, firstUser: range.lowerBound, starts: starts, items: items, weights: weights, times: times,
      effects: effects)
  }
}
