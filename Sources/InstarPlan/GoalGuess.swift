/// Which event is the goal, guessed from the names at import and printed there.
package enum GoalGuess {
  /// Words of goals, the likeliest first.
  private static let words = [
    "purchase", "order", "transaction", "buy", "bought", "payment", "checkout", "sale", "booking", "subscribe",
    "admission", "visit",
  ]
  /// Words that turn a goal around: an order that was cancelled is none.
  private static let opposites = ["cancel", "refund", "return", "fail", "abandon", "view"]

  /// The goal among the event types, or `nil` where no name suggests one. A store with one type has that one.
  package static func name(among types: [EventTypeEntry]) -> String? {
    if types.count == 1 { return types.first?.name }
    let likely = types.filter { type in !opposites.contains { type.name.lowercased().contains($0) } }
    for word in words {
      if let exact = likely.first(where: { $0.name.lowercased() == word }) { return exact.name }
    }
    for word in words {
      let holding = likely.filter { $0.name.lowercased().contains(word) }
      if let most = holding.max(by: { ($0.count, $1.name) < ($1.count, $0.name) }) { return most.name }
    }
    return nil
  }
}
