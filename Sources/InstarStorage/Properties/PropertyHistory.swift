package import InstarColumns

/// All changes of a dated user property, by user and then time.
///
/// ```
/// starts  0     2  2     3        starts[u] ..< starts[u + 1] are the changes of user u
/// times   5  9       7            milliseconds since 1970, ascending within a user
/// values  a  b       -            missing where the change ended the value
/// ```
package struct PropertyHistory: Sendable {
  package let starts: [Int]
  package let times: [Int64]
  package let values: Column

  /// The last change of `user` before `moment`, or `nil` where there is none: the row of ``values`` that held then.
  ///
  /// - Complexity: O(log *n*) for *n* changes of the user.
  package func change(of user: UInt32, before moment: Int64) -> Int? {
    guard Int(user) + 1 < starts.count else { return nil }
    let first = starts[Int(user)]
    var (low, high) = (first, starts[Int(user) + 1])
    while low < high {
      let middle = (low + high) / 2
      if times[middle] < moment { low = middle + 1 } else { high = middle }
    }
    return low > first ? low - 1 : nil
  }
}

extension Snapshot {
  /// The history of a dated user property.
  ///
  /// - Complexity: O(users + changes of the property).
  package borrowing func userPropertyHistory(_ id: UInt16) throws(StorageError) -> PropertyHistory {
    let property = schema.properties[Int(id)]
    let dictionary = property.type == .text ? try storedDictionary(property.dictionary) : nil
    var starts = [Int](repeating: 0, count: userCount + 1)
    var times: [Int64] = []
    var changes = DenseColumn(count: 0)
    let prefix = Key().appending(id)
    var cursor = try transaction.cursor(.history)
    var found = try cursor.seek(prefix)
    while found, cursor.hasPrefix(prefix) {
      let user = Int(cursor.key.bigEndian(at: 2, as: UInt32.self))
      if user < userCount {
        starts[user + 1] += 1
        times.append(Int64(bitPattern: cursor.key.bigEndian(at: 6, as: UInt64.self) ^ (1 << 63)))
        changes.present.append(cursor.value.littleEndian(at: 0, as: UInt8.self))
        changes.values.append(cursor.value.littleEndian(at: 1))
      }
      found = try cursor.next()
    }
    for user in 0..<userCount { starts[user + 1] += starts[user] }
    return PropertyHistory(starts: starts, times: times, values: changes.column(property, dictionary))
  }
}
