/// Where a search for a minimum ended.
struct Minimum: Sendable {
  var point: [Double]
  var value: Double
  var iterations: Int
  var converged: Bool
}

/// Searches a minimum without derivatives (Nelder and Mead 1965): rough, but at home in a bent valley far from the end.
///
/// - Parameters:
///   - step: the size of the first simplex.
///   - tolerance: stops when the values of the simplex differ by less than this share.
///   - objective: may be infinite where the point is not allowed.
func minimizeByNelderMead(
  from start: [Double], step: Double = 0.5, tolerance: Double = 1e-5, evaluationLimit: Int = 600,
  _ objective: ([Double]) -> Double
) -> Minimum {
  let order = start.count
  var simplex = [(point: start, value: objective(start))]
  for axis in 0..<order {
    var point = start
    point[axis] += step
    simplex.append((point, objective(point)))
  }
  var evaluations = order + 1
  while evaluations < evaluationLimit {
    simplex.sort { $0.value < $1.value }
    let (best, worst) = (simplex[0], simplex[order])
    if worst.value - best.value <= tolerance * abs(best.value) { break }
    var centre = [Double](repeating: 0, count: order)
    for vertex in simplex.dropLast() {
      for axis in 0..<order { centre[axis] += vertex.point[axis] / Double(order) }
    }
    func along(_ factor: Double) -> (point: [Double], value: Double) {
      let point = (0..<order).map { centre[$0] + factor * (worst.point[$0] - centre[$0]) }
      evaluations += 1
      return (point, objective(point))
    }
    let reflected = along(-1)
    if reflected.value < best.value {
      let expanded = along(-2)
      simplex[order] = expanded.value < reflected.value ? expanded : reflected
    } else if reflected.value < simplex[order - 1].value {
      simplex[order] = reflected
    } else {
      let contracted = along(reflected.value < worst.value ? -0.5 : 0.5)
      if contracted.value < min(worst.value, reflected.value) {
        simplex[order] = contracted
      } else {
        for i in 1...order {
          for axis in 0..<order { simplex[i].point[axis] = (simplex[i].point[axis] + best.point[axis]) / 2 }
          simplex[i].value = objective(simplex[i].point)
        }
        evaluations += order
      }
    }
  }
  simplex.sort { $0.value < $1.value }
  return Minimum(
    point: simplex[0].point, value: simplex[0].value, iterations: evaluations,
    converged: evaluations < evaluationLimit)
}

/// Searches a minimum along slopes, building the inverse of the second derivatives from their changes (Broyden,
/// Fletcher, Goldfarb and Shanno 1970).
///
/// - Parameter tolerance: stops when no component of the gradient exceeds this times max(1, |value|).
func minimizeByBFGS(
  from start: [Double], tolerance: Double = 1e-10, iterationLimit: Int = 200,
  _ objective: ([Double]) -> (value: Double, gradient: [Double])
) -> Minimum {
  let order = start.count
  var point = start
  var (value, gradient) = objective(point)
  var inverse = identity(order, scale: 1 / max(1, largest(gradient)))
  var iteration = 0
  while iteration < iterationLimit && value.isFinite {
    if largest(gradient) <= tolerance * max(1, abs(value)) { break }
    iteration += 1
    var direction = product(inverse, gradient).map { -$0 }
    var slope = inner(direction, gradient)
    if !(slope < 0) {
      inverse = identity(order, scale: 1 / max(1, largest(gradient)))
      direction = product(inverse, gradient).map { -$0 }
      slope = inner(direction, gradient)
    }
    var step = min(1, 2 / max(1e-300, largest(direction)))
    var candidate = zip(point, direction).map { $0 + step * $1 }
    var next = objective(candidate)
    while !(next.value <= value + 1e-4 * step * slope) && step > 1e-12 {
      step /= 2
      candidate = zip(point, direction).map { $0 + step * $1 }
      next = objective(candidate)
    }
    // What is left is below the digits that the value has.
    if !(next.value <= value) { break }
    update(&inverse, zip(candidate, point).map { $0 - $1 }, zip(next.gradient, gradient).map { $0 - $1 }, iteration)
    let isFlat = value - next.value <= 1e-15 * abs(value)
    (point, value, gradient) = (candidate, next.value, next.gradient)
    if isFlat { break }
  }
  let converged = value.isFinite && largest(gradient) <= 1e-6 * max(1, abs(value))
  return Minimum(point: point, value: value, iterations: iteration, converged: converged)
}

private func identity(_ order: Int, scale: Double) -> [[Double]] {
  (0..<order).map { row in (0..<order).map { $0 == row ? scale : 0 } }
}

private func largest(_ vector: [Double]) -> Double { vector.reduce(0) { max($0, abs($1)) } }

private func inner(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

private func product(_ matrix: [[Double]], _ vector: [Double]) -> [Double] { matrix.map { inner($0, vector) } }

/// The BFGS update of the inverse for the step `s` and the change `y` of the gradient; the first one sets its scale.
private func update(_ inverse: inout [[Double]], _ s: [Double], _ y: [Double], _ iteration: Int) {
  let curvature = inner(s, y)
  guard curvature > 1e-12 * inner(y, y).squareRoot() * inner(s, s).squareRoot() else { return }
  let order = s.count
  if iteration == 1 { inverse = identity(order, scale: curvature / inner(y, y)) }
  let turned = product(inverse, y)
  let factor = (1 + inner(y, turned) / curvature) / curvature
  for row in 0..<order {
    for column in 0..<order {
      inverse[row][column] +=
        factor * s[row] * s[column] - (turned[row] * s[column] + s[row] * turned[column]) / curvature
    }
  }
}
