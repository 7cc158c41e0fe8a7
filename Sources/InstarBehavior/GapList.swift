/// Times between events, of which the median is wanted: four bytes for each up to seven weeks.
struct GapList: Sendable {
  /// A gap from here on, in milliseconds, is kept in full.
  static let long = Int64(UInt32.max)

  /// Those of ``long`` and more are clamped.
  private var gaps: [UInt32] = []
  private var longGaps: [Int64] = []
  /// The gaps of merged lists, which stay where they are.
  private var merged: [[UInt32]] = []
  private(set) var count = 0

  mutating func append(_ gaps: ArraySlice<UInt32>) {
    self.gaps.append(contentsOf: gaps)
    count += gaps.count
  }

  /// Keeps in full a gap that was appended clamped.
  mutating func appendLong(_ gap: Int64) { longGaps.append(gap) }

  mutating func merge(_ other: GapList) {
    merged += other.merged
    if !other.gaps.isEmpty { merged.append(other.gaps) }
    longGaps += other.longGaps
    count += other.count
  }

  /// The exact median in milliseconds; `nil` for no gaps.
  var median: Int64? {
    guard count > 0 else { return nil }
    let (lower, upper) = middleValues(ofLists: merged + [gaps])
    func full(_ gap: UInt32, rank: Int) -> Int64 {
      gap < UInt32.max ? Int64(gap) : value(atRank: rank - (count - longGaps.count), in: longGaps)
    }
    return mean(full(lower, rank: (count - 1) / 2), full(upper, rank: count / 2))
  }
}
