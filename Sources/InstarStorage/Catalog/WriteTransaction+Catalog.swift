package import InstarColumns

extension WriteTransaction {
  /// The schema with the changes of this transaction so far.
  package var schema: Schema {
    borrowing get throws(StorageError) { try changes.schema(self) }
  }

  /// The property called `name` of `owner`, defined now when it is new.
  ///
  /// - Throws: `input` when it exists with another type.
  @discardableResult
  package borrowing func defineProperty(
    _ name: String, of owner: PropertyOwner, type: ValueType, unit: String? = nil, isDated: Bool = false
  ) throws(StorageError) -> PropertyInfo {
    let schema = try schema
    if let property = schema.property(name, of: owner) {
      guard property.type == type else {
        throw StorageError(
          .input, "the property '\(name)' of \(owner)s holds \(property.type.phrase), not \(type.phrase)",
          help: "import it under another name", path: path)
      }
      if isDated, !property.isDated {
        try changes.update(.properties, self) { $0.properties[Int(property.id)].isDated = true }
      }
      return try self.schema.properties[Int(property.id)]
    }
    guard schema.properties.count < Int(UInt16.max) - 32 else {
      throw StorageError(.limitExceeded, "a store holds at most 65,503 properties", help: "", path: path)
    }
    let property = PropertyInfo(
      id: UInt16(schema.properties.count), name: name, owner: owner, type: type, unit: unit, isDated: isDated)
    try changes.update(.properties, self) { schema in
      schema.properties.append(property)
      if owner == .event { schema.eventColumns.insert(.property(property.id)) }
    }
    return property
  }

  /// Notes that events carry the role columns `columns`.
  package borrowing func noteEventColumns(_ columns: Set<EventColumn>) throws(StorageError) {
    guard !columns.isSubset(of: try schema.eventColumns) else { return }
    try changes.update(.properties, self) { $0.eventColumns.formUnion(columns) }
  }

  /// Notes that rows carry the number of their import. A store that an older version wrote becomes one that such a
  /// version no longer opens: it would lose the numbers when it compacts.
  package borrowing func noteImportNumbers() throws(StorageError) {
    guard try !schema.marksImports else { return }
    try changes.update(.properties, self) { $0.marksImports = true }
    var format = try changes.format(self)
    guard format.version < StoreFormat.importNumbers else { return }
    format.version = StoreFormat.importNumbers
    try put(StoreFormat.key, format.bytes, in: .meta)
    changes.forgetFormat()
  }

  /// Notes which column of a source filled which role.
  package borrowing func setRoles(_ roles: [String: String]) throws(StorageError) {
    try changes.update(.roles, self) { $0.roles.merge(roles) { _, new in new } }
  }

  /// Sets a setting of the store, or removes it with `nil`.
  package borrowing func setSetting(_ name: String, _ value: String?) throws(StorageError) {
    try changes.update(.settings, self) { $0.settings[name] = value }
  }

  /// Adds events to the totals of the store. The texts of their types are in the dictionary.
  package borrowing func addTotals(_ totals: EventTotals) throws(StorageError) {
    var names: [String] = []
    let known = try schema.eventTypes.count
    for code in known..<max(known, totals.types.count) {
      names.append(try termText(UInt32(code), in: DictionaryID.eventType))
    }
    try changes.update(.eventTypes, self) { schema in
      for name in names {
        schema.eventTypes.append(
          EventTypeInfo(code: UInt32(schema.eventTypes.count), name: name, count: 0, first: .max, last: .min))
      }
      for (code, type) in totals.types.enumerated() where type.count > 0 {
        schema.eventTypes[code].count += type.count
        schema.eventTypes[code].first = min(schema.eventTypes[code].first, type.first)
        schema.eventTypes[code].last = max(schema.eventTypes[code].last, type.last)
        schema.commit.eventCount += type.count
        schema.commit.firstTime = min(schema.commit.firstTime, type.first)
        schema.commit.lastTime = max(schema.commit.lastTime, type.last)
      }
    }
  }

  /// Replaces the totals, after events were removed.
  package borrowing func replaceTotals(_ totals: EventTotals) throws(StorageError) {
    try changes.update(.eventTypes, self) { schema in
      schema.commit.eventCount = 0
      schema.commit.firstTime = .max
      schema.commit.lastTime = .min
      for code in schema.eventTypes.indices {
        schema.eventTypes[code].count = 0
        schema.eventTypes[code].first = .max
        schema.eventTypes[code].last = .min
      }
    }
    try addTotals(totals)
  }

  /// Takes `count` numbers for single events; returns the first.
  package borrowing func takeSequence(_ count: Int) throws(StorageError) -> UInt64 {
    let first = try schema.commit.nextSequence
    try changes.update(.totals, self) { $0.commit.nextSequence += UInt64(count) }
    return first
  }

  /// Makes `bytes` part of the digest of this commit: for a loader, the checksums of what it wrote.
  package borrowing func noteData(_ bytes: [UInt8]) { changes.digest(bytes) }
}
