extension Holdout {
  /// What users turned to after the cut, without `users`; of everybody where fewer than `least` would be left.
  ///
  /// For users whose choice was led: a list that was shown to them would be judged by its own effect.
  package func relevant(without users: Set<UInt32>, least: Int) -> UserItems {
    guard !users.isEmpty else { return relevant }
    let rest = relevant.filtered { user, _ in !users.contains(user) }
    let left = (0..<UInt32(rest.userCount)).count { !rest.entries(of: $0).isEmpty }
    return left < least ? relevant : rest
  }
}
