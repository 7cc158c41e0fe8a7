import Instar
import Testing

/// A tiny store whose answers can be worked out by hand.
///
/// | user | events (day of January 2026) |
/// |---|---|
/// | ada | view 1, purchase tea 10.00 on 2, purchase cup 5.50 on 3 |
/// | bob | view 1, view 4 |
/// | cyd | purchase tea 10.00 on 2 |
enum TestShop {
  static func open(_ configuration: Configuration = Configuration()) throws -> Database {
    let database = try Database.inMemory(configuration: configuration)
    try database.append(events)
    return database
  }

  static let events = [
    Event(user: "ada", time: day(1), type: "view", item: "tea"),
    Event(user: "ada", time: day(2), type: "purchase", item: "tea", amount: 10, properties: ["coupon": "NEW"]),
    Event(user: "ada", time: day(3), type: "purchase", item: "cup", amount: 5.5),
    Event(user: "bob", time: day(1), type: "view", item: "cup"),
    Event(user: "bob", time: day(4), type: "view", item: "tea"),
    Event(user: "cyd", time: day(2), type: "purchase", item: "tea", amount: 10),
  ]

  static func day(_ number: Int) -> Timestamp { Timestamp("2026-01-0\(number)T12:00:00Z")! }
}

/// Expects that `body` throws an error of the kind `code`.
func expectFailure(
  _ code: InstarError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
  let error = #expect(throws: InstarError.self, sourceLocation: sourceLocation, performing: body)
  #expect(error?.code == code, "\(error?.message ?? "")", sourceLocation: sourceLocation)
}
