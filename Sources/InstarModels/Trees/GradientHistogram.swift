/// Bins of sixteen features of each row side by side, for counting them in one pass.
///
/// A row's bins stand in two words of 64 bits, one byte each; bins are below 64.
struct BinBlocks: Sendable {
  static let featuresPerBlock = 16
  static let binsPerFeature = 64
  /// Places of one block in a histogram.
  static let binsPerBlock = featuresPerBlock * binsPerFeature

  /// Rows of each block.
  let blocks: [[SIMD2<UInt64>]]

  init(_ matrix: BinnedMatrix) {
    let count = (matrix.columnCount + Self.featuresPerBlock - 1) / Self.featuresPerBlock
    blocks = concurrentChunks(count) { block in
      var rows = [SIMD2<UInt64>](repeating: .zero, count: matrix.rowCount)
      let features = min(Self.featuresPerBlock, matrix.columnCount - block * Self.featuresPerBlock)
      for feature in 0..<features {
        let column = matrix.columns[block * Self.featuresPerBlock + feature]
        let shift = UInt64(8 * (feature % 8))
        let part = feature / 8
        var row = 0
        while row < rows.count {
          rows[row][part] |= UInt64(column[row]) << shift
          row &+= 1
        }
      }
      return rows
    }
  }

  /// Places of all blocks in a histogram.
  var binCount: Int { blocks.count * Self.binsPerBlock }
}

/// What a row brings to a bin, as whole numbers: the slope of the loss in the first lane; its curvature, moved up by 24
/// bits, and the count of rows in the second. Sums of whole numbers are the same in any order, so that results do not
/// depend on how rows are cut into parts, and a child is exactly its parent less the other child.
typealias GradientSum = SIMD2<Int64>

extension GradientSum {
  static let countBits: Int64 = 24

  var slope: Double { Double(x) }
  var curvature: Double { Double(y >> Self.countBits) }
  var count: Int { Int(y & (1 << Self.countBits - 1)) }
}

/// Adds the gradients of `rows` to the bins of one block, whose places in `histogram` start at `base`.
///
/// - Complexity: O(rows x 16). No allocation.
func addGradients(
  _ block: Span<SIMD2<UInt64>>, _ rows: Span<UInt32>, _ gradients: Span<GradientSum>,
  to histogram: inout MutableSpan<GradientSum>, at base: Int
) {
  precondition(base >= 0 && base + BinBlocks.binsPerBlock <= histogram.count)
  var i = 0
  while i < rows.count {
    let row = Int(rows[i])
    let (bins, gradient) = (block[row], gradients[row])
    addEight(bins.x, gradient, &histogram, base)
    addEight(bins.y, gradient, &histogram, base &+ 8 &* BinBlocks.binsPerFeature)
    i &+= 1
  }
}

@inline(always)
private func addEight(
  _ bins: UInt64, _ gradient: GradientSum, _ histogram: inout MutableSpan<GradientSum>, _ base: Int
) {
  histogram[base &+ Int(truncatingIfNeeded: bins & 63)] &+= gradient
  histogram[base &+ 64 &+ Int(truncatingIfNeeded: bins >> 8 & 63)] &+= gradient
  histogram[base &+ 128 &+ Int(truncatingIfNeeded: bins >> 16 & 63)] &+= gradient
  histogram[base &+ 192 &+ Int(truncatingIfNeeded: bins >> 24 & 63)] &+= gradient
  histogram[base &+ 256 &+ Int(truncatingIfNeeded: bins >> 32 & 63)] &+= gradient
  histogram[base &+ 320 &+ Int(truncatingIfNeeded: bins >> 40 & 63)] &+= gradient
  histogram[base &+ 384 &+ Int(truncatingIfNeeded: bins >> 48 & 63)] &+= gradient
  histogram[base &+ 448 &+ Int(truncatingIfNeeded: bins >> 56 & 63)] &+= gradient
}

/// Leaves in `parent` what is left of it without `child`, `count` places each.
func subtractGradients(_ histogram: inout MutableSpan<GradientSum>, parent: Int, child: Int, count: Int) {
  precondition(max(parent, child) + count <= histogram.count)
  var i = 0
  while i < count {
    histogram[parent &+ i] &-= histogram[child &+ i]
    i &+= 1
  }
}
