internal import InstarColumns

/// The entries of `meta` and their bytes. All integers are little-endian; texts carry their length in front.
enum MetaKey {
  static let commit = Key("commit")
  static let properties = Key("properties")
  static let eventTypes = Key("eventtypes")
  static let roles = Key("roles")
  static let settings = Key("settings")
}

extension CommitRecord {
  static let byteCount = 104

  /// ```
  /// 0        8      16       24      32      40      48     56     64         72       104
  /// +--------+------+--------+-------+-------+-------+------+------+----------+--------+
  /// | number | data | events | users | items | first | last | next | erasures | digest |
  /// +--------+------+--------+-------+-------+-------+------+------+----------+--------+
  /// ```
  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.integer(number)
    writer.integer(dataNumber)
    writer.integer(Int64(eventCount))
    writer.integer(Int64(userCount))
    writer.integer(Int64(itemCount))
    writer.integer(firstTime)
    writer.integer(lastTime)
    writer.integer(nextSequence)
    writer.integer(erasures)
    writer.bytes(digest)
    return writer.bytes
  }

  init?(_ stored: RawSpan) {
    guard stored.byteCount == CommitRecord.byteCount else { return nil }
    var reader = ByteReader(stored)
    number = reader.integer()
    dataNumber = reader.integer()
    eventCount = Int(reader.integer(Int64.self))
    userCount = Int(reader.integer(Int64.self))
    itemCount = Int(reader.integer(Int64.self))
    firstTime = reader.integer()
    lastTime = reader.integer()
    nextSequence = reader.integer()
    erasures = reader.integer()
    digest = reader.bytes(SHA256.byteCount)
  }
}

extension ValueType {
  /// The number that stands for the type in the file.
  var code: UInt8 {
    switch self {
    case .boolean: 0
    case .integer: 1
    case .real: 2
    case .text: 3
    case .time: 4
    case .duration: 5
    }
  }

  init?(code: UInt8) {
    guard let type = ValueType.allCases.first(where: { $0.code == code }) else { return nil }
    self = type
  }
}

extension Schema {
  var propertyBytes: [UInt8] {
    var writer = ByteWriter()
    writer.integer(UInt32(properties.count))
    for property in properties {
      writer.integer(property.owner.rawValue)
      writer.integer(property.type.code)
      writer.integer(UInt8(property.isDated ? 1 : 0))
      writer.integer(property.version)
      writer.text(property.name)
      writer.text(property.unit ?? "")
    }
    writer.integer(roleColumns)
    return writer.bytes
  }

  /// The role columns present, one bit each.
  private var roleColumns: UInt8 {
    (eventColumns.contains(.item) ? 1 : 0) | (eventColumns.contains(.order) ? 2 : 0)
      | (eventColumns.contains(.amount) ? 4 : 0) | (eventColumns.contains(.quantity) ? 8 : 0)
      | (marksImports ? 16 : 0)
  }

  var eventTypeBytes: [UInt8] {
    var writer = ByteWriter()
    writer.integer(UInt32(eventTypes.count))
    for type in eventTypes {
      writer.integer(Int64(type.count))
      writer.integer(type.first)
      writer.integer(type.last)
      writer.text(type.name)
    }
    return writer.bytes
  }

  static func bytes(of entries: [String: String]) -> [UInt8] {
    var writer = ByteWriter()
    writer.integer(UInt32(entries.count))
    for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
      writer.text(key)
      writer.text(value)
    }
    return writer.bytes
  }

  /// Reads the schema of the store at the commit that `transaction` sees.
  static func read(_ transaction: borrowing some Transaction & ~Copyable) throws(StorageError) -> Schema {
    let format = try StoreFormat.read(transaction)
    var schema = Schema()
    schema.formatVersion = format.version
    schema.storeID = String(format.storeID.0, radix: 16) + String(format.storeID.1, radix: 16)
    if let bytes = try transaction.get(MetaKey.commit, in: .meta) {
      guard let commit = CommitRecord(bytes) else { throw damaged(transaction.path) }
      schema.commit = commit
    }
    if let bytes = try transaction.get(MetaKey.properties, in: .meta) {
      guard schema.readProperties(bytes) else { throw damaged(transaction.path) }
    }
    if let bytes = try transaction.get(MetaKey.eventTypes, in: .meta) {
      guard schema.readEventTypes(bytes) else { throw damaged(transaction.path) }
    }
    if let bytes = try transaction.get(MetaKey.roles, in: .meta) { schema.roles = entries(bytes) }
    if let bytes = try transaction.get(MetaKey.settings, in: .meta) { schema.settings = entries(bytes) }
    return schema
  }

  private mutating func readProperties(_ bytes: RawSpan) -> Bool {
    var reader = ByteReader(bytes)
    let count = reader.integer(UInt32.self)
    for id in 0..<count where !reader.isDamaged {
      guard let owner = PropertyOwner(rawValue: reader.integer()) else { return false }
      guard let type = ValueType(code: reader.integer()) else { return false }
      let isDated = reader.integer(UInt8.self) != 0
      let version = reader.integer(UInt64.self)
      let name = reader.text()
      let unit = reader.text()
      var property = PropertyInfo(
        id: UInt16(truncatingIfNeeded: id), name: name, owner: owner, type: type, unit: unit.isEmpty ? nil : unit,
        isDated: isDated)
      property.version = version
      properties.append(property)
    }
    let roles = reader.integer(UInt8.self)
    for (bit, column) in [EventColumn.item, .order, .amount, .quantity].enumerated() where roles >> bit & 1 == 1 {
      eventColumns.insert(column)
    }
    marksImports = roles >> 4 & 1 == 1
    for property in properties where property.owner == .event { eventColumns.insert(.property(property.id)) }
    return !reader.isDamaged && reader.isAtEnd
  }

  private mutating func readEventTypes(_ bytes: RawSpan) -> Bool {
    var reader = ByteReader(bytes)
    let count = reader.integer(UInt32.self)
    for code in 0..<count where !reader.isDamaged {
      let events = Int(reader.integer(Int64.self))
      let first = reader.integer(Int64.self)
      let last = reader.integer(Int64.self)
      eventTypes.append(EventTypeInfo(code: code, name: reader.text(), count: events, first: first, last: last))
    }
    return !reader.isDamaged && reader.isAtEnd
  }

  private static func entries(_ bytes: RawSpan) -> [String: String] {
    var reader = ByteReader(bytes)
    var entries: [String: String] = [:]
    let count = reader.integer(UInt32.self)
    for _ in 0..<count where !reader.isDamaged {
      let key = reader.text()
      entries[key] = reader.text()
    }
    return entries
  }

  private static func damaged(_ path: String) -> StorageError {
    StorageError(.corrupt, "the catalog of '\(path)' is damaged", help: "restore a copy of the store", path: path)
  }
}
