import Instar

struct Recommendation: Decodable {
  var user: String
  var item: String
  var rank: Int
}

/// Fills a store in memory, asks it two questions, and returns the lines that a program would print.
func exampleLines() throws -> [String] {
  let database = try Database.inMemory()
  for number in 1...40 {
    let user = "u\(number)"
    try database.append([
      Event(user: user, time: Timestamp("2026-01-01T09:00:00Z")!, type: "view", item: "tea"),
      Event(user: user, time: Timestamp("2026-01-02T09:00:00Z")!, type: "purchase", item: "tea", amount: 4.5),
    ])
    if number % 2 == 0 {
      try database.append(
        Event(user: user, time: Timestamp("2026-01-05T18:30:00Z")!, type: "purchase", item: "cup", amount: 12))
    }
  }
  try database.setUser("u1", ["country": "TR"])

  let spent = try database.query(
    "SEGMENT users WHERE sum(purchase.amount) > $least AGGREGATE users() AS n", ["least": 10])
  var lines = ["\(spent.column("n")!.integers![0]) users spent more than 10"]

  let table = try database.query("SEGMENT users WHERE country = 'TR' RECOMMEND 1")
  for row in try table.rows(as: Recommendation.self) { lines.append("\(row.user) may like \(row.item)") }
  return lines
}
