#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How well lists of recommendations hold what users turned to afterwards, by full ranking.
///
/// For a user, rel are his relevant items and L his list cut at k. Users without a relevant item are left out; a user
/// whose list is empty counts 0. Sampled metrics, which rank against a few random items, are not offered: they are
/// inconsistent with full ranking even in expectation (Krichene and Rendle, KDD 2020).
///
/// Reference page: `docs/reference/recommend/metrics.md`.
package struct RankingMetrics: Sendable {
  /// A metric that has one value for each user.
  package enum Measure: Int, Sendable, CaseIterable {
    /// Hits / k.
    case precision
    /// Hits / |rel|.
    case recall
    /// 1 if there is a hit, else 0.
    case hitRate
    /// 1 / rank of the first hit, else 0: its mean is the MRR.
    case reciprocalRank
    /// The sum over hits of precision at their rank, / min(k, |rel|): its mean is the MAP.
    case averagePrecision
    /// The sum over hits of 1/log2(rank + 1), / the same sum for the best possible list.
    case ndcg

    /// The name in the language.
    package var name: String {
      switch self {
      case .precision: "precision"
      case .recall: "recall"
      case .hitRate: "hit_rate"
      case .reciprocalRank: "mrr"
      case .averagePrecision: "map"
      case .ndcg: "ndcg"
      }
    }
  }

  /// The cut k.
  package let cut: Int
  /// The users who count, ascending.
  package let users: [UInt32]
  /// The share of all items of training that stand in some list.
  package let coverage: Double
  /// Mean over rows of -log2 of the share of training users who deal with the item; `nil` without rows.
  package let novelty: Double?
  /// How unequally the rows fall on the items of training: 0 all alike, near 1 all on one; `nil` without rows.
  package let gini: Double?
  /// Mean over users of the mean of 1 - similarity over the pairs of a list; `nil` without similarity or pairs.
  package let intraListDiversity: Double?

  /// For each of ``Measure``, one value for each of ``users``.
  private let values: [[Double]]

  /// Evaluates the first `cut` rows of each user.
  ///
  /// - Parameters:
  ///   - recommendations: rows of one user adjacent, users ascending, the best item first.
  ///   - relevant: the items that each user turned to after the training, and had not had before.
  ///   - training: users by items, what the models were fitted on.
  /// - Complexity: O(rows log(items of a user) + items log items), with similarity O(rows x cut) cosines more.
  package init(
    _ recommendations: Recommendations, relevant: UserItems, training: SparseMatrix, cut: Int,
    similarity: ItemSimilarity? = nil
  ) {
    precondition(cut > 0, "the cut is at least 1")
    self.cut = cut
    let counting = (0..<UInt32(relevant.userCount)).filter { !relevant.entries(of: $0).isEmpty }
    users = counting
    var values = [[Double]](repeating: [], count: Measure.allCases.count)
    var lists = ListStatistics(training)
    var row = 0
    for user in counting {
      while row < recommendations.rowCount && recommendations.users[row] < user { row += 1 }
      let first = row
      while row < recommendations.rowCount && recommendations.users[row] == user { row += 1 }
      let list = recommendations.items[first..<min(row, first + cut)]
      let scores = Self.evaluate(list, relevant.items[relevant.entries(of: user)], cut)
      for measure in Measure.allCases { values[measure.rawValue].append(scores[measure.rawValue]) }
      lists.add(list, similarity)
    }
    self.values = values
    coverage = lists.coverage
    novelty = lists.novelty
    gini = lists.gini
    intraListDiversity = lists.intraListDiversity
  }

  /// The values of one list, in the order of ``Measure``.
  private static func evaluate(_ list: ArraySlice<UInt32>, _ relevant: ArraySlice<UInt32>, _ cut: Int) -> [Double] {
    var (hits, precisions, gain, reciprocal) = (0.0, 0.0, 0.0, 0.0)
    for (position, item) in list.enumerated() where contains(relevant, item) {
      let rank = Double(position + 1)
      hits += 1
      precisions += hits / rank
      gain += 1 / log2(rank + 1)
      if hits == 1 { reciprocal = 1 / rank }
    }
    let possible = min(cut, relevant.count)
    let ideal = (1...possible).reduce(0) { $0 + 1 / log2(Double($1) + 1) }
    return [
      hits / Double(cut), hits / Double(relevant.count), hits > 0 ? 1 : 0, reciprocal, precisions / Double(possible),
      gain / ideal,
    ]
  }

  /// Whether the ascending `items` hold `item`.
  private static func contains(_ items: ArraySlice<UInt32>, _ item: UInt32) -> Bool {
    var (low, high) = (items.startIndex, items.endIndex)
    while low < high {
      let middle = (low + high) / 2
      if items[middle] < item { low = middle + 1 } else { high = middle }
    }
    return low < items.endIndex && items[low] == item
  }

  /// One value for each of ``users``.
  package func perUser(_ measure: Measure) -> [Double] { values[measure.rawValue] }

  /// The mean over users, 0 without users.
  package func mean(_ measure: Measure) -> Double {
    users.isEmpty ? 0 : perUser(measure).reduce(0, +) / Double(users.count)
  }

  /// The standard error of the mean over users; `nil` below two users.
  package func standardError(_ measure: Measure) -> Double? {
    users.count < 2 ? nil : sampleDeviation(perUser(measure)) / Double(users.count).squareRoot()
  }

  /// A difference of means with an interval that holds it in the given share of resamples.
  package struct Difference: Sendable, Equatable {
    package let mean: Double
    package let lower: Double
    package let upper: Double
  }

  /// The mean difference of this evaluation from `other` of the same users, with a paired bootstrap interval.
  ///
  /// - Parameters:
  ///   - samples: resamples of the users.
  ///   - confidence: share of resamples inside the interval.
  /// - Precondition: both evaluate the same users, of whom there is at least one.
  /// - Complexity: O(samples x users).
  package func difference(
    from other: RankingMetrics, _ measure: Measure, samples: Int = 1000, confidence: Double = 0.95, seed: UInt64
  ) -> Difference {
    precondition(users == other.users && !users.isEmpty, "a paired comparison needs the same users")
    let differences = zip(perUser(measure), other.perUser(measure)).map { $0 - $1 }
    var generator = SeededGenerator(seed: seed)
    var means: [Double] = []
    for _ in 0..<samples {
      var sum = 0.0
      for _ in differences { sum += differences[generator.below(differences.count)] }
      means.append(sum / Double(differences.count))
    }
    means.sort()
    let tail = Int(Double(samples) * (1 - confidence) / 2)
    return Difference(
      mean: differences.reduce(0, +) / Double(differences.count), lower: means[tail],
      upper: means[samples - 1 - tail])
  }
}

/// What lists are like, whoever they are for.
private struct ListStatistics {
  private let userCount: Double
  private let frequencies: [Int]
  private var shown: [Int]
  private var rows = 0
  private var surprise = 0.0
  private var diversity = 0.0
  private var diverseLists = 0

  init(_ training: SparseMatrix) {
    userCount = Double((0..<training.rowCount).reduce(0) { $0 + (training.entries(ofRow: $1).isEmpty ? 0 : 1) })
    var frequencies = [Int](repeating: 0, count: training.columnCount)
    for item in training.columns { frequencies[Int(item)] += 1 }
    self.frequencies = frequencies
    shown = [Int](repeating: 0, count: training.columnCount)
  }

  mutating func add(_ list: ArraySlice<UInt32>, _ similarity: ItemSimilarity?) {
    for item in list {
      shown[Int(item)] += 1
      rows += 1
      // An item that nobody had is as surprising as one that a single user had.
      surprise -= log2(Double(max(1, frequencies[Int(item)])) / userCount)
    }
    guard let similarity, list.count > 1 else { return }
    var sum = 0.0
    for left in list.indices.dropLast() {
      for right in (left + 1)..<list.endIndex { sum += 1 - similarity.similarity(list[left], list[right]) }
    }
    diversity += sum / Double(list.count * (list.count - 1) / 2)
    diverseLists += 1
  }

  private var trained: [Int] { shown.indices.filter { frequencies[$0] > 0 } }

  var coverage: Double {
    let trained = trained
    return trained.isEmpty ? 0 : Double(trained.count { shown[$0] > 0 }) / Double(trained.count)
  }

  var novelty: Double? { rows > 0 ? surprise / Double(rows) : nil }

  var gini: Double? {
    let counts = trained.map { Double(shown[$0]) }.sorted()
    let sum = counts.reduce(0, +)
    if sum == 0 { return nil }
    var weighted = 0.0
    for (position, count) in counts.enumerated() { weighted += Double(2 * position + 1 - counts.count) * count }
    return weighted / (Double(counts.count) * sum)
  }

  var intraListDiversity: Double? { diverseLists > 0 ? diversity / Double(diverseLists) : nil }
}
