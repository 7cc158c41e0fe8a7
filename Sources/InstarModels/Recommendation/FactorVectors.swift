/// Vectors of equal length in lanes of eight numbers, one vector after the other.
///
/// ```
/// lanes   v0: [0..7] [8..15] .. | v1: [0..7] [8..15] .. | .. | zeros
/// ```
///
/// What a vector does not fill of its last lane is zero, so that a loop over lanes needs no remainder. After the last
/// vector stands one of zeros: it fills up a group of ``group`` vectors and adds nothing.
struct FactorVectors: Sendable, Equatable {
  /// How many vectors a loop takes at a time: each sum that it keeps is then read and written once for all of them.
  static let group = 4

  let factors: Int
  let count: Int
  private(set) var lanes: [SIMD8<Float>]

  /// Lanes of one vector.
  var width: Int { (factors + 7) / 8 }
  /// The position of the vector of zeros.
  var zero: Int { count }

  /// - Parameter values: one vector after the other.
  init(factors: Int, values: [Float]) {
    precondition(values.count % factors == 0, "whole vectors")
    self.factors = factors
    count = values.count / factors
    lanes = [SIMD8<Float>](repeating: .zero, count: (count + 1) * ((factors + 7) / 8))
    for vector in 0..<count {
      for factor in 0..<factors { lanes[vector * width + factor / 8][factor % 8] = values[vector * factors + factor] }
    }
  }

  /// Joins the lanes of chunks of vectors.
  init(factors: Int, lanes parts: [[SIMD8<Float>]]) {
    let width = (factors + 7) / 8
    var joined: [SIMD8<Float>] = []
    joined.reserveCapacity(parts.reduce(width) { $0 + $1.count })
    for part in parts { joined += part }
    self.factors = factors
    count = joined.count / width
    lanes = joined + [SIMD8<Float>](repeating: .zero, count: width)
  }

  func value(_ vector: Int, _ factor: Int) -> Float { lanes[vector * width + factor / 8][factor % 8] }

  /// The numbers of all vectors, one vector after the other.
  var values: [Float] {
    (0..<count).flatMap { vector in (0..<factors).map { value(vector, $0) } }
  }

  func vector(_ vector: Int) -> [Double] { (0..<factors).map { Double(value(vector, $0)) } }

  /// The sum of v v' over all vectors times `factor`: as many rows of lanes as a vector has numbers, filled up to whole
  /// lanes.
  func gram(times factor: Float) -> [SIMD8<Float>] {
    let chunkCount = max(1, min(64, count / 256))
    let parts = concurrentChunks(chunkCount) { chunk in
      var sum = [SIMD8<Float>](repeating: .zero, count: 8 * width * width)
      let vectors = chunkRange(chunk, of: chunkCount, count: count)
      var output = sum.mutableSpan
      for first in stride(from: vectors.lowerBound, to: vectors.upperBound, by: Self.group) {
        addSquares(to: &output) { first + $0 < vectors.upperBound ? first + $0 : zero }
      }
      return sum
    }
    var total = [SIMD8<Float>](repeating: .zero, count: 8 * width * width)
    for part in parts {
      for lane in total.indices { total[lane] += factor * part[lane] }
    }
    mirror(&total)
    return total
  }

  /// Copies what stands below the diagonal to the place above it.
  private func mirror(_ matrix: inout [SIMD8<Float>]) {
    for row in 0..<(8 * width) {
      for column in 0..<row { matrix[column * width + row / 8][row % 8] = matrix[row * width + column / 8][column % 8] }
    }
  }

  /// Adds v v' of a group of vectors to the lanes on and below the diagonal.
  @inline(always)
  func addSquares(to sum: inout MutableSpan<SIMD8<Float>>, _ vector: (Int) -> Int) {
    let width = self.width
    let all = lanes.span
    let a = all.extracting((vector(0) * width)..<((vector(0) + 1) * width))
    let b = all.extracting((vector(1) * width)..<((vector(1) + 1) * width))
    let c = all.extracting((vector(2) * width)..<((vector(2) + 1) * width))
    let d = all.extracting((vector(3) * width)..<((vector(3) + 1) * width))
    var row = 0
    while row < 8 &* width {
      let (block, lane) = (row / 8, row % 8)
      let (p, q, r, s) = (a[block][lane], b[block][lane], c[block][lane], d[block][lane])
      let start = row &* width
      var column = 0
      while column <= block {
        sum[start &+ column] += (a[column] * p + b[column] * q) + (c[column] * r + d[column] * s)
        column &+= 1
      }
      row &+= 1
    }
  }
}

/// The sum of products of two vectors in lanes.
@inline(always)
func dot(_ a: Span<SIMD8<Float>>, _ b: Span<SIMD8<Float>>) -> Float {
  precondition(a.count == b.count)
  var sum = SIMD8<Float>.zero
  var lane = 0
  while lane < a.count {
    sum += a[lane] * b[lane]
    lane &+= 1
  }
  return sum.sum()
}
