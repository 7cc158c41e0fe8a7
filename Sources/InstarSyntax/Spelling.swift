/// The keyword that `word` is most likely meant to be, or `nil` if none is near.
///
/// Near is one slip (a letter too many, too few, wrong, or two swapped) in words of three or four letters, two in longer
/// ones. Of two that are equally near the longer one is taken: a letter is lost more often than added.
func nearest(to word: String, in keywords: [Keyword]) -> Keyword? {
  let letters = Array(word.lowercased().utf8)
  guard (3...20).contains(letters.count) else { return nil }
  let limit = letters.count <= 4 ? 1 : 2
  var best: (keyword: Keyword, distance: Int)?
  for keyword in keywords.sorted(by: { ($1.text.utf8.count, $0.rawValue) < ($0.text.utf8.count, $1.rawValue) }) {
    let distance = slips(from: letters, to: Array(keyword.text.utf8))
    if distance <= limit, distance < best?.distance ?? Int.max { best = (keyword, distance) }
  }
  return best?.keyword
}

/// The number of slips between two words: insertions, deletions, replacements and swaps of neighbours (optimal string
/// alignment, the restricted form of Damerau 1964).
func slips(from left: [UInt8], to right: [UInt8]) -> Int {
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
