import Instar
import InstarStorage

/// Users who each view, put into the cart and purchase, in that order within a minute: whatever whole commits a reader
/// sees, he must see as many purchases as views and three events for each user.
enum ShopLog {
  /// 2026-01-01T00:00Z in milliseconds.
  static let start: Int64 = 1_767_225_600_000
  static let types = ["view", "cart", "purchase"]

  static func events(users: Range<Int>) -> [EventRecord] {
    users.flatMap { user in
      types.indices.map { step in
        EventRecord(
          user: "u\(user)", type: types[step], time: time(user, step), item: "item \(user % 97)",
          amount: step == 2 ? 2.5 : nil)
      }
    }
  }

  /// The same events as a file to import, with titles of items.
  static func csv(users: Range<Int>) -> [UInt8] {
    var bytes = Array("user,time,event,item,title,amount\n".utf8)
    bytes.reserveCapacity(users.count * 3 * 60)
    for step in types.indices {
      for user in users {
        let amount = step == 2 ? "2.5" : ""
        bytes += "u\(user),\(time(user, step)),\(types[step]),item \(user % 97),title \(user % 97),\(amount)\n".utf8
      }
    }
    return bytes
  }

  private static func time(_ user: Int, _ step: Int) -> Int64 {
    start + Int64(user % 50_000) * 1_000 + Int64(step) * 20_000
  }

  static let funnel = "FUNNEL view THEN cart THEN purchase WITHIN 1 DAY KEEP event, users"
  static let totals = "EVENTS event AGGREGATE count() AS n, users() AS u, sum(amount) AS revenue"

  /// What ``totals`` says of whole commits with this many users.
  static func totals(users: Int) -> [String] {
    ["integer(\(users * 3)) integer(\(users)) real(\(Double(users) * 2.5))"]
  }

  /// What ``funnel`` says of whole commits with this many users.
  static func funnel(users: Int) -> [String] { types.map { "text(\"\($0)\") integer(\(users))" } }
}
