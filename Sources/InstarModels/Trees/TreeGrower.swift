/// Grows one classification or regression tree on binned features, level by level as far as the limits allow (CART:
/// Breiman, Friedman, Olshen and Stone 1984).
///
/// The targets are numbers, one or more to a row: a number to be predicted, a label of 0 or 1, or one indicator for each
/// class. A split makes the weighted variance of the targets as small as it can; for indicators that is the Gini
/// impurity.
struct TreeGrower {
  struct Limits {
    var depth: Int
    var rowsPerLeaf: Double
    /// Features that a node may choose from, drawn anew for each; all when it is their number.
    var featuresPerNode: Int
    var seed: UInt64
  }

  let matrix: BinnedMatrix
  /// Targets of each row, row after row.
  let targets: [Double]
  let outputCount: Int
  /// How often each row counts.
  let weights: [Double]
  let limits: Limits

  private var rows: [UInt32] = []
  private var scratch: [UInt32] = []
  /// Weight and sums of targets by bin.
  private var histogram: [Double]
  private var tree: TreeEnsemble

  /// Where to cut a node.
  private struct Split {
    var feature: Int
    /// Bins 1...bin go left.
    var bin: Int
    var missingGoesLeft: Bool
    var gain: Double
  }

  private struct Sums {
    var weight = 0.0
    var targets: [Double]
  }

  init(
    _ matrix: BinnedMatrix, targets: [Double], outputCount: Int, weights: [Double], names: [String], _ limits: Limits
  ) {
    precondition(targets.count == matrix.rowCount * outputCount && weights.count == matrix.rowCount)
    self.matrix = matrix
    self.targets = targets
    self.outputCount = outputCount
    self.weights = weights
    self.limits = limits
    histogram = [Double](repeating: 0, count: 256 * (outputCount + 1))
    tree = TreeEnsemble(names: names, outputCount: outputCount)
  }

  /// The tree; the values of its nodes are weighted means of the targets.
  ///
  /// - Complexity: O(rows x features per node) for each level.
  consuming func grow() -> TreeEnsemble {
    rows = (0..<matrix.rowCount).filter { weights[$0] > 0 }.map { UInt32($0) }
    scratch = rows
    tree.roots = [0]
    addNode(sums(0..<rows.count))
    var open = [(node: 0, range: 0..<rows.count, depth: 0)]
    while let item = open.popLast() {
      let total = sums(item.range)
      guard item.depth < limits.depth, let split = bestSplit(item.node, item.range, total) else { continue }
      let middle = partition(item.range, split)
      let left = tree.nodes.count
      addNode(sums(item.range.lowerBound..<middle))
      addNode(sums(middle..<item.range.upperBound))
      tree.nodes[item.node].feature = Int32(split.feature)
      tree.nodes[item.node].missingGoesLeft = split.missingGoesLeft
      tree.nodes[item.node].threshold =
        split.bin <= matrix.cuts[split.feature].count ? matrix.cuts[split.feature][split.bin - 1] : .infinity
      tree.nodes[item.node].gain = split.gain
      tree.nodes[item.node].left = Int32(left)
      tree.nodes[item.node].right = Int32(left + 1)
      open.append((left + 1, middle..<item.range.upperBound, item.depth + 1))
      open.append((left, item.range.lowerBound..<middle, item.depth + 1))
    }
    return tree
  }

  private mutating func addNode(_ sums: Sums) {
    tree.nodes.append(.leaf(weight: sums.weight))
    tree.values += sums.targets.map { sums.weight > 0 ? $0 / sums.weight : 0 }
  }

  private func sums(_ range: Range<Int>) -> Sums {
    var sums = Sums(targets: [Double](repeating: 0, count: outputCount))
    for i in range {
      let row = Int(rows[i])
      sums.weight += weights[row]
      for output in 0..<outputCount { sums.targets[output] += weights[row] * targets[row * outputCount + output] }
    }
    return sums
  }

  // MARK: Splitting

  private mutating func bestSplit(_ node: Int, _ range: Range<Int>, _ total: Sums) -> Split? {
    guard total.weight >= 2 * limits.rowsPerLeaf else { return nil }
    let base = score(total.targets, total.weight)
    var best: Split?
    for feature in candidates(node) where !matrix.cuts[feature].isEmpty || matrix.columns[feature].contains(0) {
      fillHistogram(feature, range)
      scan(feature, total, base, &best)
    }
    return best
  }

  /// The features that the node may ask, ascending.
  private func candidates(_ node: Int) -> [Int] {
    let count = matrix.columnCount
    if limits.featuresPerNode >= count { return Array(0..<count) }
    var generator = SeededGenerator(seed: counterRandom(limits.seed, 1, UInt64(node)))
    var features = Array(0..<count)
    for i in 0..<limits.featuresPerNode { features.swapAt(i, i + generator.below(count - i)) }
    return features[..<limits.featuresPerNode].sorted()
  }

  private mutating func fillHistogram(_ feature: Int, _ range: Range<Int>) {
    let stride = outputCount + 1
    var i = 0
    while i < (matrix.cuts[feature].count + 2) * stride {
      histogram[i] = 0
      i += 1
    }
    let column = matrix.columns[feature]
    i = range.lowerBound
    if outputCount == 1 {
      while i < range.upperBound {
        let row = Int(rows[i])
        let (weight, place) = (weights[row], 2 &* Int(column[row]))
        histogram[place] += weight
        histogram[place &+ 1] += weight * targets[row]
        i &+= 1
      }
      return
    }
    while i < range.upperBound {
      let row = Int(rows[i])
      let (weight, place) = (weights[row], stride &* Int(column[row]))
      histogram[place] += weight
      for output in 0..<outputCount { histogram[place + 1 + output] += weight * targets[row * outputCount + output] }
      i &+= 1
    }
  }

  /// Σ of targets squared over weight: what a node explains.
  private func score(_ sums: [Double], _ weight: Double) -> Double {
    var squares = 0.0
    for sum in sums { squares += sum * sum }
    return squares / weight
  }

  /// Tries all cuts of a feature, missing values on either side.
  private func scan(_ feature: Int, _ total: Sums, _ base: Double, _ best: inout Split?) {
    let stride = outputCount + 1
    let missing = histogram[0]
    let lastBin = matrix.cuts[feature].count + 1
    var weight = 0.0
    var sums = [Double](repeating: 0, count: outputCount)
    var bin = 1
    while bin <= lastBin {
      weight += histogram[bin * stride]
      for output in 0..<outputCount { sums[output] += histogram[bin * stride + 1 + output] }
      for missingGoesLeft in missing > 0 ? [false, true] : [false] {
        let leftWeight = weight + (missingGoesLeft ? missing : 0)
        let rightWeight = total.weight - leftWeight
        if leftWeight < limits.rowsPerLeaf || rightWeight < limits.rowsPerLeaf { continue }
        var (left, right) = (0.0, 0.0)
        for output in 0..<outputCount {
          let sum = sums[output] + (missingGoesLeft ? histogram[1 + output] : 0)
          let rest = total.targets[output] - sum
          left += sum * sum
          right += rest * rest
        }
        let gain = left / leftWeight + right / rightWeight - base
        // Less than this is rounding.
        if gain > max(best?.gain ?? 0, 1e-12 * abs(base)) * (1 + 1e-12) && gain > 0 {
          best = Split(feature: feature, bin: bin, missingGoesLeft: missingGoesLeft, gain: gain)
        }
      }
      bin += 1
    }
  }

  /// Orders the rows of a node so that those that go left stand first, in their order; returns where the others begin.
  private mutating func partition(_ range: Range<Int>, _ split: Split) -> Int {
    let column = matrix.columns[split.feature]
    var (next, kept) = (range.lowerBound, 0)
    for i in range {
      let row = rows[i]
      let bin = Int(column[Int(row)])
      if bin == 0 ? split.missingGoesLeft : bin <= split.bin {
        rows[next] = row
        next += 1
      } else {
        scratch[kept] = row
        kept += 1
      }
    }
    for i in 0..<kept { rows[next + i] = scratch[i] }
    return next
  }
}
