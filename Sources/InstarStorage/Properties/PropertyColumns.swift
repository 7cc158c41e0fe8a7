package import InstarColumns

extension Snapshot {
  /// The dense column of `property`, read from `database`.
  borrowing func property(_ property: PropertyInfo, in database: NamedDatabase, count: Int) throws(StorageError)
    -> Column
  {
    precondition(property.owner.database == database, "a property of \(database)s")
    let dictionary = property.type == .text ? try storedDictionary(property.dictionary) : nil
    if let cached = store.caches.column(property, count: count) { return cached.renamed(by: dictionary) }
    var assembly = DenseColumn(count: count)
    let prefix = Key().appending(property.id)
    var cursor = try transaction.cursor(database)
    var found = try cursor.seek(prefix)
    while found, cursor.hasPrefix(prefix) {
      guard let page = PropertyPage(cursor.value) else { throw damagedPage(property) }
      let first = Int(cursor.key.bigEndian(at: 2, as: UInt32.self)) * PropertyPage.rowsPerPage
      assembly.copy(page, at: first)
      found = try cursor.next()
    }
    let column = assembly.column(property, dictionary)
    store.caches.keep(column, of: property)
    return column
  }

  /// The values of a dated user property as they were just before `moment`: an array indexed by user.
  ///
  /// A user whose first change is at or after `moment` has no value.
  /// - Complexity: O(changes of the property).
  package borrowing func userPropertyHistory(_ id: UInt16, asOf moment: Int64) throws(StorageError) -> Column {
    let property = schema.properties[Int(id)]
    let dictionary = property.type == .text ? try storedDictionary(property.dictionary) : nil
    var assembly = DenseColumn(count: userCount)
    let prefix = Key().appending(id)
    var cursor = try transaction.cursor(.history)
    var found = try cursor.seek(prefix)
    while found, cursor.hasPrefix(prefix) {
      let user = Int(cursor.key.bigEndian(at: 2, as: UInt32.self))
      let time = Int64(bitPattern: cursor.key.bigEndian(at: 6, as: UInt64.self) ^ (1 << 63))
      if time < moment, user < userCount {
        assembly.present[user] = cursor.value.littleEndian(at: 0, as: UInt8.self)
        assembly.values[user] = cursor.value.littleEndian(at: 1)
      }
      found = try cursor.next()
    }
    return assembly.column(property, dictionary)
  }

  private func damagedPage(_ property: PropertyInfo) -> StorageError {
    StorageError(
      .corrupt, "a page of the property '\(property.name)' in '\(store.path)' is damaged",
      help: "import the property again, or restore a copy of the store", path: store.path)
  }
}

extension Column {
  /// The column with its codes read by `dictionary`, which may have grown or lost texts since the column was kept.
  fileprivate func renamed(by dictionary: StoredDictionary?) -> Column {
    guard let dictionary, case .codes(let codes, let known) = values, known !== dictionary else { return self }
    return Column(name, type: type, unit: unit, values: .codes(codes, dictionary), present: present)
  }
}

/// A property as 64-bit patterns for all users or items, on its way to a typed column.
struct DenseColumn {
  var values: [Int64]
  var present: [UInt8]

  init(count: Int) {
    values = [Int64](repeating: 0, count: count)
    present = [UInt8](repeating: 0, count: count)
  }

  mutating func copy(_ page: PropertyPage, at first: Int) {
    var row = 0
    let count = min(page.values.count, values.count - first)
    while row < count {
      values[first + row] = page.values[row]
      present[first + row] = page.present[row]
      row += 1
    }
  }

  consuming func column(_ property: PropertyInfo, _ dictionary: StoredDictionary?) -> Column {
    let typed: ColumnValues =
      switch property.type {
      case .boolean: .booleans(values.map { UInt8(truncatingIfNeeded: $0) })
      case .integer, .time, .duration: .integers(values)
      case .real: .reals(values.map { Double(bitPattern: UInt64(bitPattern: $0)) })
      case .text: .codes(values.map { UInt32(truncatingIfNeeded: $0) }, dictionary!)
      }
    let mask = present.contains(0) ? present : []
    return Column(property.name, type: property.type, unit: property.unit, values: typed, present: mask)
  }
}

extension WriteTransaction {
  /// Sets values of a property of users or items; rows without a value lose theirs.
  ///
  /// - Parameters:
  ///   - ids: users or items, ascending; one for each value.
  ///   - values: in the type of the property; text as codes of its dictionary.
  ///   - present: empty, or one byte a value, 0 for missing.
  /// - Complexity: O(values + 8,192 for each page touched).
  package borrowing func setProperty(
    _ property: PropertyInfo, ids: [UInt32], values: ColumnValues, present: [UInt8] = []
  ) throws(StorageError) {
    precondition(ids.count == values.count && (present.isEmpty || present.count == ids.count), "one value for each id")
    guard !ids.isEmpty else { return }
    let patterns = try ids.indices.map { row throws(StorageError) in
      present.isEmpty || present[row] != 0 ? try pattern(values, row, in: property) : 0
    }
    try setProperty(property, ids: ids, patterns: patterns, present: present)
  }

  /// As ``setProperty(_:ids:values:present:)``, with values as pages keep them.
  borrowing func setProperty(_ property: PropertyInfo, ids: [UInt32], patterns: [Int64], present: [UInt8])
    throws(StorageError)
  {
    guard let database = property.owner.database else { return }
    var row = 0
    while row < ids.count {
      let number = ids[row] / UInt32(PropertyPage.rowsPerPage)
      let key = Key().appending(property.id).appending(number)
      var page = try storedPage(key, property, in: database)
      while row < ids.count, ids[row] / UInt32(PropertyPage.rowsPerPage) == number {
        let isPresent = present.isEmpty || present[row] != 0
        page.set(Int(ids[row]) % PropertyPage.rowsPerPage, isPresent ? patterns[row] : nil)
        row += 1
      }
      let bytes = page.encoded(property.type)
      try put(key, bytes, in: database)
      noteData(bytes)
    }
    try touch(property)
  }

  /// Sets one value of a dated user property from `time` on; `missing` ends it.
  ///
  /// The current value follows when no later change is known.
  /// - Parameter importNumber: the import that says it, so that it can be taken back; 0 where none does.
  package borrowing func setProperty(
    _ property: PropertyInfo, user: UInt32, at time: Int64, _ value: Value, importNumber: UInt32 = 0
  ) throws(StorageError) {
    precondition(property.isDated && property.owner == .user, "a dated property of users")
    let column = try columnValues(value, property)
    let bits = value == .missing ? nil : try pattern(column, 0, in: property)
    let prefix = Key().appending(property.id).appending(user)
    var dated = DatedValue(bits, importNumber: importNumber)
    if let stored = try get(prefix.appending(time), in: .history) {
      dated = DatedValue(stored)
      dated.set(bits, importNumber: importNumber)
    }
    try put(prefix.appending(time), dated.bytes, in: .history)
    noteData(dated.bytes)
    if try isLast(prefix.appending(time), prefix) {
      try setProperty(property, ids: [user], values: column, present: [bits == nil ? 0 : 1])
    }
  }

  /// One value as a column of one row in the type of `property`; text is added to its dictionary.
  package borrowing func columnValues(_ value: Value, _ property: PropertyInfo) throws(StorageError) -> ColumnValues {
    switch (property.type, value) {
    case (.boolean, .boolean(let flag)): return .booleans([flag ? 1 : 0])
    case (.integer, .integer(let number)): return .integers([number])
    case (.time, .time(let number)), (.duration, .duration(let number)): return .integers([number])
    case (.real, .real(let number)): return .reals([number])
    case (.real, .integer(let number)): return .reals([Double(number)])
    case (.text, .text(let text)):
      return .codes([try intern(text, in: property.dictionary)], TextList([]))
    case (_, .missing): return .integers([0])
    default:
      throw StorageError(
        .input,
        "the property '\(property.name)' holds \(property.type.phrase), not \(value.type?.phrase ?? "nothing")",
        help: "convert the value, or use another property", path: path)
    }
  }

  private borrowing func isLast(_ key: Key, _ prefix: Key) throws(StorageError) -> Bool {
    var cursor = try cursor(.history)
    guard try cursor.seek(key) else { return true }
    return try !cursor.next() || !cursor.hasPrefix(prefix)
  }

  private borrowing func storedPage(_ key: Key, _ property: PropertyInfo, in database: NamedDatabase)
    throws(StorageError) -> PropertyPage
  {
    guard let bytes = try get(key, in: database) else { return PropertyPage() }
    guard let page = PropertyPage(bytes) else {
      throw StorageError(
        .corrupt, "a page of the property '\(property.name)' in '\(path)' is damaged",
        help: "restore a copy of the store", path: path)
    }
    return page
  }

  private borrowing func touch(_ property: PropertyInfo) throws(StorageError) {
    let next = try schema.commit.dataNumber + 1
    guard try schema.properties[Int(property.id)].version != next else { return }
    try changes.update(.properties, self) { $0.properties[Int(property.id)].version = next }
  }

  private borrowing func pattern(_ values: ColumnValues, _ row: Int, in property: PropertyInfo) throws(StorageError)
    -> Int64
  {
    switch (values, property.type) {
    case (.booleans(let rows), .boolean): return Int64(rows[row])
    case (.integers(let rows), .integer), (.integers(let rows), .time), (.integers(let rows), .duration):
      return rows[row]
    case (.reals(let rows), .real): return Int64(bitPattern: rows[row].bitPattern)
    case (.codes(let rows, _), .text): return Int64(rows[row])
    default:
      throw StorageError(
        .input, "the property '\(property.name)' holds \(property.type.phrase)", help: "import it under another name",
        path: path)
    }
  }
}
