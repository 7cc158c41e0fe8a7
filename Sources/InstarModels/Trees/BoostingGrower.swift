/// Grows the trees of gradient boosting one after the other, each leaf by leaf: the leaf whose best split improves the
/// loss most is split next (Ke and others, LightGBM, NIPS 2017), on histograms of first and second derivatives (Chen and
/// Guestrin, XGBoost, KDD 2016).
struct BoostingGrower {
  struct Limits {
    var leafCount: Int
    var rowsPerLeaf: Int
    var lambda: Double
    var learningRate: Double
  }

  let matrix: BinnedMatrix
  let blocks: BinBlocks
  let limits: Limits

  /// Rows by leaf, ascending within each.
  private var rows: [UInt32]
  private var scratch: [UInt32]
  /// One histogram for each leaf.
  private var histogram: [GradientSum]
  /// The bins of each feature of the leaf that is scanned.
  private var bins: [GradientSum]
  private var gradients: [GradientSum]
  /// What one unit of a quantised slope and curvature is worth.
  private var slopeUnit = 1.0
  private var curvatureUnit = 1.0

  /// Rows from which on the blocks are counted on all cores.
  private static let rowsWorthSharing = 16_384

  private struct Split {
    var feature: Int
    /// Bins 1...bin go left.
    var bin: Int
    var missingGoesLeft: Bool
    var gain: Double
    var left: GradientSum
  }

  private struct Leaf {
    var node: Int
    var range: Range<Int>
    /// The place of the leaf's histogram.
    var slot: Int
    var total: GradientSum
    var best: Split?
  }

  /// - Precondition: fewer than 2^24 rows, and at most 63 value bins.
  init(_ matrix: BinnedMatrix, _ limits: Limits) {
    self.matrix = matrix
    self.limits = limits
    blocks = BinBlocks(matrix)
    rows = []
    scratch = [UInt32](repeating: 0, count: matrix.rowCount)
    histogram = [GradientSum](repeating: .zero, count: blocks.placeCount * limits.leafCount)
    bins = [GradientSum](repeating: .zero, count: matrix.columnCount * BinBlocks.placesPerLane)
    gradients = [GradientSum](repeating: .zero, count: matrix.rowCount)
  }

  /// Grows one tree from the derivatives of the loss and adds what it says to the scores of its rows.
  ///
  /// - Returns: the tree, or `nil` when no split improves the loss.
  mutating func grow(
    slopes: [Double], curvatures: [Double], names: [String], scores: inout [Double]
  ) -> TreeEnsemble? {
    quantise(slopes, curvatures)
    rows = (0..<matrix.rowCount).map { UInt32($0) }
    var tree = TreeEnsemble(names: names)
    tree.roots = [0]
    var total = GradientSum.zero
    for gradient in gradients { total &+= gradient }
    add(total, to: &tree)
    var leaves = [Leaf(node: 0, range: 0..<rows.count, slot: 0, total: total, best: nil)]
    fill(0, 0..<rows.count)
    leaves[0].best = bestSplit(leaves[0])
    while leaves.count < limits.leafCount {
      var chosen = -1
      for (position, leaf) in leaves.enumerated() {
        guard let best = leaf.best else { continue }
        if chosen < 0 || best.gain > (leaves[chosen].best?.gain ?? 0) { chosen = position }
      }
      if chosen < 0 { break }
      split(chosen, &leaves, &tree)
    }
    if leaves.count == 1 { return nil }
    for leaf in leaves {
      let value = tree.values[leaf.node]
      for i in leaf.range { scores[Int(rows[i])] += value }
    }
    return tree
  }

  /// Rounds derivatives to whole numbers with as many bits as sums over all rows leave room for: at least 38 of the slope
  /// and 15 of the curvature below 2^24 rows, and 22 at 60,000.
  private mutating func quantise(_ slopes: [Double], _ curvatures: [Double]) {
    var (steepest, sharpest) = (0.0, 0.0)
    for row in slopes.indices {
      steepest = max(steepest, abs(slopes[row]))
      sharpest = max(sharpest, curvatures[row])
    }
    let count = Double(max(1, slopes.count))
    slopeUnit = max(steepest, 1e-200) * count / 0x1p61
    curvatureUnit = max(sharpest, 1e-200) * count / 0x1p38
    let (slopeFactor, curvatureFactor) = (1 / slopeUnit, 1 / curvatureUnit)
    var row = 0
    while row < slopes.count {
      let slope = Int64((slopes[row] * slopeFactor).rounded())
      let curvature = Int64((curvatures[row] * curvatureFactor).rounded())
      gradients[row] = GradientSum(slope, curvature << GradientSum.countBits | 1)
      row &+= 1
    }
  }

  private func add(_ total: GradientSum, to tree: inout TreeEnsemble) {
    tree.nodes.append(.leaf(weight: Double(total.count)))
    let denominator = total.curvature * curvatureUnit + limits.lambda
    let value = denominator > 0 ? -total.slope * slopeUnit / denominator : 0
    tree.values.append(limits.learningRate * value)
  }

  /// Counts the rows of `range` into the histogram at `slot`.
  private mutating func fill(_ slot: Int, _ range: Range<Int>) {
    let (blocks, rows, gradients) = (self.blocks.blocks, self.rows, self.gradients)
    let base = slot * self.blocks.placeCount
    @Sendable func sums(_ block: Int) -> InlineArray<1024, GradientSum> {
      let lanes = blocks[block]
      return sumGradients(lanes.span, rows.span.extracting(range), gradients.span)
    }
    if range.count < Self.rowsWorthSharing {
      for block in blocks.indices { put(sums(block), base + block * BinBlocks.placesPerBlock) }
    } else {
      for (block, sums) in concurrentChunks(blocks.count, sums).enumerated() {
        put(sums, base + block * BinBlocks.placesPerBlock)
      }
    }
  }

  private mutating func put(_ sums: InlineArray<1024, GradientSum>, _ start: Int) {
    var places = histogram.mutableSpan
    copyGradients(sums.span, to: &places, at: start)
  }

  private mutating func split(_ position: Int, _ leaves: inout [Leaf], _ tree: inout TreeEnsemble) {
    var parent = leaves[position]
    guard let split = parent.best else { return }
    let middle = partition(parent.range, split)
    let first = tree.nodes.count
    let right = parent.total &- split.left
    add(split.left, to: &tree)
    add(right, to: &tree)
    let cuts = matrix.cuts[split.feature]
    tree.nodes[parent.node].feature = Int32(split.feature)
    tree.nodes[parent.node].missingGoesLeft = split.missingGoesLeft
    tree.nodes[parent.node].threshold = split.bin <= cuts.count ? cuts[split.bin - 1] : .infinity
    tree.nodes[parent.node].gain = split.gain
    tree.nodes[parent.node].left = Int32(first)
    tree.nodes[parent.node].right = Int32(first + 1)
    var other = Leaf(
      node: first + 1, range: middle..<parent.range.upperBound, slot: leaves.count, total: right, best: nil)
    parent = Leaf(
      node: first, range: parent.range.lowerBound..<middle, slot: parent.slot, total: split.left, best: nil)
    // The smaller child is counted; the larger is what remains of the parent, in the parent's place.
    if parent.range.count < other.range.count { swap(&parent.slot, &other.slot) }
    let (small, large) = parent.range.count < other.range.count ? (parent, other) : (other, parent)
    if leaves.count + 1 < limits.leafCount {
      fill(small.slot, small.range)
      let count = blocks.placeCount
      var places = histogram.mutableSpan
      subtractGradients(&places, parent: large.slot * count, child: small.slot * count, count: count)
      parent.best = bestSplit(parent)
      other.best = bestSplit(other)
    }
    leaves[position] = parent
    leaves.append(other)
  }

  // MARK: Splitting

  private mutating func bestSplit(_ leaf: Leaf) -> Split? {
    guard leaf.total.count >= 2 * limits.rowsPerLeaf else { return nil }
    spread(leaf.slot * blocks.placeCount)
    var best: Split?
    let base = score(leaf.total)
    for feature in 0..<matrix.columnCount where blocks.digits[feature] != nil {
      scan(feature, feature * BinBlocks.placesPerLane, leaf.total, base, &best)
    }
    return best
  }

  /// Takes the histogram that starts at `base` apart into the bins of each feature.
  private mutating func spread(_ base: Int) {
    let (histogram, digits) = (self.histogram, blocks.digits)
    var bins = self.bins.mutableSpan
    for (feature, digit) in digits.enumerated() {
      guard let digit else { continue }
      let place = base + digit.lane * BinBlocks.placesPerLane
      let lane = histogram.span.extracting(place..<place + BinBlocks.placesPerLane)
      let start = feature * BinBlocks.placesPerLane
      var bin = 0
      while bin < BinBlocks.placesPerLane {
        bins[start &+ bin] = .zero
        bin &+= 1
      }
      addDigit(digit, lane, to: &bins, at: start + digit.lowest)
    }
  }

  /// G²/(H + λ): what a leaf takes off the loss, twice over.
  @inline(always)
  private func score(_ sum: GradientSum) -> Double {
    let slope = sum.slope * slopeUnit
    return slope * slope / max(sum.curvature * curvatureUnit + limits.lambda, 1e-300)
  }

  /// Tries all cuts of a feature, missing values on either side.
  private func scan(_ feature: Int, _ place: Int, _ total: GradientSum, _ base: Double, _ best: inout Split?) {
    let bins = self.bins.span
    let missing = bins[place]
    let lastBin = matrix.cuts[feature].count &+ 1
    var gained = max(best?.gain ?? 0, 1e-9 * base)
    var left = GradientSum.zero
    var bin = 1
    while bin <= lastBin {
      left &+= bins[place &+ bin]
      var side = 0
      while side < (missing.count > 0 ? 2 : 1) {
        let sum = side == 0 ? left : left &+ missing
        side &+= 1
        let rest = total &- sum
        if sum.count < limits.rowsPerLeaf || rest.count < limits.rowsPerLeaf { continue }
        let gain = (score(sum) + score(rest) - base) / 2
        if gain > gained {
          gained = gain
          best = Split(feature: feature, bin: bin, missingGoesLeft: side == 2, gain: gain, left: sum)
        }
      }
      bin &+= 1
    }
  }

  /// Orders the rows of a leaf so that those that go left stand first, in their order; returns where the others begin.
  private mutating func partition(_ range: Range<Int>, _ split: Split) -> Int {
    let column = matrix.columns[split.feature]
    var (next, kept, i) = (range.lowerBound, 0, range.lowerBound)
    while i < range.upperBound {
      let row = rows[i]
      let bin = Int(column[Int(row)])
      if bin == 0 ? split.missingGoesLeft : bin <= split.bin {
        rows[next] = row
        next &+= 1
      } else {
        scratch[kept] = row
        kept &+= 1
      }
      i &+= 1
    }
    i = 0
    while i < kept {
      rows[next &+ i] = scratch[i]
      i &+= 1
    }
    return next
  }
}
