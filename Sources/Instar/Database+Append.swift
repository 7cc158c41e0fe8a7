internal import InstarStorage

extension Database {
  /// Adds one event. It is on disk when the function returns.
  ///
  /// - Throws: ``InstarError/invalidInput`` when the user or type is empty or a property has another type than the store
  ///   knows; ``InstarError/readOnly``, ``InstarError/diskFull``.
  public func append(_ event: Event) throws { try append([event]) }

  /// Adds events: all of them, or none when one is refused. They are on disk when the function returns.
  ///
  /// Calls of several threads at one time share one commit, so that many small calls are not slower than the disk.
  ///
  /// - Complexity: O(events), and one sync of the disk for each commit.
  public func append(_ events: some Sequence<Event>) throws {
    let records = events.map(\.record)
    do { try engine.store.append(records) } catch { throw InstarError(error) }
  }

  /// Adds events without holding up the caller's thread. They are on disk when the function returns.
  public func append(_ events: some Sequence<Event> & Sendable) async throws {
    try await Self.onThread { [self] _ in try append(events) }
  }

  /// Adds the events of a stream until it ends, `batchCount` at a time.
  ///
  /// - Returns: how many were added. What was added before the stream threw stays.
  @discardableResult
  public func append<Events: AsyncSequence & Sendable>(contentsOf events: Events, batchCount: Int = 1000) async throws
    -> Int where Events.Element == Event
  {
    precondition(batchCount > 0, "a batch holds at least one event")
    var batch: [Event] = []
    var count = 0
    for try await event in events {
      batch.append(event)
      if batch.count == batchCount {
        try await append(batch)
        count += batch.count
        batch.removeAll(keepingCapacity: true)
      }
    }
    try await append(batch)
    return count + batch.count
  }

  /// Sets properties of a user. A property that is new to the store gets the type of its value; `missing` takes a value
  /// away.
  ///
  /// - Parameter moment: when the values began to hold; the store then keeps the values before it, and `AS OF` sees
  ///   them. Without a moment a value holds at all times. A property that was first set without a moment stays so.
  /// - Throws: ``InstarError/invalidInput`` when a value has another type than the property.
  public func setUser(_ user: String, _ properties: [String: Value], from moment: Timestamp? = nil) throws {
    try set(properties, of: user, owner: .user, dictionary: DictionaryID.user, from: moment)
  }

  /// Sets properties of an item: its title, category, price, stock. `missing` takes a value away.
  ///
  /// - Throws: ``InstarError/invalidInput`` when a value has another type than the property.
  public func setItem(_ item: String, _ properties: [String: Value]) throws {
    try set(properties, of: item, owner: .item, dictionary: DictionaryID.item, from: nil)
  }

  private func set(
    _ properties: [String: Value], of name: String, owner: PropertyOwner, dictionary: UInt16, from moment: Timestamp?
  ) throws {
    guard !name.isEmpty else {
      throw InstarError(InstarError.invalidInput, "the identifier is empty", help: "give the \(owner) a name")
    }
    let entries = properties.sorted { $0.key < $1.key }
    do {
      try engine.store.write { transaction in
        let code = try transaction.intern(name, in: dictionary)
        for (key, value) in entries {
          guard let type = try value.type ?? transaction.schema.property(key, of: owner)?.type else { continue }
          let property = try transaction.defineProperty(key, of: owner, type: type, isDated: moment != nil)
          if let moment, property.isDated {
            try transaction.setProperty(property, user: code, at: moment.millisecondsSince1970, value)
          } else {
            let values = try transaction.columnValues(value, property)
            try transaction.setProperty(property, ids: [code], values: values, present: [value == .missing ? 0 : 1])
          }
        }
      }
    } catch { throw InstarError(error) }
  }
}
