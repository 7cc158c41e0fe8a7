/// The value of an entry of `history`: what a property of a user became at a moment, and below it what the imports before
/// had said for the same moment, so that an import can be taken back.
///
/// ```
/// 0         1       9        13        14      22       26
/// +---------+-------+--------+---------+-------+--------+ ..
/// | present | value | import | present | value | import |      the newest first; readers take the first
/// +---------+-------+--------+---------+-------+--------+ ..
/// ```
/// Entries of an older version are nine bytes: one value without an import.
struct DatedValue {
  struct Layer: Equatable {
    /// `nil` ends the value.
    var bits: Int64?
    /// 0 where no import brought it.
    var importNumber: UInt32
  }

  /// The newest first; not empty.
  private(set) var layers: [Layer]

  private static let shortByteCount = 9
  private static let layerByteCount = 13

  init(_ bits: Int64?, importNumber: UInt32) { layers = [Layer(bits: bits, importNumber: importNumber)] }

  init(_ stored: RawSpan) {
    var reader = ByteReader(stored)
    layers = []
    repeat {
      let isPresent = reader.integer(UInt8.self) != 0
      let bits = reader.integer(Int64.self)
      let number = stored.byteCount == Self.shortByteCount ? 0 : reader.integer(UInt32.self)
      layers.append(Layer(bits: isPresent ? bits : nil, importNumber: number))
    } while !reader.isAtEnd && !reader.isDamaged
  }

  /// Puts a value on top. One that is there already stays that of the import that said it first; a value that no import
  /// brings replaces everything.
  mutating func set(_ bits: Int64?, importNumber: UInt32) {
    guard layers[0].bits != bits else { return }
    if importNumber == 0 {
      layers = []
    } else {
      layers.removeAll { $0.importNumber == importNumber }
    }
    layers.insert(Layer(bits: bits, importNumber: importNumber), at: 0)
  }

  /// Takes back what an import said; returns whether it had said anything. Without a layer left the entry goes.
  mutating func remove(importNumber: UInt32) -> Bool {
    let count = layers.count
    layers.removeAll { $0.importNumber == importNumber }
    return layers.count < count
  }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    for layer in layers {
      writer.integer(UInt8(layer.bits == nil ? 0 : 1))
      writer.integer(layer.bits ?? 0)
      writer.integer(layer.importNumber)
    }
    return writer.bytes
  }
}

extension WriteTransaction {
  /// Takes back the dated values of users that an import brought, and sets their present values to what holds then.
  ///
  /// - Returns: how many values.
  /// - Complexity: O(changes of all dated properties), and a page of 8,192 users for each run of users touched.
  borrowing func removeValues(ofImport number: UInt32) throws(StorageError) -> Int {
    var removed = 0
    for property in try schema.properties(of: .user) where property.isDated {
      let changes = try changes(of: property, from: number)
      var users: [UInt32] = []
      for change in changes {
        if change.value.layers.isEmpty {
          try delete(change.key, in: .history)
        } else {
          try put(change.key, change.value.bytes, in: .history)
        }
        if users.last != change.user { users.append(change.user) }
      }
      try resetValues(of: users, property)
      removed += changes.count
    }
    return removed
  }

  private struct Change {
    var key: Key
    var user: UInt32
    var value: DatedValue
  }

  /// The entries of a property that an import has a part in, without that part.
  private borrowing func changes(of property: PropertyInfo, from number: UInt32) throws(StorageError) -> [Change] {
    var changes: [Change] = []
    let prefix = Key().appending(property.id)
    var cursor = try cursor(.history)
    var found = try cursor.seek(prefix)
    while found, cursor.hasPrefix(prefix) {
      var value = DatedValue(cursor.value)
      if value.remove(importNumber: number) {
        let user: UInt32 = cursor.key.bigEndian(at: 2)
        changes.append(
          Change(key: prefix.appending(user).appending(ReservedHistory.moment(cursor.key)), user: user, value: value))
      }
      found = try cursor.next()
    }
    return changes
  }

  /// Gives users the last value of their history as the present one.
  private borrowing func resetValues(of users: [UInt32], _ property: PropertyInfo) throws(StorageError) {
    guard !users.isEmpty else { return }
    var values: [Int64] = []
    var present: [UInt8] = []
    for user in users {
      let last = try lastValue(of: user, property)
      values.append(last ?? 0)
      present.append(last == nil ? 0 : 1)
    }
    try setProperty(property, ids: users, patterns: values, present: present)
  }

  private borrowing func lastValue(of user: UInt32, _ property: PropertyInfo) throws(StorageError) -> Int64? {
    let prefix = Key().appending(property.id).appending(user)
    var last: Int64?
    var cursor = try cursor(.history)
    var found = try cursor.seek(prefix)
    while found, cursor.hasPrefix(prefix) {
      last = DatedValue(cursor.value).layers[0].bits
      found = try cursor.next()
    }
    return last
  }
}
