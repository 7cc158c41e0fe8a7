#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Users whose items are those of a group: an audience that extends a segment.
///
/// score(u) = 1/sqrt(d_u) sum over the items j of u of ln( (s_j + 1) (N + I) / ((n_j + 1) (S + I)) ), where n_j users have
/// item j and s_j of them are of the group, N and S are the sums of both over the I items, and d_u is the number of
/// items of u. That is the log-likelihood ratio of a naive Bayes model of the group against everybody, with one count
/// more for each item, scaled so that long histories do not win by their length.
///
/// Reference page: `docs/reference/recommend/lookalikes.md`.
package enum LookAlikes {
  /// A score for each user, 0 for users without items.
  ///
  /// - Parameter group: the codes of its users.
  /// - Complexity: O(entries).
  package static func scores(_ interactions: Interactions, group: [UInt32]) -> [Double] {
    let users = interactions.preferences()
    var all = [Double](repeating: 1, count: users.columnCount)
    var own = all
    for item in users.columns { all[Int(item)] += 1 }
    for user in group where Int(user) < users.rowCount {
      for entry in users.entries(ofRow: Int(user)) { own[Int(users.columns[entry])] += 1 }
    }
    let base = log(all.reduce(0, +)) - log(own.reduce(0, +))
    let weights = zip(own, all).map { log($0) - log($1) + base }
    return (0..<users.rowCount).map { user in
      let entries = users.entries(ofRow: user)
      let sum = entries.reduce(0.0) { $0 + weights[Int(users.columns[$1])] }
      return entries.isEmpty ? 0 : sum / Double(entries.count).squareRoot()
    }
  }
}
