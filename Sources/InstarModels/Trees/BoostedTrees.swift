#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Many small trees, each fitted to what those before it leave to explain: gradient boosting (Friedman 2001) with second
/// derivatives on binned features. No sampling: the same data give the same model.
///
/// Reference page: `docs/reference/predict/trees.md`.
package struct BoostedTrees: Sendable, Equatable {
  package enum Loss: Sendable, Hashable {
    /// Labels 0 or 1; the sum of the trees is a logit.
    case logistic
    /// Numbers.
    case squared
    /// Numbers of at least 0 with many zeros, as money is; the sum of the trees is a logarithm. The power is between 1
    /// (counts) and 2 (sizes).
    case tweedie(power: Double)
  }

  package struct Configuration: Sendable, Hashable {
    package var loss: Loss
    package var rounds: Int
    /// The share of each tree's answer that is added.
    package var learningRate: Double
    package var leafCount: Int
    /// L2 penalty on the values of leaves.
    package var lambda: Double
    /// Fewest rows in a leaf; `nil` for a hundredth of all, at least 20 and at most 50.
    package var rowsPerLeaf: Int?

    package init(
      loss: Loss = .logistic, rounds: Int = 150, learningRate: Double = 0.06, leafCount: Int = 8, lambda: Double = 5,
      rowsPerLeaf: Int? = nil
    ) {
      self.loss = loss
      self.rounds = rounds
      self.learningRate = learningRate
      self.leafCount = leafCount
      self.lambda = lambda
      self.rowsPerLeaf = rowsPerLeaf
    }

    package func validate() throws(ModelError) {
      try ModelError.check((1...10_000).contains(rounds), "rounds must be from 1 to 10000, not \(rounds)")
      try ModelError.check(
        learningRate > 0 && learningRate <= 1, "the learning rate must be above 0 and at most 1, not \(learningRate)")
      try ModelError.check((2...256).contains(leafCount), "leaves must be from 2 to 256, not \(leafCount)")
      try ModelError.check(lambda >= 0 && lambda.isFinite, "lambda must not be negative, as \(lambda) is")
      try ModelError.check((rowsPerLeaf ?? 1) >= 1, "a leaf must have a row, not \(rowsPerLeaf ?? 0)")
      if case .tweedie(let power) = loss {
        try ModelError.check(power > 1 && power < 2, "the power of tweedie must be between 1 and 2, not \(power)")
      }
    }
  }

  package let loss: Loss
  /// The sum that all rows start from: the logit, mean or logarithm of the mean of the targets.
  package let start: Double
  package let rowCount: Int
  let trees: TreeEnsemble

  package var treeCount: Int { trees.roots.count }
  package var featureNames: [String] { trees.names }
  /// Features that no tree asks.
  package var unusedFeatures: [String] { trees.unusedNames }

  package static func == (left: BoostedTrees, right: BoostedTrees) -> Bool { left.encoded() == right.encoded() }

  // MARK: Scoring

  /// The sums of the trees: logits, numbers or logarithms by loss.
  ///
  /// - Complexity: O(rows x trees x depth), on all cores.
  package func logits(_ features: FeatureMatrix) -> [Double] { trees.sums(features).map { start + $0 } }

  /// The probability, or the number, of each row.
  package func predictions(_ features: FeatureMatrix) -> [Double] { logits(features).map(answer) }

  /// The probability, or the number, of one row.
  package func prediction(ofRow features: [Double]) -> Double {
    precondition(features.count == trees.names.count, "one number for each feature")
    return answer(start + trees.sum(features.span, 0))
  }

  private func answer(_ sum: Double) -> Double {
    switch loss {
    case .logistic: sigmoid(sum)
    case .squared: sum
    case .tweedie: exp(sum)
    }
  }

  /// What each feature adds to the sum of the trees for one row, the greatest amount first. With ``base`` they add up to
  /// the sum.
  package func contributions(ofRow features: [Double]) -> [(feature: String, part: Double)] {
    trees.contributions(ofRow: features)
  }

  /// The sum of the trees before any feature is asked.
  package var base: Double { trees.roots.reduce(start) { $0 + trees.values[Int($1)] } }

  /// The share of all improvement that each feature brought, the greatest first.
  package func importances() -> [(feature: String, weight: Double)] { trees.importances() }
}

// MARK: Fitting

extension BoostedTrees {
  private static let valueBins = 63

  /// Fits trees on features and one target for each row.
  ///
  /// With targets of one value only, the model is that value; of one class, (k + 1/2)/(n + 1), k positives of n rows.
  ///
  /// - Throws: ``ModelError`` for a bad setting, without rows or with too many, and for a target that the loss cannot take.
  /// - Complexity: O(rounds x rows x features x (1 + log leaves)).
  package static func fit(
    _ features: FeatureMatrix, labels: [Double], _ configuration: Configuration = .init()
  ) throws(ModelError) -> BoostedTrees {
    try configuration.validate()
    precondition(labels.count == features.rowCount, "one label for each row")
    try ModelError.check(!labels.isEmpty, "there is no row to train on")
    try ModelError.check(labels.count < 1 << 24, "boosting takes fewer than 16777216 rows, not \(labels.count)")
    try check(labels, configuration.loss)
    let start = start(labels, configuration.loss)
    var trees = TreeEnsemble(names: features.names)
    if labels.contains(where: { $0 != labels[0] }) && features.columnCount > 0 {
      grow(&trees, features, labels, start, configuration)
    }
    return BoostedTrees(loss: configuration.loss, start: start, rowCount: labels.count, trees: trees)
  }

  private static func check(_ labels: [Double], _ loss: Loss) throws(ModelError) {
    let wrong: Double?
    switch loss {
    case .logistic: wrong = labels.first { $0 != 0 && $0 != 1 }
    case .squared: wrong = labels.first { !$0.isFinite }
    case .tweedie: wrong = labels.first { !($0 >= 0 && $0.isFinite) }
    }
    try ModelError.check(wrong == nil, "a target of \(wrong ?? 0) does not go with the loss \(loss)")
  }

  private static func start(_ labels: [Double], _ loss: Loss) -> Double {
    let (sum, count) = (labels.reduce(0, +), Double(labels.count))
    switch loss {
    case .logistic:
      let rate = sum == 0 || sum == count ? (sum + 0.5) / (count + 1) : sum / count
      return log(rate / (1 - rate))
    case .squared: return sum / count
    case .tweedie: return log(max(sum / count, 1e-12))
    }
  }

  private static func grow(
    _ trees: inout TreeEnsemble, _ features: FeatureMatrix, _ labels: [Double], _ start: Double,
    _ configuration: Configuration
  ) {
    let rowsPerLeaf = configuration.rowsPerLeaf ?? max(20, min(50, labels.count / 100))
    var grower = BoostingGrower(
      BinnedMatrix(features, valueBins: valueBins),
      .init(
        leafCount: configuration.leafCount, rowsPerLeaf: rowsPerLeaf, lambda: configuration.lambda,
        learningRate: configuration.learningRate))
    var scores = [Double](repeating: start, count: labels.count)
    var slopes = [Double](repeating: 0, count: labels.count)
    var curvatures = slopes
    for _ in 0..<configuration.rounds {
      derivatives(configuration.loss, labels, scores, &slopes, &curvatures)
      guard
        let tree = grower.grow(slopes: slopes, curvatures: curvatures, names: features.names, scores: &scores)
      else { break }
      trees.append(tree)
    }
  }

  /// First and second derivatives of the loss by the score of each row.
  private static func derivatives(
    _ loss: Loss, _ labels: [Double], _ scores: [Double], _ slopes: inout [Double], _ curvatures: inout [Double]
  ) {
    var row = 0
    switch loss {
    case .logistic:
      while row < labels.count {
        let probability = sigmoid(scores[row])
        slopes[row] = probability - labels[row]
        curvatures[row] = probability * (1 - probability)
        row &+= 1
      }
    case .squared:
      while row < labels.count {
        slopes[row] = scores[row] - labels[row]
        curvatures[row] = 1
        row &+= 1
      }
    case .tweedie(let power):
      while row < labels.count {
        // Beyond e^±300 there is no money; the bound keeps the powers finite.
        let score = min(300, max(-300, scores[row]))
        let (less, more) = (labels[row] * exp((1 - power) * score), exp((2 - power) * score))
        slopes[row] = more - less
        curvatures[row] = (2 - power) * more + (power - 1) * less
        row &+= 1
      }
    }
  }
}

// MARK: Storing

extension BoostedTrees {
  /// The bytes of this model.
  package func encoded() -> [UInt8] {
    var writer = PayloadWriter(.boosting)
    switch loss {
    case .logistic: writer.write([0.0, 0])
    case .squared: writer.write([1.0, 0])
    case .tweedie(let power): writer.write([2.0, power])
    }
    writer.write(start)
    writer.write(UInt64(rowCount))
    writer.write(trees)
    return writer.finish()
  }

  /// The model in `bytes`, which ``encoded()`` wrote.
  package init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, expecting: .boosting)
    let kind = try reader.readDoubles()
    let start = try reader.readDouble()
    let rowCount: UInt64 = try reader.read()
    let trees = try reader.readTrees()
    try reader.finish()
    guard kind.count == 2, (0...2).contains(kind[0]), rowCount < 1 << 62, trees.outputCount == 1 else {
      throw .damaged
    }
    self.init(
      loss: kind[0] == 0 ? .logistic : kind[0] == 1 ? .squared : .tweedie(power: kind[1]), start: start,
      rowCount: Int(rowCount), trees: trees)
  }
}
