import InstarColumns

/// The order of rows by one column: numbers by size, text by its bytes, missing values last in either direction.
struct RowOrder {
  private let vector: Vector
  private let descending: Bool
  private let reals: [Double]
  private let integers: [Int64]
  private let texts: [String]

  init(_ vector: Vector, count: Int, descending: Bool) {
    self.vector = vector
    self.descending = descending
    let full = vector.expanded(count)
    switch full.values {
    case .reals(let rows): (reals, integers, texts) = (rows, [], [])
    case .integers(let rows): (reals, integers, texts) = ([], rows, [])
    case .booleans(let rows): (reals, integers, texts) = ([], rows.map { Int64($0) }, [])
    case .texts(let rows): (reals, integers, texts) = ([], [], rows)
    case .codes(let codes, let dictionary):
      // Ranks of the distinct texts stand for the texts, so that each is fetched once.
      let distinct = Set(codes)
      let sorted = distinct.map { (dictionary.text($0), $0) }.sorted { $0.0 < $1.0 }
      var ranks: [UInt32: Int64] = [:]
      for (rank, entry) in sorted.enumerated() { ranks[entry.1] = Int64(rank) }
      (reals, integers, texts) = ([], codes.map { ranks[$0] ?? 0 }, [])
    }
  }

  /// Negative, zero or positive as row `a` comes before, beside or after row `b`.
  func compare(_ a: Int, _ b: Int) -> Int {
    let known = (vector.isPresent(a), vector.isPresent(b))
    if known.0 != known.1 { return known.0 ? -1 : 1 }
    if !known.0 { return 0 }
    let result: Int
    if !reals.isEmpty {
      result = reals[a] < reals[b] ? -1 : reals[a] > reals[b] ? 1 : 0
    } else if !integers.isEmpty {
      result = integers[a] < integers[b] ? -1 : integers[a] > integers[b] ? 1 : 0
    } else {
      result = texts[a] < texts[b] ? -1 : texts[a] > texts[b] ? 1 : 0
    }
    return descending ? -result : result
  }

  /// The positions of `count` rows in the order of `keys`, equal rows in the order they came.
  static func positions(_ keys: [RowOrder], count: Int) -> [Int] {
    (0..<count).sorted { a, b in
      for key in keys {
        let order = key.compare(a, b)
        if order != 0 { return order < 0 }
      }
      return a < b
    }
  }
}
