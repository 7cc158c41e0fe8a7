#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How well probabilities tell two classes apart and how far they can be believed.
///
/// Reference page: `docs/reference/predict/metrics.md`.
package struct BinaryMetrics: Sendable, Equatable {
  package let rowCount: Int
  package let positiveCount: Int
  /// Area under the ROC curve, ties counting half; `nil` when one class is empty.
  package let auc: Double?
  /// Area under the precision-recall curve by steps, equal probabilities entering together; `nil` without positives.
  package let averagePrecision: Double?
  /// Mean negative log-likelihood, probabilities cut at 1e-15 from 0 and 1.
  package let logLoss: Double
  /// Mean squared error.
  package let brier: Double
  /// 1 - Brier / Brier of the base rate; `nil` when one class is empty.
  package let skill: Double?
  /// Greatest difference of the two classes' distribution functions; `nil` when one class is empty.
  package let kolmogorovSmirnov: Double?
  package let meanProbability: Double
  package let baseRate: Double

  private let ranked: [(probability: Double, label: Double)]

  /// - Parameter labels: 0 or 1.
  /// - Precondition: as many labels as probabilities, and at least one.
  /// - Complexity: O(*n* log *n*).
  package init(probabilities: [Double], labels: [Double]) {
    precondition(probabilities.count == labels.count && !labels.isEmpty, "one label for each probability")
    let count = Double(labels.count)
    let positives = labels.reduce(0, +)
    ranked = zip(probabilities, labels).map { (probability: $0, label: $1) }
      .sorted { $0.probability > $1.probability }
    rowCount = labels.count
    positiveCount = Int(positives)
    baseRate = positives / count
    meanProbability = probabilities.reduce(0, +) / count
    var (logSum, squareSum) = (0.0, 0.0)
    for (probability, label) in zip(probabilities, labels) {
      let safe = min(1 - 1e-15, max(1e-15, probability))
      logSum -= label > 0.5 ? log(safe) : log1p(-safe)
      squareSum += (probability - label) * (probability - label)
    }
    logLoss = logSum / count
    brier = squareSum / count
    let bothClasses = positives > 0 && positives < count
    let curve = Self.curve(ranked, positives: positives, negatives: count - positives)
    auc = bothClasses ? curve.auc : nil
    averagePrecision = positives > 0 ? curve.averagePrecision : nil
    kolmogorovSmirnov = bothClasses ? curve.kolmogorovSmirnov : nil
    skill = bothClasses ? 1 - brier / (baseRate * (1 - baseRate)) : nil
  }

  package static func == (left: BinaryMetrics, right: BinaryMetrics) -> Bool {
    left.ranked.elementsEqual(right.ranked) { $0 == $1 }
  }

  /// One walk down the ranking, by groups of equal probability.
  private static func curve(
    _ ranked: [(probability: Double, label: Double)], positives: Double, negatives: Double
  ) -> (auc: Double, averagePrecision: Double, kolmogorovSmirnov: Double) {
    var (hits, misses) = (0.0, 0.0)
    var (area, precision, distance) = (0.0, 0.0, 0.0)
    var first = 0
    while first < ranked.count {
      var end = first
      var groupHits = 0.0
      while end < ranked.count && ranked[end].probability == ranked[first].probability {
        groupHits += ranked[end].label
        end += 1
      }
      let groupMisses = Double(end - first) - groupHits
      area += groupMisses * (hits + groupHits / 2)
      hits += groupHits
      misses += groupMisses
      precision += groupHits * hits / Double(end)
      distance = max(distance, abs(hits / positives - misses / negatives))
      first = end
    }
    return (area / (positives * negatives), precision / positives, distance)
  }

  /// How many times more positives stand in the top `share` of the ranking than in as many rows at random. Rows of
  /// equal probability at the boundary share their mean label.
  ///
  /// - Returns: `nil` without positives.
  package func lift(top share: Double) -> Double? {
    if positiveCount == 0 { return nil }
    let wanted = max(1, (share * Double(rowCount)).rounded(.up))
    var (taken, hits) = (0.0, 0.0)
    var first = 0
    while first < ranked.count && taken < wanted {
      var end = first
      var groupHits = 0.0
      while end < ranked.count && ranked[end].probability == ranked[first].probability {
        groupHits += ranked[end].label
        end += 1
      }
      let size = Double(end - first)
      let part = min(size, wanted - taken)
      hits += groupHits * part / size
      taken += part
      first = end
    }
    return hits / wanted / baseRate
  }

  /// Expected calibration error over bins of equally many rows: the mean of |mean label - mean probability|, weighted
  /// by the rows of a bin.
  package func calibrationError(equalCountBins bins: Int = 10) -> Double {
    var error = 0.0
    for bin in 0..<bins { error += gap(ranked[chunkRange(bin, of: bins, count: rowCount)]) }
    return error / Double(rowCount)
  }

  /// The same over bins of equal width in the probability.
  package func calibrationError(equalWidthBins bins: Int) -> Double {
    var members = [[(probability: Double, label: Double)]](repeating: [], count: bins)
    for pair in ranked { members[min(bins - 1, max(0, Int(pair.probability * Double(bins))))].append(pair) }
    return members.reduce(0) { $0 + gap($1[...]) } / Double(rowCount)
  }

  private func gap(_ rows: ArraySlice<(probability: Double, label: Double)>) -> Double {
    abs(rows.reduce(0) { $0 + $1.label - $1.probability })
  }

  /// Accuracy, precision, recall, F1 and Matthews correlation when rows of at least `threshold` are called positive.
  package func confusion(threshold: Double) -> Confusion {
    var confusion = Confusion()
    for (probability, label) in ranked {
      switch (probability >= threshold, label > 0.5) {
      case (true, true): confusion.truePositives += 1
      case (true, false): confusion.falsePositives += 1
      case (false, true): confusion.falseNegatives += 1
      case (false, false): confusion.trueNegatives += 1
      }
    }
    return confusion
  }

  /// Counts of rows by call and truth.
  package struct Confusion: Sendable, Hashable {
    package var truePositives = 0
    package var falsePositives = 0
    package var falseNegatives = 0
    package var trueNegatives = 0

    package var accuracy: Double {
      Double(truePositives + trueNegatives)
        / Double(truePositives + trueNegatives + falsePositives + falseNegatives)
    }
    /// `nil` when nothing was called positive.
    package var precision: Double? { ratio(truePositives, truePositives + falsePositives) }
    /// `nil` without positives.
    package var recall: Double? { ratio(truePositives, truePositives + falseNegatives) }
    /// `nil` without positives and without calls.
    package var f1: Double? { ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives) }
    /// `nil` when a row or column of the table is empty.
    package var matthews: Double? {
      let (tp, fp, fn, tn) = (
        Double(truePositives), Double(falsePositives), Double(falseNegatives), Double(trueNegatives)
      )
      let product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
      return product > 0 ? (tp * tn - fp * fn) / product.squareRoot() : nil
    }

    private func ratio(_ part: Int, _ whole: Int) -> Double? { whole > 0 ? Double(part) / Double(whole) : nil }
  }
}
