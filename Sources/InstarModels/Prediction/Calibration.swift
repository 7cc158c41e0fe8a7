#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A monotone map from a model's score to a probability, fitted on labelled scores that the model has not seen.
///
/// Reference page: `docs/reference/predict/calibration.md`.
package enum Calibration: Sendable, Equatable {
  /// 1/(1+exp(A s + B)).
  case platt(a: Double, b: Double)
  /// The value at the greatest of the ascending `thresholds` that does not exceed the score; the ends extend.
  case isotonic(thresholds: [Double], values: [Double])

  /// The probability for the score `score`.
  ///
  /// - Complexity: O(log thresholds).
  package func probability(_ score: Double) -> Double {
    switch self {
    case .platt(let a, let b): return sigmoid(-(a * score + b))
    case .isotonic(let thresholds, let values):
      var low = 0
      var high = thresholds.count
      while low < high {
        let middle = (low + high) / 2
        if thresholds[middle] <= score { low = middle + 1 } else { high = middle }
      }
      return values[max(0, low - 1)]
    }
  }

  /// Platt scaling (Platt 1999, with the numerically stable Newton method of Lin, Lin and Weng 2007): the targets are
  /// (N+ + 1)/(N+ + 2) and 1/(N- + 2).
  ///
  /// - Precondition: as many labels (0 or 1) as scores.
  package static func platt(scores: [Double], labels: [Double]) -> Calibration {
    precondition(scores.count == labels.count, "one label for each score")
    let positives = labels.reduce(0, +)
    let negatives = Double(labels.count) - positives
    let (high, low) = ((positives + 1) / (positives + 2), 1 / (negatives + 2))
    let targets = labels.map { $0 > 0.5 ? high : low }
    var (a, b) = (0.0, log((negatives + 1) / (positives + 1)))
    var loss = plattLoss(scores, targets, a, b)
    for _ in 0..<100 {
      let step = plattStep(scores, targets, a, b)
      if max(abs(step.slopeA), abs(step.slopeB)) < 1e-10 { break }
      var factor = 1.0
      var next = plattLoss(scores, targets, a + step.a, b + step.b)
      while !(next < loss) && factor > 1e-10 {
        factor /= 2
        next = plattLoss(scores, targets, a + factor * step.a, b + factor * step.b)
      }
      if factor <= 1e-10 { break }
      a += factor * step.a
      b += factor * step.b
      loss = next
    }
    return .platt(a: a, b: b)
  }

  private static func plattLoss(_ scores: [Double], _ targets: [Double], _ a: Double, _ b: Double) -> Double {
    var loss = 0.0
    for i in scores.indices { loss += logisticLoss(logit: -(a * scores[i] + b), label: targets[i]) }
    return loss
  }

  private static func plattStep(
    _ scores: [Double], _ targets: [Double], _ a: Double, _ b: Double
  ) -> (a: Double, b: Double, slopeA: Double, slopeB: Double) {
    var (h11, h21, h22) = (1e-12, 0.0, 1e-12)
    var (g1, g2) = (0.0, 0.0)
    for i in scores.indices {
      let p = sigmoid(-(a * scores[i] + b))
      let weight = p * (1 - p)
      h11 += scores[i] * scores[i] * weight
      h21 += scores[i] * weight
      h22 += weight
      g1 += scores[i] * (targets[i] - p)
      g2 += targets[i] - p
    }
    let determinant = h11 * h22 - h21 * h21
    return (-(h22 * g1 - h21 * g2) / determinant, -(h11 * g2 - h21 * g1) / determinant, g1, g2)
  }

  /// Isotonic regression by pooling adjacent violators; equal scores are one point.
  ///
  /// - Precondition: as many labels (0 or 1) as scores, and at least one.
  /// - Complexity: O(*n* log *n*).
  package static func isotonic(scores: [Double], labels: [Double]) -> Calibration {
    precondition(scores.count == labels.count && !scores.isEmpty, "one label for each score")
    var blocks: [(threshold: Double, sum: Double, weight: Double)] = []
    for i in scores.indices.sorted(by: { scores[$0] < scores[$1] }) {
      if let last = blocks.last, last.threshold == scores[i] {
        blocks[blocks.count - 1].sum += labels[i]
        blocks[blocks.count - 1].weight += 1
      } else {
        blocks.append((scores[i], labels[i], 1))
      }
    }
    var pooled: [(threshold: Double, sum: Double, weight: Double)] = []
    for block in blocks {
      pooled.append(block)
      while pooled.count > 1 {
        let (lower, upper) = (pooled[pooled.count - 2], pooled[pooled.count - 1])
        if lower.sum * upper.weight < upper.sum * lower.weight { break }
        pooled.removeLast(2)
        pooled.append((lower.threshold, lower.sum + upper.sum, lower.weight + upper.weight))
      }
    }
    return .isotonic(thresholds: pooled.map(\.threshold), values: pooled.map { $0.sum / $0.weight })
  }
}
