import InstarPlan
import InstarStorage

/// Frozen lists of users: `SNAPSHOT AS name`.
///
/// ```
/// 0         8       12
/// +---------+-------+--------------------------+
/// | as of   | count | users, ascending, u32 .. |
/// +---------+-------+--------------------------+
/// ```
enum StoredSnapshots {
  static func bytes(users: [UInt32], asOf: Int64) -> [UInt8] {
    var writer = ByteWriter()
    writer.integer(asOf)
    writer.integer(UInt32(users.count))
    for user in users { writer.integer(user) }
    return writer.bytes
  }

  static func all(in snapshot: borrowing Snapshot) throws -> [SnapshotEntry] {
    var entries: [SnapshotEntry] = []
    for info in try snapshot.objects(.snapshot) {
      guard let bytes = try snapshot.object(.snapshot, info.name) else { continue }
      let (users, asOf) = decode(bytes)
      entries.append(SnapshotEntry(name: info.name, users: users.count, asOf: asOf))
    }
    return entries
  }

  /// One byte for each user, 1 for a member.
  static func members(_ name: String, in snapshot: borrowing Snapshot) throws -> [UInt8] {
    var members = [UInt8](repeating: 0, count: snapshot.userCount)
    guard let bytes = try snapshot.object(.snapshot, name) else { return members }
    for user in decode(bytes).users where Int(user) < members.count { members[Int(user)] = 1 }
    return members
  }

  /// The list without `users`, or `nil` where it holds none of them.
  static func without(_ users: Set<UInt32>, _ bytes: [UInt8]) -> [UInt8]? {
    let list = decode(bytes)
    let rest = list.users.filter { !users.contains($0) }
    return rest.count < list.users.count ? self.bytes(users: rest, asOf: list.asOf) : nil
  }

  private static func decode(_ bytes: [UInt8]) -> (users: [UInt32], asOf: Int64) {
    var reader = ByteReader(bytes.span.bytes)
    let asOf: Int64 = reader.integer()
    let count: UInt32 = reader.integer()
    var users: [UInt32] = []
    users.reserveCapacity(Int(count))
    var index: UInt32 = 0
    while index < count, !reader.isDamaged {
      users.append(reader.integer())
      index += 1
    }
    return (users, asOf)
  }
}
