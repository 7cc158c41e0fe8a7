import InstarColumns

/// Which rows of a summary a privacy threshold hides.
///
/// A row of fewer users than the threshold is hidden. If it were the only one, it could be computed: the total of all
/// rows less the rows that are shown. So in each line of the table, the rows that differ in one bucket only, either
/// none is hidden or at least two that together have as many users as the threshold: the smallest others are hidden
/// with it (complementary suppression; Cox 1980). Rows that speak of nobody hide nothing.
struct Suppression {
  let threshold: Int

  /// - Parameters:
  ///   - users: the users of each row.
  ///   - keys: for each bucket one number a row, equal where its values are equal.
  /// - Returns: for each row whether it is hidden.
  /// - Complexity: O(rows log rows) for each bucket and round; hiding a row can call for another round.
  func hidden(users: [Int64], keys: [[UInt64]]) -> [Bool] {
    var hidden = users.map { $0 > 0 && $0 < Int64(threshold) }
    guard hidden.contains(true) else { return hidden }
    let lines = keys.indices.flatMap { self.lines(users.count, keys, without: $0) }
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      for line in lines where complete(line, users, &hidden) { hasChanged = true }
    }
    return hidden
  }

  /// The rows that agree in all buckets but one.
  private func lines(_ count: Int, _ keys: [[UInt64]], without bucket: Int) -> [[Int]] {
    var lines: [[UInt64]: [Int]] = [:]
    for row in 0..<count {
      lines[keys.indices.filter { $0 != bucket }.map { keys[$0][row] }, default: []].append(row)
    }
    return lines.values.sorted { $0[0] < $1[0] }
  }

  /// Hides the smallest rows of a line until what is hidden there cannot be told apart; whether it hid one.
  private func complete(_ line: [Int], _ users: [Int64], _ hidden: inout [Bool]) -> Bool {
    let before = line.filter { hidden[$0] }
    guard !before.isEmpty else { return false }
    var (count, sum) = (before.count, before.reduce(0) { $0 + users[$1] })
    var hasHidden = false
    for row in line.filter({ !hidden[$0] && users[$0] > 0 }).sorted(by: { (users[$0], $0) < (users[$1], $1) }) {
      if count >= 2, sum >= Int64(threshold) { break }
      hidden[row] = true
      hasHidden = true
      count += 1
      sum += users[row]
    }
    return hasHidden
  }
}
