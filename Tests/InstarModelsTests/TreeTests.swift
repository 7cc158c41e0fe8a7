import InstarModels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite struct TreeTests {
  // MARK: One tree

  @Test func irisToDepthThree() throws {
    // The tree of scikit-learn 1.9.1, Gini impurity, depth 3.
    let (features, kinds) = TreeData.iris
    let tree = try DecisionTree.fit(
      features, labels: kinds, .init(task: .classification(classes: 3), depth: 3, rowsPerLeaf: 1))
    let nodes = tree.nodes
    let root = nodes[0]
    #expect(root.feature == "petal width" && root.rowCount == 150)
    expectEqual(root.threshold, 0.8, within: 1e-12)
    expectEqual(root.impurity, 2.0 / 3, within: 1e-9)
    let rest = nodes[root.right]
    #expect(nodes[root.left].feature == nil && nodes[root.left].rowCount == 50 && rest.rowCount == 100)
    #expect(rest.feature == "petal width")
    expectEqual([rest.threshold, rest.impurity], [1.75, 0.5], within: 1e-9)
    let (narrow, wide) = (nodes[rest.left], nodes[rest.right])
    #expect(narrow.feature == "petal length" && wide.feature == "petal length")
    expectEqual([narrow.threshold, narrow.impurity], [4.95, 0.16803840877914955], within: 1e-9)
    expectEqual([wide.threshold, wide.impurity], [4.85, 0.042533081285444196], within: 1e-9)
    #expect([narrow.left, narrow.right, wide.left, wide.right].map { nodes[$0].rowCount } == [48, 6, 3, 43])
    expectEqual(nodes[narrow.left].impurity, 0.04079861111111116, within: 1e-9)
    expectEqual(nodes[narrow.right].impurity, 4.0 / 9, within: 1e-9)
    #expect(nodes[narrow.left].feature == nil && tree.leafCount == 5)
    // 49 of 50 flowers of the second kind and 45 of the third are called by name.
    let right = (0..<150).count { row in
      let values = tree.values(ofRow: [features[row, 0], features[row, 1]])
      return values.indices.max { values[$0] < values[$1] } == Int(kinds[row])
    }
    #expect(right == 146)
  }

  @Test func diabetesToDepthTwo() throws {
    let (features, progress) = TreeData.diabetes
    let tree = try DecisionTree.fit(features, labels: progress, .init(task: .regression, depth: 2, rowsPerLeaf: 1))
    let nodes = tree.nodes
    let root = nodes[0]
    let (low, high) = (nodes[root.left], nodes[root.right])
    #expect(root.feature == "s5" && low.feature == "bmi" && high.feature == "bmi")
    expectEqual(
      [root.threshold, low.threshold, high.threshold],
      [-0.0037611760199069977, 0.0061888848431408405, 0.014811381697654724], within: 1e-8)
    let order = [root.left, low.left, low.right, root.right, high.left, high.right]
    #expect(order.map { nodes[$0].rowCount } == [218, 171, 47, 224, 116, 108])
    expectEqual(
      [nodes[0].values[0]] + order.map { nodes[$0].values[0] },
      [152.13348416, 109.98623853, 96.30994152, 159.74468085, 193.15178571, 162.68103448, 225.87962963], within: 1e-7)
    expectEqual(
      [nodes[0].impurity] + order.map { nodes[$0].impurity },
      [5929.88489691, 3240.82091154, 2143.96826374, 4075.0837483, 5135.61088967, 4095.83791617, 4184.05032579],
      within: 1e-6)
    #expect(tree.importances()[0].feature == "s5")
  }

  @Test func pruningTakesWhatIsNotWorthItsPrice() throws {
    let (features, progress) = TreeData.diabetes
    func leaves(_ complexity: Double) throws -> Int {
      try DecisionTree.fit(
        features, labels: progress, .init(task: .regression, depth: 2, rowsPerLeaf: 1, complexity: complexity)
      ).leafCount
    }
    // What the three splits take off the mean square, from the variances above: the low side 218/442 · 3240.82 - 171/442
    // · 2143.97 - 47/442 · 4075.08 = 335.6, the high side 224/442 · 5135.61 - 116/442 · 4095.84 - 108/442 · 4184.05 =
    // 505.4, the root 1728.8.
    #expect(try leaves(0) == 4)
    #expect(try leaves(330) == 4)
    #expect(try leaves(340) == 3)
    #expect(try leaves(500) == 3)
    #expect(try leaves(510) == 2)
    #expect(try leaves(1720) == 2)
    #expect(try leaves(1730) == 1)
  }

  @Test func probabilitiesAreNeverCertain() throws {
    var features = FeatureMatrix(names: ["x"])
    for x in 0..<40 { features.append([Double(x)]) }
    let labels = (0..<40).map { $0 < 20 ? 0.0 : 1 }
    let tree = try DecisionTree.fit(features, labels: labels)
    // (0 + 1/2)/(20 + 1) on one side of 19.5.
    expectEqual(tree.prediction(ofRow: [3]), 0.5 / 21, within: 1e-12)
    expectEqual(tree.prediction(ofRow: [30]), 20.5 / 21, within: 1e-12)
    expectEqual(tree.base + tree.contributions(ofRow: [30])[0].part, 20.5 / 21, within: 1e-12)
  }

  // MARK: Data of all kinds

  /// Rows with a missing value now and then, and a label that depends on two of four features.
  private static func rows(_ count: Int, seed: UInt64) -> (features: FeatureMatrix, labels: [Double]) {
    var generator = SeededGenerator(seed: seed)
    var features = FeatureMatrix(names: ["a", "b", "c", "constant"])
    var labels: [Double] = []
    for _ in 0..<count {
      let (a, b, c) = (generator.uniform() * 4 - 2, Double(generator.below(3)), generator.uniform())
      let isMissing = generator.below(5) == 0
      let logit = 2 * (a > 0 ? a : -a) - 2 + (isMissing ? 1.5 : b - 1)
      labels.append(generator.uniform() < 1 / (1 + exp(-logit)) ? 1 : 0)
      features.append([a, isMissing ? .nan : b, c, 7])
    }
    return (features, labels)
  }

  private static let small = rows(1200, seed: 11)

  @Test func boostingFindsWhatNoLineCan() throws {
    let (features, labels) = Self.small
    let (newFeatures, newLabels) = Self.rows(1500, seed: 12)
    let trees = try BoostedTrees.fit(features, labels: labels)
    let metrics = BinaryMetrics(probabilities: trees.predictions(newFeatures), labels: newLabels)
    // The true probabilities of the same rows have an area of 0.82; a line cannot use |a|.
    let auc = try #require(metrics.auc)
    #expect(auc > 0.78)
    #expect(abs(metrics.meanProbability - metrics.baseRate) < 0.03)
    let line = try ProbabilityModel.fit(features, labels: labels)
    let straight = BinaryMetrics(probabilities: line.probabilities(newFeatures), labels: newLabels)
    #expect(auc > (straight.auc ?? 1) + 0.1)
    #expect(trees.unusedFeatures.contains("constant"))
    #expect(trees.importances().prefix(2).map(\.feature).sorted() == ["a", "b"])
  }

  @Test func partsOfTheAnswerAddUp() throws {
    let (features, labels) = Self.small
    let trees = try BoostedTrees.fit(features, labels: labels, .init(rounds: 30))
    let forest = try RandomForest.fit(features, labels: labels, .init(treeCount: 12))
    for row in [0, 17, 500] {
      let values = (0..<4).map { features[row, $0] }
      let sum = trees.contributions(ofRow: values).reduce(trees.base) { $0 + $1.part }
      expectEqual(sum, trees.logits(features)[row], within: 1e-10)
      expectEqual(trees.prediction(ofRow: values), trees.predictions(features)[row], within: 1e-12)
      let mean = forest.contributions(ofRow: values).reduce(forest.base) { $0 + $1.part }
      expectEqual(mean, forest.predictions(features)[row], within: 1e-10)
    }
  }

  @Test func oneRoundByHand() throws {
    // Two values of x with ten rows each and means 1 and 5, rate 1, no penalty: the first tree ends at the means.
    var features = FeatureMatrix(names: ["x"])
    for row in 0..<20 { features.append([row < 10 ? 0 : 1]) }
    let labels: [Double] = [0, 2, 0, 2, 0, 2, 0, 2, 0, 2, 4, 6, 4, 6, 4, 6, 4, 6, 4, 6]
    let settings = BoostedTrees.Configuration(
      loss: .squared, rounds: 1, learningRate: 1, leafCount: 2, lambda: 0, rowsPerLeaf: 10)
    let trees = try BoostedTrees.fit(features, labels: labels, settings)
    expectEqual(trees.start, 3, within: 1e-12)
    expectEqual(trees.prediction(ofRow: [0]), 1, within: 1e-9)
    expectEqual(trees.prediction(ofRow: [1]), 5, within: 1e-9)
    // With a penalty of 5 the step of 2 becomes 20/(10 + 5).
    var penalised = settings
    penalised.lambda = 5
    let smaller = try BoostedTrees.fit(features, labels: labels, penalised)
    expectEqual(smaller.prediction(ofRow: [1]), 3 + 20.0 / 15, within: 1e-9)
  }

  /// One split of 14 features of 2 to 6 values and one of many, some of them missing, beside a search of all cuts by sums
  /// over the rows.
  @Test(arguments: 0..<8 as Range<UInt64>) func theFirstSplitIsTheBest(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let sizes = (0..<14).map { _ in 2 + generator.below(5) } + [1000]
    var features = FeatureMatrix(names: sizes.indices.map { "f\($0)" })
    var labels: [Double] = []
    for _ in 0..<600 {
      let row = sizes.enumerated().map { place, size in
        place % 3 == 0 && generator.uniform() < 0.1 ? .nan : Double(generator.below(size))
      }
      features.append(row)
      let odds = 0.3 + (row[4] > 1 ? 0.2 : 0) + (row[14] > 600 ? 0.15 : 0)
      labels.append(generator.uniform() < odds ? 1 : 0)
    }
    let rate = labels.reduce(0, +) / 600
    let lambda = 5.0
    func score(_ rows: [Int]) -> Double {
      let slope = rows.reduce(0) { $0 + rate - labels[$1] }
      return slope * slope / (Double(rows.count) * rate * (1 - rate) + lambda)
    }
    var best = (gain: 0.0, left: Set<Int>())
    for feature in sizes.indices.dropLast() {
      let missing = (0..<600).filter { features[$0, feature].isNaN }
      for cut in 0..<sizes[feature] {
        let low = (0..<600).filter { features[$0, feature] <= Double(cut) }
        for left in missing.isEmpty ? [low] : [low, low + missing] {
          let right = Set(0..<600).subtracting(left)
          guard left.count >= 20, right.count >= 20 else { continue }
          let gain = score(left) + score(right.sorted())
          if gain > best.gain { best = (gain, Set(left)) }
        }
      }
    }
    let few = features.columns(Array(sizes.indices.dropLast()))
    let model = try BoostedTrees.fit(few, labels: labels, .init(rounds: 1, leafCount: 2, rowsPerLeaf: 20))
    let sums = model.logits(few)
    let sides = Dictionary(grouping: 0..<600) { sums[$0] }.values.map { Set($0) }
    #expect(sides.contains(best.left), "seed \(seed): another split than the best")
    // With a feature of many values beside them the few are counted as before.
    let wide = try BoostedTrees.fit(features, labels: labels, .init(rounds: 3))
    #expect(BinaryMetrics(probabilities: wide.predictions(features), labels: labels).auc ?? 0 > 0.55, "seed \(seed)")
  }

  @Test func missingValuesTakeTheSideThatFits() throws {
    // The missing rows behave as the high ones.
    var features = FeatureMatrix(names: ["x"])
    for row in 0..<300 { features.append([row % 3 == 0 ? .nan : Double(row % 3)]) }
    let labels = (0..<300).map { $0 % 3 == 1 ? 0.0 : 10 }
    let trees = try BoostedTrees.fit(features, labels: labels, .init(loss: .squared, rounds: 200, lambda: 0))
    expectEqual(trees.prediction(ofRow: [.nan]), 10, within: 1e-3)
    expectEqual(trees.prediction(ofRow: [1]), 0, within: 1e-3)
    let tree = try DecisionTree.fit(features, labels: labels, .init(task: .regression))
    expectEqual([tree.prediction(ofRow: [.nan]), tree.prediction(ofRow: [1])], [10, 0], within: 1e-12)
    // Only whether there is a value tells.
    let known = (0..<300).map { $0 % 3 == 0 ? 1.0 : 0 }
    let indicator = try DecisionTree.fit(features, labels: known)
    #expect(indicator.prediction(ofRow: [.nan]) > 0.95 && indicator.prediction(ofRow: [2]) < 0.05)
  }

  @Test func moneyWithManyZeros() throws {
    // Users of kind 0 spend 1 on average and those of kind 1 spend 20, four in five of each nothing.
    var features = FeatureMatrix(names: ["kind"])
    var labels: [Double] = []
    for row in 0..<1000 {
      let kind = row % 2
      features.append([Double(kind)])
      labels.append(row / 2 % 5 == 0 ? (kind == 0 ? 5 : 100) : 0)
    }
    let trees = try BoostedTrees.fit(
      features, labels: labels, .init(loss: .tweedie(power: 1.5), rounds: 400, lambda: 0))
    expectEqual(trees.prediction(ofRow: [0]), 1, within: 0.02)
    expectEqual(trees.prediction(ofRow: [1]), 20, within: 0.4)
  }

  @Test func rowsThatWereNotDrawnJudgeTheForest() throws {
    let (features, labels) = Self.small
    let forest = try RandomForest.fit(features, labels: labels, .init(treeCount: 60))
    let (newFeatures, newLabels) = Self.rows(1500, seed: 12)
    let fresh = BinaryMetrics(probabilities: forest.predictions(newFeatures), labels: newLabels)
    let seen = BinaryMetrics(probabilities: forest.predictions(features), labels: labels)
    let unseen = try #require(forest.outOfBagAUC)
    #expect(abs(unseen - (fresh.auc ?? 0)) < 0.03 && unseen < seen.auc ?? 0)
    let other = try RandomForest.fit(features, labels: labels, .init(treeCount: 60, seed: 2))
    #expect(other != forest)
  }

  @Test func theSameDataGiveTheSameBytes() throws {
    let (features, labels) = Self.small
    let boosted = try BoostedTrees.fit(features, labels: labels, .init(rounds: 20))
    #expect(try BoostedTrees.fit(features, labels: labels, .init(rounds: 20)).encoded() == boosted.encoded())
    let forest = try RandomForest.fit(features, labels: labels, .init(treeCount: 10))
    #expect(try RandomForest.fit(features, labels: labels, .init(treeCount: 10)).encoded() == forest.encoded())
  }

  @Test func everyLeafHasItsRows() throws {
    let (features, labels) = Self.small
    let tree = try DecisionTree.fit(features, labels: labels, .init(depth: 20, rowsPerLeaf: 30))
    #expect(tree.nodes.allSatisfy { $0.rowCount >= 30 } && tree.leafCount > 8)
    let leafRows = tree.nodes.filter { $0.feature == nil }.reduce(0) { $0 + $1.rowCount }
    #expect(leafRows == 1200)
  }

  // MARK: Edges

  @Test func oneClassGivesTheSmoothedRate() throws {
    var features = FeatureMatrix(names: ["x"])
    for x in 0..<9 { features.append([Double(x)]) }
    let none = [Double](repeating: 0, count: 9)
    expectEqual(try BoostedTrees.fit(features, labels: none).prediction(ofRow: [3]), 0.05, within: 1e-12)
    expectEqual(try DecisionTree.fit(features, labels: none).prediction(ofRow: [3]), 0.05, within: 1e-12)
    let forest = try RandomForest.fit(features, labels: none, .init(treeCount: 5))
    #expect((0..<0.5).contains(forest.prediction(ofRow: [3])) && forest.outOfBagAUC == nil)
  }

  @Test func infiniteAndMissingColumnsDoNotFail() throws {
    var features = FeatureMatrix(names: ["infinite", "missing", "x"])
    for row in 0..<200 { features.append([row % 2 == 0 ? .infinity : -.infinity, .nan, Double(row % 7)]) }
    let labels = (0..<200).map { Double($0 % 2) }
    for prediction in [
      try BoostedTrees.fit(features, labels: labels).prediction(ofRow: [.infinity, .nan, 3]),
      try DecisionTree.fit(features, labels: labels).prediction(ofRow: [.infinity, .nan, 3]),
      try RandomForest.fit(features, labels: labels, .init(featuresPerNode: 3)).prediction(ofRow: [.infinity, .nan, 3]),
    ] { #expect(prediction < 0.05) }
  }

  @Test func badSettingsAndLabelsAreErrors() {
    var features = FeatureMatrix(names: ["x"])
    for x in 0..<30 { features.append([Double(x)]) }
    let ones = [Double](repeating: 2, count: 30)
    #expect(throws: ModelError.self) { try BoostedTrees.fit(features, labels: ones) }
    #expect(throws: ModelError.self) { try DecisionTree.fit(features, labels: ones) }
    #expect(throws: ModelError.self) { try RandomForest.fit(features, labels: ones) }
    #expect(throws: ModelError.self) {
      try BoostedTrees.fit(features, labels: ones.map { -$0 }, .init(loss: .tweedie(power: 1.5)))
    }
    #expect(throws: ModelError.self) { try BoostedTrees.fit(FeatureMatrix(names: ["x"]), labels: []) }
    #expect(throws: ModelError.self) { try BoostedTrees.Configuration(rounds: 0).validate() }
    #expect(throws: ModelError.self) { try BoostedTrees.Configuration(loss: .tweedie(power: 2)).validate() }
    #expect(throws: ModelError.self) { try DecisionTree.Configuration(depth: 0).validate() }
    #expect(throws: ModelError.self) { try RandomForest.Configuration(treeCount: 0).validate() }
  }

  @Test func modelsAreReadBackAsTheyWereWritten() throws {
    let (features, labels) = Self.small
    let boosted = try BoostedTrees.fit(features, labels: labels, .init(rounds: 5))
    #expect(try BoostedTrees(decoding: boosted.encoded()).predictions(features) == boosted.predictions(features))
    expectDamageIsNoticed(boosted.encoded()) { try BoostedTrees(decoding: $0) }
    let forest = try RandomForest.fit(features, labels: labels, .init(treeCount: 3))
    #expect(try RandomForest(decoding: forest.encoded()).predictions(features) == forest.predictions(features))
    expectDamageIsNoticed(forest.encoded()) { try RandomForest(decoding: $0) }
    let tree = try DecisionTree.fit(features, labels: labels)
    #expect(try DecisionTree(decoding: tree.encoded()) == tree)
    expectDamageIsNoticed(tree.encoded()) { try DecisionTree(decoding: $0) }
  }
}
