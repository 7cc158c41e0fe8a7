/// One tree of questions that a reader can follow: CART (Breiman, Friedman, Olshen and Stone 1984).
///
/// Reference page: `docs/reference/predict/trees.md`.
package struct DecisionTree: Sendable, Equatable {
  package enum Task: Sendable, Hashable {
    /// Labels are classes 0 ..< classes; two are yes and no.
    case classification(classes: Int)
    /// Labels are numbers.
    case regression
  }

  package struct Configuration: Sendable, Hashable {
    package var task: Task
    package var depth: Int
    /// Fewest rows in a leaf; `nil` for one in two hundred, at least 20.
    package var rowsPerLeaf: Int?
    /// What each leaf must take off the mean impurity to stay; 0 keeps all.
    package var complexity: Double
    /// Most bins of a feature; features of no more distinct values are cut exactly.
    package var valueBins: Int

    package init(
      task: Task = .classification(classes: 2), depth: Int = 5, rowsPerLeaf: Int? = nil, complexity: Double = 0,
      valueBins: Int = 254
    ) {
      self.task = task
      self.depth = depth
      self.rowsPerLeaf = rowsPerLeaf
      self.complexity = complexity
      self.valueBins = valueBins
    }

    package func validate() throws(ModelError) {
      try ModelError.check((1...64).contains(depth), "depth must be from 1 to 64, not \(depth)")
      try ModelError.check((rowsPerLeaf ?? 1) >= 1, "a leaf must have a row, not \(rowsPerLeaf ?? 0)")
      try ModelError.check(complexity >= 0, "complexity must not be negative, as \(complexity) is")
      try ModelError.check((2...254).contains(valueBins), "bins must be from 2 to 254, not \(valueBins)")
      if case .classification(let classes) = task {
        try ModelError.check((2...1000).contains(classes), "classes must be from 2 to 1000, not \(classes)")
      }
    }
  }

  /// A node as it is shown.
  package struct Node: Sendable, Hashable {
    /// `nil` in a leaf.
    package let feature: String?
    /// Values at or below it go to ``left``.
    package let threshold: Double
    package let missingGoesLeft: Bool
    package let left: Int
    package let right: Int
    package let rowCount: Int
    /// Gini impurity, or the variance of the numbers.
    package let impurity: Double
    /// The probability of yes, or the mean; of more classes than two the probability of each.
    package let values: [Double]
  }

  package let task: Task
  package let rowCount: Int
  let trees: TreeEnsemble
  /// Gini impurity or variance of each node.
  let impurities: [Double]

  package var featureNames: [String] { trees.names }
  package var unusedFeatures: [String] { trees.unusedNames }
  package var leafCount: Int { trees.nodes.count { $0.feature < 0 } }

  /// All nodes, the root first; children stand after their parent.
  package var nodes: [Node] {
    trees.nodes.indices.map { position in
      let node = trees.nodes[position]
      let values = trees.values[position * trees.outputCount..<(position + 1) * trees.outputCount]
      return Node(
        feature: node.feature < 0 ? nil : trees.names[Int(node.feature)], threshold: node.threshold,
        missingGoesLeft: node.missingGoesLeft, left: Int(node.left), right: Int(node.right),
        rowCount: Int(node.weight), impurity: impurities[position], values: Array(values))
    }
  }

  package static func == (left: DecisionTree, right: DecisionTree) -> Bool { left.encoded() == right.encoded() }

  // MARK: Scoring

  /// The probability of yes (of more than two classes: of class 0), or the number, of each row.
  package func predictions(_ features: FeatureMatrix) -> [Double] { trees.sums(features) }

  /// The same of one row.
  package func prediction(ofRow features: [Double]) -> Double { values(ofRow: features)[0] }

  /// The probability of each class, or the number.
  package func values(ofRow features: [Double]) -> [Double] {
    precondition(features.count == trees.names.count, "one number for each feature")
    let leaf = trees.leaf(from: 0, features.span, 0)
    let values = Array(trees.values[leaf * trees.outputCount..<(leaf + 1) * trees.outputCount])
    return values
  }

  /// What each question on the way down added to the answer, the greatest amount first.
  package func contributions(ofRow features: [Double]) -> [(feature: String, part: Double)] {
    trees.contributions(ofRow: features)
  }

  /// The answer before any question.
  package var base: Double { trees.values[0] }

  /// The share of all improvement that each feature brought, the greatest first.
  package func importances() -> [(feature: String, weight: Double)] { trees.importances() }

  // MARK: Fitting

  /// Fits a tree on features and one label for each row.
  ///
  /// Probabilities of a node are (k + prior)/(n + 1), where the prior of the root is even and that of the others the root's
  /// probability, so none is 0 or 1.
  ///
  /// - Throws: ``ModelError`` for a bad setting, without rows, and for a label that is no class or no number.
  /// - Complexity: O(rows x features x depth).
  package static func fit(
    _ features: FeatureMatrix, labels: [Double], _ configuration: Configuration = .init()
  ) throws(ModelError) -> DecisionTree {
    try configuration.validate()
    try check(labels, configuration.task)
    precondition(labels.count == features.rowCount, "one label for each row")
    let (targets, outputCount) = targets(labels, configuration.task)
    let ones = [Double](repeating: 1, count: labels.count)
    let grower = TreeGrower(
      BinnedMatrix(features, valueBins: configuration.valueBins), targets: targets, outputCount: outputCount,
      weights: ones, names: features.names,
      .init(
        depth: configuration.depth, rowsPerLeaf: Double(configuration.rowsPerLeaf ?? max(20, labels.count / 200)),
        featuresPerNode: features.columnCount, seed: 0))
    let trees = grower.grow().pruned(
      complexity: configuration.complexity * Double(labels.count) / (configuration.task == binary ? 2 : 1))
    let impurities = Self.impurities(trees, features, labels, configuration.task)
    return DecisionTree(
      task: configuration.task, rowCount: labels.count, trees: trees.smoothed(configuration.task),
      impurities: impurities)
  }

  private static let binary = Task.classification(classes: 2)

  static func check(_ labels: [Double], _ task: Task) throws(ModelError) {
    try ModelError.check(!labels.isEmpty, "there is no row to train on")
    let wrong: Double? =
      switch task {
      case .classification(let classes):
        labels.first { !($0 >= 0 && $0 < Double(classes) && $0 == $0.rounded()) }
      case .regression: labels.first { !$0.isFinite }
      }
    try ModelError.check(wrong == nil, "a label of \(wrong ?? 0) is no class, or no number, that a tree can learn")
  }

  /// Labels as they are for numbers and for yes and no; one indicator for each of more classes.
  private static func targets(_ labels: [Double], _ task: Task) -> ([Double], Int) {
    guard case .classification(let classes) = task, classes > 2 else { return (labels, 1) }
    var targets = [Double](repeating: 0, count: labels.count * classes)
    for (row, label) in labels.enumerated() { targets[row * classes + Int(label)] = 1 }
    return (targets, classes)
  }

  /// 1 - Σp² of classes; of numbers the mean square around the mean.
  private static func impurities(
    _ trees: TreeEnsemble, _ features: FeatureMatrix, _ labels: [Double], _ task: Task
  ) -> [Double] {
    if case .classification = task {
      return trees.nodes.indices.map { node in
        let values = trees.values[node * trees.outputCount..<(node + 1) * trees.outputCount]
        return values.count == 1
          ? 2 * values[values.startIndex] * (1 - values[values.startIndex]) : 1 - values.reduce(0) { $0 + $1 * $1 }
      }
    }
    var squares = [Double](repeating: 0, count: trees.nodes.count)
    for row in labels.indices {
      var position = 0
      while true {
        let (node, distance) = (trees.nodes[position], labels[row] - trees.values[position])
        squares[position] += distance * distance
        if node.feature < 0 { break }
        let value = features[row, Int(node.feature)]
        position = Int((value.isNaN ? node.missingGoesLeft : value <= node.threshold) ? node.left : node.right)
      }
    }
    return zip(squares, trees.nodes).map { $0 / max(1, $1.weight) }
  }
}

extension TreeEnsemble {
  /// The first tree without the splits that improve the fit by less than `complexity` for each leaf they add (weakest-link
  /// pruning at one price).
  func pruned(complexity: Double) -> TreeEnsemble {
    if complexity <= 0 { return self }
    // Children stand after their parents, so a walk from the end knows the subtrees below.
    var gains = [Double](repeating: 0, count: nodes.count)
    var leaves = [Int](repeating: 1, count: nodes.count)
    for position in nodes.indices.reversed() where nodes[position].feature >= 0 {
      let (left, right) = (Int(nodes[position].left), Int(nodes[position].right))
      let gain = nodes[position].gain + gains[left] + gains[right]
      let count = leaves[left] + leaves[right]
      if gain > complexity * Double(count - 1) { (gains[position], leaves[position]) = (gain, count) }
    }
    var result = TreeEnsemble(names: names, outputCount: outputCount)
    result.roots = [0]
    result.copy(0, of: self, leaves)
    return result
  }

  /// Appends the node at `position` of `other`, and below it what was kept.
  private mutating func copy(_ position: Int, of other: TreeEnsemble, _ leaves: [Int]) {
    var open = [(source: position, parent: -1, isLeft: false)]
    while let item = open.popLast() {
      var node = other.nodes[item.source]
      let place = Int32(nodes.count)
      if item.parent >= 0 {
        if item.isLeft { nodes[item.parent].left = place } else { nodes[item.parent].right = place }
      }
      if leaves[item.source] == 1 {
        node = .leaf(weight: node.weight)
      } else {
        open.append((Int(node.right), Int(place), false))
        open.append((Int(node.left), Int(place), true))
      }
      nodes.append(node)
      values += other.values[item.source * outputCount..<(item.source + 1) * outputCount]
    }
  }

  /// Means of indicators drawn a little towards the root's, and the root's towards even odds.
  func smoothed(_ task: DecisionTree.Task) -> TreeEnsemble {
    guard case .classification(let classes) = task else { return self }
    var result = self
    let even = 1 / Double(classes)
    for output in 0..<outputCount {
      let weight = nodes[0].weight
      let root = (values[output] * weight + even) / (weight + 1)
      for node in nodes.indices {
        let place = node * outputCount + output
        let weight = nodes[node].weight
        result.values[place] = node == 0 ? root : (values[place] * weight + root) / (weight + 1)
      }
    }
    return result
  }
}

// MARK: Storing

extension DecisionTree {
  /// The bytes of this tree.
  package func encoded() -> [UInt8] {
    var writer = PayloadWriter(.tree)
    if case .classification(let classes) = task { writer.write(UInt64(classes)) } else { writer.write(UInt64(0)) }
    writer.write(UInt64(rowCount))
    writer.write(trees)
    writer.write(impurities)
    return writer.finish()
  }

  /// The tree in `bytes`, which ``encoded()`` wrote.
  package init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, expecting: .tree)
    let classes: UInt64 = try reader.read()
    let rowCount: UInt64 = try reader.read()
    let trees = try reader.readTrees()
    let impurities = try reader.readDoubles()
    try reader.finish()
    guard trees.roots == [0], impurities.count == trees.nodes.count, classes <= 1000, rowCount < 1 << 62,
      trees.outputCount == (classes > 2 ? Int(classes) : 1)
    else { throw .damaged }
    self.init(
      task: classes == 0 ? .regression : .classification(classes: Int(classes)), rowCount: Int(rowCount), trees: trees,
      impurities: impurities)
  }
}
