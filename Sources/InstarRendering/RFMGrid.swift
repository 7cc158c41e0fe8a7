internal import InstarColumns

/// The users of RFM counted: by recency and frequency score, and by label.
struct RFMGrid {
  /// The users of each recency score, from 1 up, and in it of each frequency score.
  private(set) var users: [[Int]]
  /// The labels in descending order of their users, with the sum of their money.
  private(set) var labels: [Label] = []
  let rowCount: Int
  /// The unit of the money, where it has one.
  let unit: String?

  struct Label {
    var name: String
    var users: Int
    var monetary: Double
  }

  /// `nil` when the table lacks the columns of RFM.
  init?(_ table: ResultTable) {
    guard let recency = RFMGrid.scores(table, "r"), let frequency = RFMGrid.scores(table, "f"),
      let label = table.column("label"), let money = table.column("monetary")
    else { return nil }
    let size = max(2, Int(max(recency.max() ?? 0, frequency.max() ?? 0)))
    users = Array(repeating: Array(repeating: 0, count: size), count: size)
    rowCount = table.rowCount
    unit = money.unit
    var places: [String: Int] = [:]
    for row in 0..<table.rowCount {
      users[Int(recency[row]) - 1][Int(frequency[row]) - 1] += 1
      guard case .text(let name) = label[row] else { continue }
      let place = places[name] ?? labels.count
      if place == labels.count {
        places[name] = place
        labels.append(Label(name: name, users: 0, monetary: 0))
      }
      labels[place].users += 1
      labels[place].monetary += money[row].number ?? 0
    }
    labels.sort { ($0.users, $1.name) > ($1.users, $0.name) }
  }

  var largest: Int { users.joined().max() ?? 0 }

  private static func scores(_ table: ResultTable, _ name: String) -> [Int64]? {
    guard let column = table.column(name), case .integers(let scores) = column.values,
      scores.allSatisfy({ (1...9).contains($0) })
    else { return nil }
    return scores
  }
}
