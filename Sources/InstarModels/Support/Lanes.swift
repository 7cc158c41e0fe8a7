/// The sum of products of `count` numbers of `a` from `aStart` and of `b` from `bStart`.
///
/// Eight lanes in a fixed order, so that the result is the same on every machine and with every vector width.
///
/// - Complexity: O(*count*). No allocation.
func dot(_ a: Span<Double>, _ aStart: Int, _ b: Span<Double>, _ bStart: Int, _ count: Int) -> Double {
  let x = a.extracting(aStart..<(aStart + count))
  let y = b.extracting(bStart..<(bStart + count))
  precondition(x.count == y.count)
  var lanes = SIMD8<Double>()
  let whole = x.count & ~7
  var i = 0
  while i < whole {
    lanes += lanesOf(x, i) * lanesOf(y, i)
    i &+= 8
  }
  var sum = lanes.sum()
  while i < x.count {
    sum += x[i] * y[i]
    i &+= 1
  }
  return sum
}

/// Adds `factor` times `count` numbers of `b` from `bStart` to those of `a` from `aStart`.
///
/// - Complexity: O(*count*). No allocation.
func addScaled(
  _ a: inout MutableSpan<Double>, _ aStart: Int, _ factor: Double, _ b: Span<Double>, _ bStart: Int, _ count: Int
) {
  let x = b.extracting(bStart..<(bStart + count))
  precondition(aStart >= 0 && aStart + x.count <= a.count)
  var i = 0
  while i < x.count {
    a[aStart &+ i] += factor * x[i]
    i &+= 1
  }
}

/// Adds to `count` numbers of `a` from `aStart` four runs of `b`, each times its factor: from `bStart`, and from one, two
/// and three strides behind it.
///
/// - Complexity: O(*count*). No allocation. `a` is read and written once for the four.
func addScaled(
  _ a: inout MutableSpan<Double>, _ aStart: Int, _ factors: SIMD4<Double>, _ b: Span<Double>, _ bStart: Int,
  _ stride: Int, _ count: Int
) {
  let x0 = b.extracting(bStart..<(bStart + count))
  let x1 = b.extracting((bStart + stride)..<(bStart + stride + count))
  let x2 = b.extracting((bStart + 2 * stride)..<(bStart + 2 * stride + count))
  let x3 = b.extracting((bStart + 3 * stride)..<(bStart + 3 * stride + count))
  precondition(aStart >= 0 && aStart + x0.count <= a.count)
  precondition(x1.count == x0.count && x2.count == x0.count && x3.count == x0.count)
  let (f0, f1, f2, f3) = (factors.x, factors.y, factors.z, factors.w)
  var i = 0
  while i < x0.count {
    a[aStart &+ i] += f0 * x0[i] + f1 * x1[i] + (f2 * x2[i] + f3 * x3[i])
    i &+= 1
  }
}

@inline(always)
private func lanesOf(_ values: Span<Double>, _ start: Int) -> SIMD8<Double> {
  SIMD8(
    values[start], values[start &+ 1], values[start &+ 2], values[start &+ 3],
    values[start &+ 4], values[start &+ 5], values[start &+ 6], values[start &+ 7])
}
