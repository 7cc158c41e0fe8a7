/// Bins of many features of each row side by side, for counting them in one pass.
///
/// A *lane* is a number below 64. A feature of many bins has a lane to itself; features of few bins share one as the
/// digits of one number, so that one addition counts them all. Sixteen lanes stand in two words of 64 bits, one byte each.
struct BinBlocks: Sendable {
  static let lanesPerBlock = 16
  static let placesPerLane = 64
  /// Places of one block in a histogram.
  static let placesPerBlock = lanesPerBlock * placesPerLane

  /// Where the bins of a feature stand.
  struct Digit: Sendable {
    var lane: Int
    /// The lane's number divided by it, modulo `size`, is the bin less `lowest`.
    var stride: Int
    var size: Int
    /// 0 when the feature has missing values, else 1.
    var lowest: Int
  }

  /// Rows of each block.
  let blocks: [[SIMD2<UInt64>]]
  /// One for each feature; `nil` for a feature with one bin, which nothing can split.
  let digits: [Digit?]

  init(_ matrix: BinnedMatrix) {
    let (digits, laneCount) = Self.digits(matrix)
    self.digits = digits
    var features = [[Int]](repeating: [], count: laneCount)
    for (feature, digit) in digits.enumerated() { if let digit { features[digit.lane].append(feature) } }
    let lanes = features
    blocks = concurrentChunks((laneCount + Self.lanesPerBlock - 1) / Self.lanesPerBlock) { block in
      var rows = [SIMD2<UInt64>](repeating: .zero, count: matrix.rowCount)
      for lane in 0..<min(Self.lanesPerBlock, laneCount - block * Self.lanesPerBlock) {
        for feature in lanes[block * Self.lanesPerBlock + lane] {
          guard let digit = digits[feature] else { continue }
          let column = matrix.columns[feature]
          let (shift, part) = (UInt64(8 * (lane % 8)), lane / 8)
          let (stride, lowest) = (UInt64(digit.stride), UInt64(digit.lowest))
          var row = 0
          while row < rows.count {
            rows[row][part] &+= (UInt64(column[row]) &- lowest) &* stride << shift
            row &+= 1
          }
        }
      }
      return rows
    }
  }

  /// Places of all blocks in a histogram.
  var placeCount: Int { blocks.count * Self.placesPerBlock }

  /// Features by falling number of bins, each into the first lane that has room for it.
  private static func digits(_ matrix: BinnedMatrix) -> (digits: [Digit?], laneCount: Int) {
    let sizes = (0..<matrix.columnCount).map { feature in
      (lowest: matrix.columns[feature].contains(0) ? 0 : 1, highest: matrix.cuts[feature].count + 1)
    }
    var digits = [Digit?](repeating: nil, count: sizes.count)
    var used: [Int] = []
    let order = sizes.indices.sorted {
      (sizes[$1].highest - sizes[$1].lowest, $0) < (sizes[$0].highest - sizes[$0].lowest, $1)
    }
    for feature in order {
      let size = sizes[feature].highest - sizes[feature].lowest + 1
      if size < 2 { continue }
      let lane = used.firstIndex { $0 * size <= placesPerLane } ?? used.count
      if lane == used.count { used.append(1) }
      digits[feature] = Digit(lane: lane, stride: used[lane], size: size, lowest: sizes[feature].lowest)
      used[lane] *= size
    }
    return (digits, used.count)
  }
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

/// The gradients of `rows` by the numbers of the sixteen lanes of one block.
///
/// - Complexity: O(rows x 16). The sums lie on the stack, and their number is known, so that no bound is checked.
func sumGradients(
  _ block: Span<SIMD2<UInt64>>, _ rows: Span<UInt32>, _ gradients: Span<GradientSum>
) -> InlineArray<1024, GradientSum> {
  var sums = InlineArray<1024, GradientSum>(repeating: .zero)
  var i = 0
  while i < rows.count {
    let row = Int(rows[i])
    let (lanes, gradient) = (block[row], gradients[row])
    addEight(lanes.x, gradient, &sums, 0)
    addEight(lanes.y, gradient, &sums, 512)
    i &+= 1
  }
  return sums
}

@inline(always)
private func addEight(
  _ lanes: UInt64, _ gradient: GradientSum, _ sums: inout InlineArray<1024, GradientSum>, _ base: Int
) {
  sums[base &+ Int(truncatingIfNeeded: lanes & 63)] &+= gradient
  sums[base &+ 64 &+ Int(truncatingIfNeeded: lanes >> 8 & 63)] &+= gradient
  sums[base &+ 128 &+ Int(truncatingIfNeeded: lanes >> 16 & 63)] &+= gradient
  sums[base &+ 192 &+ Int(truncatingIfNeeded: lanes >> 24 & 63)] &+= gradient
  sums[base &+ 256 &+ Int(truncatingIfNeeded: lanes >> 32 & 63)] &+= gradient
  sums[base &+ 320 &+ Int(truncatingIfNeeded: lanes >> 40 & 63)] &+= gradient
  sums[base &+ 384 &+ Int(truncatingIfNeeded: lanes >> 48 & 63)] &+= gradient
  sums[base &+ 448 &+ Int(truncatingIfNeeded: lanes >> 56 & 63)] &+= gradient
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

/// Adds up the places of a lane by one of its digits into `sums` from `start`.
func addDigit(
  _ digit: BinBlocks.Digit, _ lane: Span<GradientSum>, to sums: inout MutableSpan<GradientSum>, at start: Int
) {
  var (place, bin, step) = (0, 0, 0)
  while place < lane.count {
    sums[start &+ bin] &+= lane[place]
    place &+= 1
    step &+= 1
    if step == digit.stride {
      step = 0
      bin = bin &+ 1 == digit.size ? 0 : bin &+ 1
    }
  }
}

/// Puts the sums of one block into `histogram` from `start`.
func copyGradients(_ sums: Span<GradientSum>, to histogram: inout MutableSpan<GradientSum>, at start: Int) {
  precondition(start >= 0 && start + sums.count <= histogram.count)
  var place = 0
  while place < sums.count {
    histogram[start &+ place] = sums[place]
    place &+= 1
  }
}
