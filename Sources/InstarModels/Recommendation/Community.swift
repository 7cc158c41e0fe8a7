/// Items of the users that a user follows or knows.
///
/// s(u, i) is the share of the users followed by u who like i. It needs no history, and so serves users who are new.
///
/// Reference page: `docs/reference/recommend/community.md`.
package struct Community: Sendable {
  /// For each user the codes of the users that he follows.
  private let follows: UserItems
  /// Users by items, 1 for each item of a user.
  private let users: SparseMatrix

  /// - Precondition: every followed user is one of `interactions`.
  package init(_ interactions: Interactions, follows: UserItems) {
    precondition(follows.items.allSatisfy { Int($0) < interactions.userCount }, "users follow users")
    self.follows = follows
    users = interactions.preferences()
  }

  package var itemCount: Int { users.columnCount }

  /// Adds the score of every item that a followed user likes.
  ///
  /// - Complexity: O(items of the followed users).
  func score(_ history: History, into scores: inout ItemScores) {
    let followed = followed(by: history)
    let (columns, values) = (users.columns.span, users.values.span)
    for user in followed {
      scores.add(1 / Double(followed.count), times: users.entries(ofRow: Int(user)), columns, values)
    }
  }

  /// The score of one item; no item of the history accounts for it.
  func score(of item: UInt32, _ history: History) -> Double {
    let followed = followed(by: history)
    return followed.reduce(0) { $0 + Double(users.value(row: Int($1), column: item)) / Double(followed.count) }
  }

  private func followed(by history: History) -> ArraySlice<UInt32> {
    history.user.map { follows.items[follows.entries(of: $0)] } ?? []
  }
}
