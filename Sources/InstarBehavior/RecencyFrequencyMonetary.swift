/// Scores users by how recently, how often and for how much they bought: `RFM OF purchase.amount INTO 5`.
///
/// Each measure is scored 1 ... n by its *midrank* among all users: with r users below and m equal ones, itself included,
/// the midrank is r + (m + 1) / 2, and the score 1 + ⌊n (midrank − 1/2) / users⌋. So equal values share a score, and a
/// value that most users have (one order) does not tear them apart by chance. Recency counts backwards: the most recent
/// score highest. Reference: docs/reference/rfm.md.
package struct RecencyFrequencyMonetary: Sendable {
  package private(set) var r: [UInt8]
  package private(set) var f: [UInt8]
  package private(set) var m: [UInt8]

  /// - Parameters:
  ///   - recency: days since the last purchase.
  ///   - frequency: number of purchases.
  ///   - monetary: their sum.
  ///   - scores: *n*, 2 ... 9; 5 by default in the language.
  /// - Precondition: the arrays are equally long and hold no NaN.
  /// - Complexity: O(*users* log *users*).
  package init(recency: [Double], frequency: [Double], monetary: [Double], scores: Int = 5) {
    precondition((2...9).contains(scores), "RFM takes 2 to 9 scores")
    precondition(recency.count == frequency.count && recency.count == monetary.count, "three values for each user")
    r = Self.scores(recency.map { -$0 }, scores)
    f = Self.scores(frequency, scores)
    m = Self.scores(monetary, scores)
  }

  private static func scores(_ values: [Double], _ count: Int) -> [UInt8] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var scores = [UInt8](repeating: 0, count: values.count)
    var low = 0
    while low < order.count {
      var high = low + 1
      while high < order.count && values[order[high]] == values[order[low]] { high += 1 }
      // Twice the midrank less one half is low + high, a whole number: no rounding decides a score.
      let score = 1 + count * (low + high) / (2 * values.count)
      for place in low..<high { scores[order[place]] = UInt8(score) }
      low = high
    }
    return scores
  }

  /// `score`: the three digits r, f, m read as one number.
  package func score(_ user: Int) -> Int { Int(r[user]) * 100 + Int(f[user]) * 10 + Int(m[user]) }

  /// The name that marketing gives to such users, for five scores; the first that fits, or "other".
  ///
  /// The table is the common one, as in the R package rfm.
  package func label(_ user: Int) -> String {
    for segment in Self.segments
    where segment.r.contains(r[user]) && segment.f.contains(f[user]) && segment.m.contains(m[user]) {
      return segment.name
    }
    return "other"
  }

  private struct Segment {
    var name: String
    var r: ClosedRange<UInt8>
    var f: ClosedRange<UInt8>
    var m: ClosedRange<UInt8>
  }

  private static let segments = [
    Segment(name: "champions", r: 5...5, f: 5...5, m: 5...5),
    Segment(name: "potential loyalist", r: 3...5, f: 3...5, m: 2...5),
    Segment(name: "loyal", r: 2...4, f: 2...4, m: 2...4),
    Segment(name: "promising", r: 3...4, f: 1...3, m: 3...5),
    Segment(name: "new", r: 4...5, f: 1...3, m: 1...5),
    Segment(name: "can't lose", r: 1...2, f: 3...4, m: 4...5),
    Segment(name: "at risk", r: 1...2, f: 2...5, m: 4...5),
    Segment(name: "need attention", r: 1...3, f: 3...5, m: 3...5),
    Segment(name: "about to sleep", r: 2...3, f: 1...3, m: 1...4),
    Segment(name: "lost", r: 1...1, f: 1...5, m: 1...5),
  ]
}
