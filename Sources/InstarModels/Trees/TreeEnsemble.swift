/// One or more binary trees over the same features, in one array of nodes.
///
/// Every node has a value, not only the leaves: what a step down the tree changes is the part of the feature that was
/// asked there.
struct TreeEnsemble: Sendable, Equatable {
  struct Node: Sendable, Equatable {
    /// The feature that is asked, or -1 in a leaf.
    var feature: Int32
    /// Where missing values go.
    var missingGoesLeft: Bool
    var left: Int32
    var right: Int32
    /// Values at or below it go left.
    var threshold: Double
    /// How much the split improved the fit.
    var gain: Double
    /// Rows (or their weight) that the node was fitted on.
    var weight: Double

    static func leaf(weight: Double) -> Node {
      Node(feature: -1, missingGoesLeft: false, left: -1, right: -1, threshold: 0, gain: 0, weight: weight)
    }
  }

  var names: [String]
  /// Figures of each node: 1, or one for each class.
  var outputCount: Int
  var nodes: [Node] = []
  /// Outputs of each node, node after node.
  var values: [Double] = []
  /// The first node of each tree.
  var roots: [Int32] = []

  init(names: [String], outputCount: Int = 1) {
    self.names = names
    self.outputCount = outputCount
  }

  /// Adds the trees of `other`.
  mutating func append(_ other: TreeEnsemble) {
    let offset = Int32(nodes.count)
    for var node in other.nodes {
      if node.feature >= 0 {
        node.left += offset
        node.right += offset
      }
      nodes.append(node)
    }
    values += other.values
    roots += other.roots.map { $0 + offset }
  }

  /// The leaf that the row at `start` of `row` falls into.
  @inline(always)
  func leaf(from root: Int32, _ row: Span<Double>, _ start: Int) -> Int {
    var position = Int(root)
    while true {
      let node = nodes[position]
      if node.feature < 0 { return position }
      let value = row[start &+ Int(node.feature)]
      let goesLeft = value.isNaN ? node.missingGoesLeft : value <= node.threshold
      position = Int(goesLeft ? node.left : node.right)
    }
  }

  /// The sum of the first output over all trees for each row.
  ///
  /// - Complexity: O(rows x trees x depth), rows on all cores.
  func sums(_ features: FeatureMatrix) -> [Double] {
    precondition(features.names == names, "features as the model was fitted on")
    let rowsPerChunk = 4096
    let chunks = (features.rowCount + rowsPerChunk - 1) / rowsPerChunk
    let parts = concurrentChunks(chunks) { chunk in
      let rows = chunk * rowsPerChunk..<min(features.rowCount, (chunk + 1) * rowsPerChunk)
      return rows.map { sum(features.values.span, $0 * names.count) }
    }
    return Array(parts.joined())
  }

  /// The sum of the first output over all trees for the row at `start` of `row`.
  func sum(_ row: Span<Double>, _ start: Int) -> Double {
    var sum = 0.0
    for root in roots { sum += values[leaf(from: root, row, start) * outputCount] }
    return sum
  }

  /// What each feature adds to the sum of the first output, over the steps down all trees (Saabas 2014). With the values
  /// of the roots they add up to the sum. The greatest amount first; features that were not asked are left out.
  func contributions(ofRow row: [Double], scale: Double = 1) -> [(feature: String, part: Double)] {
    precondition(row.count == names.count, "one number for each feature")
    var parts = [Double](repeating: 0, count: names.count)
    var asked = [Bool](repeating: false, count: names.count)
    for root in roots {
      var position = Int(root)
      while nodes[position].feature >= 0 {
        let node = nodes[position]
        let feature = Int(node.feature)
        let goesLeft = row[feature].isNaN ? node.missingGoesLeft : row[feature] <= node.threshold
        let next = Int(goesLeft ? node.left : node.right)
        parts[feature] += scale * (values[next * outputCount] - values[position * outputCount])
        asked[feature] = true
        position = next
      }
    }
    return names.indices.filter { asked[$0] }.map { (feature: names[$0], part: parts[$0]) }
      .sorted { (abs($0.part), $1.feature) > (abs($1.part), $0.feature) }
  }

  /// The share of all improvement that each feature brought, the greatest first.
  func importances() -> [(feature: String, weight: Double)] {
    var gains = [Double](repeating: 0, count: names.count)
    for node in nodes where node.feature >= 0 { gains[Int(node.feature)] += node.gain }
    let total = gains.reduce(0, +)
    return names.indices.map { (feature: names[$0], weight: total > 0 ? gains[$0] / total : 0) }
      .sorted { ($0.weight, $1.feature) > ($1.weight, $0.feature) }
  }

  /// Features that no tree asks.
  var unusedNames: [String] {
    let used = Set(nodes.map(\.feature))
    return names.indices.filter { !used.contains(Int32($0)) }.map { names[$0] }
  }
}

// MARK: Storing

extension PayloadWriter {
  mutating func write(_ trees: TreeEnsemble) {
    write(UInt64(trees.names.count))
    for name in trees.names { write(name) }
    write(UInt64(trees.outputCount))
    let nodes = trees.nodes
    write(nodes.map { UInt32(bitPattern: $0.feature) })
    write(nodes.map { UInt32(bitPattern: $0.left) })
    write(nodes.map { UInt32(bitPattern: $0.right) })
    write(nodes.map { $0.missingGoesLeft ? UInt32(1) : 0 })
    write(nodes.map(\.threshold))
    write(nodes.map(\.gain))
    write(nodes.map(\.weight))
    write(trees.values)
    write(trees.roots.map { UInt32(bitPattern: $0) })
  }
}

extension PayloadReader {
  /// Trees whose steps lead forward to nodes that exist, so that every walk ends.
  mutating func readTrees() throws(PayloadError) -> TreeEnsemble {
    let nameCount: UInt64 = try read()
    guard nameCount < 1 << 20 else { throw .damaged }
    var names: [String] = []
    for _ in 0..<nameCount { names.append(try readText()) }
    let outputCount: UInt64 = try read()
    guard outputCount >= 1, outputCount < 1 << 20 else { throw .damaged }
    let features = try readCodes()
    let lefts = try readCodes()
    let rights = try readCodes()
    let missing = try readCodes()
    let thresholds = try readDoubles()
    let gains = try readDoubles()
    let weights = try readDoubles()
    var trees = TreeEnsemble(names: names, outputCount: Int(outputCount))
    trees.values = try readDoubles()
    let roots = try readCodes()
    let count = features.count
    guard
      [lefts.count, rights.count, missing.count, thresholds.count, gains.count, weights.count]
        .allSatisfy({ $0 == count }), trees.values.count == count * trees.outputCount,
      roots.allSatisfy({ Int($0) < count })
    else { throw .damaged }
    for i in 0..<count {
      let node = TreeEnsemble.Node(
        feature: Int32(bitPattern: features[i]), missingGoesLeft: missing[i] == 1, left: Int32(bitPattern: lefts[i]),
        right: Int32(bitPattern: rights[i]), threshold: thresholds[i], gain: gains[i], weight: weights[i])
      let isLeaf = node.feature == -1
      guard isLeaf || (0 <= node.feature && Int(node.feature) < names.count),
        isLeaf || [node.left, node.right].allSatisfy({ Int($0) > i && Int($0) < count })
      else { throw .damaged }
      trees.nodes.append(node)
    }
    trees.roots = roots.map { Int32(bitPattern: $0) }
    return trees
  }
}
