/// Items of the users who are most alike: user-based collaborative filtering.
///
/// sim(u, v) = sum over their common items of w_j / (|w| sqrt(d_v)), the cosine of the two rows, and s(u, i) = sum of
/// sim(u, v) over the `neighbours` most similar users v who have i. A user with the very same items has nothing to offer
/// and is left out, as the user himself is. The latest items of u count most: w decays by moments.
///
/// Reference: Resnick et al., *GroupLens*, CSCW 1994; for implicit feedback Aiolli, RecSys 2013.
/// Reference page: `docs/reference/recommend/userknn.md`.
package struct UserNeighbours: Sendable {
  /// Users by items, 1 for each item of a user.
  private let users: SparseMatrix
  /// Items by users; the values of a user's rows have length 1.
  private let items: SparseMatrix
  private let neighbours: Int
  /// How the items of a history lose weight when neighbours are sought.
  package let decay: RecencyDecay

  package static let defaultNeighbours = 100

  /// - Complexity: O(entries).
  package init(
    _ interactions: Interactions, neighbours: Int = Self.defaultNeighbours, decay: RecencyDecay = .moment(tau: 20)
  ) {
    precondition(neighbours > 0, "at least one neighbour")
    let users = interactions.preferences()
    var values = users.values
    for user in 0..<users.rowCount {
      let entries = users.entries(ofRow: user)
      let length = Float(entries.count).squareRoot()
      for entry in entries { values[entry] = 1 / length }
    }
    self.users = users
    self.neighbours = neighbours
    self.decay = decay
    items =
      SparseMatrix(columnCount: users.columnCount, starts: users.starts, columns: users.columns, values: values)
      .transposed()
  }

  package var itemCount: Int { users.columnCount }
  package var userCount: Int { users.rowCount }

  /// The most similar users of the weighed `history` with their similarity, the most similar first.
  ///
  /// - Parameter scratch: over users, empty on entry and on return.
  private func nearest(_ history: History, _ scratch: inout ItemScores) -> [ScoredItem] {
    let length = history.weights.reduce(0) { $0 + $1 * $1 }.squareRoot()
    if length == 0 { return [] }
    let (columns, values) = (items.columns.span, items.values.span)
    for position in 0..<history.count where history.weights[position] > 0 {
      let entries = items.entries(ofRow: Int(history.items[position]))
      scratch.add(history.weights[position] / length, times: entries, columns, values)
    }
    var best = TopItems(capacity: neighbours)
    for user in scratch.touched where user != history.user && scratch[user] < 1 - 1e-6 {
      best.offer(user, scratch[user])
    }
    scratch.clear()
    return best.takeRanked()
  }

  /// Adds the score of every item that a neighbour has.
  ///
  /// - Complexity: O(users of the history's items + items of the neighbours).
  func score(_ history: History, users scratch: inout ItemScores, into scores: inout ItemScores) {
    let (columns, values) = (users.columns.span, users.values.span)
    for neighbour in nearest(history, &scratch) {
      scores.add(neighbour.score, times: users.entries(ofRow: Int(neighbour.item)), columns, values)
    }
  }

  /// What each item of the history gives to the score of `item`: the neighbours who have both.
  func terms(of item: UInt32, _ history: History) -> [Double] {
    var scratch = ItemScores(itemCount: userCount)
    let length = history.weights.reduce(0) { $0 + $1 * $1 }.squareRoot()
    var terms = [Double](repeating: 0, count: history.count)
    for neighbour in nearest(history, &scratch)
    where users.value(row: Int(neighbour.item), column: item) > 0 {
      for position in 0..<history.count {
        let part = items.value(row: Int(history.items[position]), column: neighbour.item)
        terms[position] += history.weights[position] / length * Double(part)
      }
    }
    return terms
  }
}
