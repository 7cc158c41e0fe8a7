/// Finds what a misspelt word was most likely meant to be.
package enum Spelling {
  /// The candidate that is nearest to `word`, or `nil` if none is near. Capitals and small letters count as equal.
  ///
  /// Near is one slip (a letter too many, too few, wrong, or two swapped) in words of three or four letters, two in longer
  /// ones. Of several that are equally near the longest is taken, since a letter is lost more often than added, and of
  /// these the first.
  ///
  /// - Complexity: O(*n* · *m*²) for *n* candidates and words of *m* letters.
  package static func nearest(to word: String, in candidates: [String]) -> String? {
    let letters = Array(word.lowercased().utf8)
    guard letters.count >= 3, letters.count <= 64 else { return nil }
    let limit = letters.count <= 4 ? 1 : 2
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
      let others = Array(candidate.lowercased().utf8)
      guard abs(others.count - letters.count) <= limit else { continue }
      let distance = slips(from: letters, to: others)
      guard distance <= limit else { continue }
      if let known = best,
        (distance, -others.count) >= (known.distance, -known.candidate.utf8.count)
      {
        continue
      }
      best = (candidate, distance)
    }
    return best?.candidate
  }

  /// The number of slips between two words: insertions, deletions, replacements and swaps of neighbours (optimal string
  /// alignment, the restricted form of Damerau, CACM 7(3), 1964).
  static func slips(from left: [UInt8], to right: [UInt8]) -> Int {
    var previous: [Int] = []
    var row = Array(0...right.count)
    for i in left.indices {
      let above = row
      row[0] = i + 1
      for j in right.indices {
        let replaced = above[j] + (left[i] == right[j] ? 0 : 1)
        row[j + 1] = min(replaced, min(above[j + 1], row[j]) + 1)
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
          row[j + 1] = min(row[j + 1], previous[j - 1] + 1)
        }
      }
      previous = above
    }
    return row[right.count]
  }

  /// The keyword that `word` is most likely meant to be, or `nil` if none is near.
  static func nearest(to word: String, in keywords: some Collection<Keyword>) -> Keyword? {
    nearest(to: word, in: keywords.map(\.text).sorted()).flatMap { Keyword.spelled($0) }
  }
}
