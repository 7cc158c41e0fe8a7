/// How long it takes until somebody who bought buys again, over all gaps of all users, in whole days.
///
/// A gap between two occurrences is closed; the one from a user's last occurrence to the moment is open: he has not come
/// back *yet*. The median of closed gaps alone speaks of those who came back. The product-limit estimate counts an open
/// gap as far as it has been watched: in CDNOW's sales the naive median is 34 days, the censored one 94. Reference:
/// docs/reference/attributes.md.
package struct PurchaseCycle: Sendable, Equatable {
  /// Gaps by their length in days.
  private var closed: [Int] = []
  private var open: [Int] = []

  package init() {}

  /// Adds the gaps of one user.
  /// - Parameters:
  ///   - times: of his occurrences, ascending, milliseconds.
  ///   - moment: when the watching ends, not before the last of them.
  package mutating func add(_ times: Span<Int64>, moment: Int64) {
    guard times.count > 0 else { return }
    var index = 1
    while index < times.count {
      Self.count(times[index] - times[index - 1], in: &closed)
      index += 1
    }
    Self.count(moment - times[times.count - 1], in: &open)
  }

  private static func count(_ gap: Int64, in counts: inout [Int]) {
    let days = Int(max(0, gap) / 86_400_000)
    if days >= counts.count { counts.append(contentsOf: repeatElement(0, count: days + 1 - counts.count)) }
    counts[days] += 1
  }

  package mutating func merge(_ other: PurchaseCycle) {
    Self.add(other.closed, to: &closed)
    Self.add(other.open, to: &open)
  }

  private static func add(_ others: [Int], to counts: inout [Int]) {
    if others.count > counts.count { counts.append(contentsOf: repeatElement(0, count: others.count - counts.count)) }
    for (days, number) in others.enumerated() { counts[days] += number }
  }

  /// Closed gaps.
  package var count: Int { closed.reduce(0, +) }

  /// The days within which half come back; `nil` where fewer than half ever did.
  ///
  /// S(t) = Π (1 - closed / at risk) over the days up to t, where a gap is at risk as long as it lasts (E. Kaplan, P.
  /// Meier, *Nonparametric estimation from incomplete observations*, 1958).
  package var median: Int? {
    var atRisk = count + open.reduce(0, +)
    var away = 1.0
    for days in closed.indices where atRisk > 0 {
      away *= Double(atRisk - closed[days]) / Double(atRisk)
      if away <= 0.5 { return days }
      atRisk -= closed[days] + (days < open.count ? open[days] : 0)
    }
    return nil
  }

  /// The median of the closed gaps alone.
  package var medianOfClosed: Int? {
    let middle = (count + 1) / 2
    guard middle > 0 else { return nil }
    var seen = 0
    return closed.indices.first { days in
      seen += closed[days]
      return seen >= middle
    }
  }
}
