/// Many deep trees, each on rows drawn anew and asking a few features at each node, whose answers are averaged (Breiman
/// 2001).
///
/// Reference page: `docs/reference/predict/trees.md`.
package struct RandomForest: Sendable, Equatable {
  package enum Task: Sendable, Hashable {
    /// Labels are 0 and 1.
    case classification
    /// Labels are numbers.
    case regression
  }

  package struct Configuration: Sendable, Hashable {
    package var task: Task
    package var treeCount: Int
    package var depth: Int
    package var rowsPerLeaf: Int
    /// Features that a node may ask; `nil` for the square root of their number.
    package var featuresPerNode: Int?
    package var seed: UInt64

    package init(
      task: Task = .classification, treeCount: Int = 100, depth: Int = 64, rowsPerLeaf: Int = 20,
      featuresPerNode: Int? = nil, seed: UInt64 = 1
    ) {
      self.task = task
      self.treeCount = treeCount
      self.depth = depth
      self.rowsPerLeaf = rowsPerLeaf
      self.featuresPerNode = featuresPerNode
      self.seed = seed
    }

    package func validate() throws(ModelError) {
      try ModelError.check((1...10_000).contains(treeCount), "trees must be from 1 to 10000, not \(treeCount)")
      try ModelError.check((1...64).contains(depth), "depth must be from 1 to 64, not \(depth)")
      try ModelError.check(rowsPerLeaf >= 1, "a leaf must have a row, not \(rowsPerLeaf)")
      try ModelError.check((featuresPerNode ?? 1) >= 1, "a node must ask a feature, not \(featuresPerNode ?? 0)")
    }
  }

  package let task: Task
  package let rowCount: Int
  /// Area under the ROC curve of each row's answer by the trees that have not seen it; `nil` for numbers, and when one
  /// class is empty.
  package let outOfBagAUC: Double?
  let trees: TreeEnsemble

  package var treeCount: Int { trees.roots.count }
  package var featureNames: [String] { trees.names }
  package var unusedFeatures: [String] { trees.unusedNames }

  package static func == (left: RandomForest, right: RandomForest) -> Bool { left.encoded() == right.encoded() }

  // MARK: Scoring

  /// The probability, or the number, of each row.
  ///
  /// - Complexity: O(rows x trees x depth), on all cores.
  package func predictions(_ features: FeatureMatrix) -> [Double] {
    trees.sums(features).map { $0 / Double(treeCount) }
  }

  /// The same of one row.
  package func prediction(ofRow features: [Double]) -> Double {
    precondition(features.count == trees.names.count, "one number for each feature")
    return trees.sum(features.span, 0) / Double(treeCount)
  }

  /// What each feature adds to the answer for one row, the greatest amount first. With ``base`` they add up to it.
  package func contributions(ofRow features: [Double]) -> [(feature: String, part: Double)] {
    trees.contributions(ofRow: features, scale: 1 / Double(treeCount))
  }

  /// The answer before any question.
  package var base: Double { trees.roots.reduce(0) { $0 + trees.values[Int($1)] } / Double(treeCount) }

  /// The share of all improvement that each feature brought, the greatest first.
  package func importances() -> [(feature: String, weight: Double)] { trees.importances() }

  // MARK: Fitting

  private static let valueBins = 63
  /// Parts that the trees are cut into, each grown on one core.
  private static let chunkCount = 8

  /// Fits a forest on features and one label for each row. How often a row counts in a tree is a Poisson variable of mean
  /// 1 that depends on seed, tree and row alone, so the number of threads changes nothing.
  ///
  /// - Throws: ``ModelError`` for a bad setting, without rows, and for a label that is not 0 or 1, or no number.
  /// - Complexity: O(trees x rows x features per node x depth), on all cores.
  package static func fit(
    _ features: FeatureMatrix, labels: [Double], _ configuration: Configuration = .init()
  ) throws(ModelError) -> RandomForest {
    try configuration.validate()
    precondition(labels.count == features.rowCount, "one label for each row")
    try DecisionTree.check(
      labels, configuration.task == .classification ? .classification(classes: 2) : .regression)
    let matrix = BinnedMatrix(features, valueBins: valueBins)
    let chunks = min(chunkCount, configuration.treeCount)
    let parts = concurrentChunks(chunks) { chunk in
      let trees = chunkRange(chunk, of: chunks, count: configuration.treeCount)
      return Part(trees, matrix, features, labels, configuration)
    }
    var forest = TreeEnsemble(names: features.names)
    for part in parts { forest.append(part.trees) }
    let isClass = configuration.task == .classification
    return RandomForest(
      task: configuration.task, rowCount: labels.count, outOfBagAUC: isClass ? outOfBagAUC(parts, labels) : nil,
      trees: forest)
  }

  /// Some of the trees, with the answers to rows that they have not seen.
  private struct Part: Sendable {
    var trees: TreeEnsemble
    var unseenSums: [Double]
    var unseenCounts: [UInt32]

    init(
      _ range: Range<Int>, _ matrix: BinnedMatrix, _ features: FeatureMatrix, _ labels: [Double],
      _ configuration: Configuration
    ) {
      trees = TreeEnsemble(names: features.names)
      unseenSums = [Double](repeating: 0, count: labels.count)
      unseenCounts = [UInt32](repeating: 0, count: labels.count)
      let width = features.columnCount
      let perNode = configuration.featuresPerNode ?? max(1, Int(Double(width).squareRoot().rounded()))
      for tree in range {
        var weights = labels.indices.map { poisson(configuration.seed, tree, $0) }
        // A draw of nothing, which a handful of rows can give, is all of them.
        if !weights.contains(where: { $0 > 0 }) { weights = [Double](repeating: 1, count: labels.count) }
        let grower = TreeGrower(
          matrix, targets: labels, outputCount: 1, weights: weights, names: features.names,
          .init(
            depth: configuration.depth, rowsPerLeaf: Double(configuration.rowsPerLeaf),
            featuresPerNode: min(width, perNode), seed: counterRandom(configuration.seed, 2, UInt64(tree))))
        var grown = grower.grow()
        if configuration.task == .classification { grown = grown.smoothed(.classification(classes: 2)) }
        for row in labels.indices where weights[row] == 0 {
          unseenSums[row] += grown.sum(features.values.span, row * width)
          unseenCounts[row] += 1
        }
        trees.append(grown)
      }
    }

    /// P(k) = e^-1/k!, by its distribution function.
    private func poisson(_ seed: UInt64, _ tree: Int, _ row: Int) -> Double {
      let u = Double(counterRandom(seed, 3 &+ UInt64(tree), UInt64(row)) >> 11) * 0x1p-53
      var (term, sum, k) = (0.36787944117144233, 0.36787944117144233, 0.0)
      while u >= sum && k < 12 {
        k += 1
        term /= k
        sum += term
      }
      return k
    }
  }

  private static func outOfBagAUC(_ parts: [Part], _ labels: [Double]) -> Double? {
    var (answers, truths): ([Double], [Double]) = ([], [])
    for row in labels.indices {
      let count = parts.reduce(0) { $0 + Int($1.unseenCounts[row]) }
      if count == 0 { continue }
      answers.append(parts.reduce(0) { $0 + $1.unseenSums[row] } / Double(count))
      truths.append(labels[row])
    }
    return truths.isEmpty ? nil : BinaryMetrics(probabilities: answers, labels: truths).auc
  }
}

// MARK: Storing

extension RandomForest {
  /// The bytes of this forest.
  package func encoded() -> [UInt8] {
    var writer = PayloadWriter(.forest)
    writer.write(UInt8(task == .classification ? 0 : 1))
    writer.write(UInt64(rowCount))
    writer.write(outOfBagAUC ?? .nan)
    writer.write(trees)
    return writer.finish()
  }

  /// The forest in `bytes`, which ``encoded()`` wrote.
  package init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, expecting: .forest)
    let task: UInt8 = try reader.read()
    let rowCount: UInt64 = try reader.read()
    let auc = try reader.readDouble()
    let trees = try reader.readTrees()
    try reader.finish()
    guard task < 2, rowCount < 1 << 62, trees.outputCount == 1, !trees.roots.isEmpty else { throw .damaged }
    self.init(
      task: task == 0 ? .classification : .regression, rowCount: Int(rowCount), outOfBagAUC: auc.isNaN ? nil : auc,
      trees: trees)
  }
}
