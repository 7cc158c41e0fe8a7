#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The greatest absolute component.
private func norm(_ vector: [Double]) -> Double { vector.reduce(0) { max($0, abs($1)) } }

private func inner(_ a: [Double], _ b: [Double]) -> Double { dot(a.span, 0, b.span, 0, a.count) }

private func moved(_ point: [Double], by factor: Double, _ direction: [Double]) -> [Double] {
  var result = point
  for i in result.indices { result[i] += factor * direction[i] }
  return result
}

/// Newton's method with step halving; each step solves (X'WX + lambda I) d = -g by Cholesky.
func minimizeByNewton(
  _ objective: LogisticObjective, _ configuration: LogisticRegression.Configuration
) -> LogisticSolution {
  let limit = configuration.tolerance * Double(objective.matrix.rowCount)
  var point = [Double](repeating: 0, count: objective.matrix.width)
  var value = objective.evaluate(point, second: true)
  var iteration = 0
  while iteration < configuration.iterationLimit && norm(value.gradient) > limit {
    iteration += 1
    guard let direction = newtonDirection(value) else { break }
    var step = 1.0
    var candidate = moved(point, by: step, direction)
    var next = objective.evaluate(candidate, second: true)
    while !(next.loss <= value.loss + 1e-12 * abs(value.loss)) && step > 1e-10 {
      step /= 2
      candidate = moved(point, by: step, direction)
      next = objective.evaluate(candidate, second: true)
    }
    if step <= 1e-10 { break }
    point = candidate
    value = next
  }
  return LogisticSolution(
    point: point, loss: value.loss, iterations: iteration, converged: norm(value.gradient) <= limit)
}

/// The Newton step, with a little added to the diagonal when the matrix is singular (duplicate features, lambda 0).
private func newtonDirection(_ value: LogisticObjective.Value) -> [Double]? {
  let width = value.gradient.count
  let scale = (0..<width).reduce(0) { max($0, value.hessian[$1 * width + $1]) }
  var jitter = 0.0
  while jitter <= 1 {
    var hessian = value.hessian
    for column in 0..<width { hessian[column * width + column] += jitter * scale }
    if let cholesky = Cholesky(hessian, order: width) {
      var direction = value.gradient.map { -$0 }
      cholesky.solve(&direction)
      return direction
    }
    jitter = jitter == 0 ? 1e-10 : jitter * 10
  }
  return nil
}

/// L-BFGS with ten pairs and a backtracking line search; a pair enters when its curvature is positive.
func minimizeByLBFGS(
  _ objective: LogisticObjective, _ configuration: LogisticRegression.Configuration
) -> LogisticSolution {
  let limit = configuration.tolerance * Double(objective.matrix.rowCount)
  var point = [Double](repeating: 0, count: objective.matrix.width)
  var value = objective.evaluate(point, second: false)
  var pairs: [(s: [Double], y: [Double])] = []
  var iteration = 0
  while iteration < configuration.iterationLimit && norm(value.gradient) > limit {
    iteration += 1
    var direction = twoLoop(pairs, value.gradient)
    var slope = inner(direction, value.gradient)
    if slope >= 0 {
      pairs.removeAll()
      direction = value.gradient.map { -$0 }
      slope = inner(direction, value.gradient)
    }
    var step = pairs.isEmpty ? min(1, 1 / norm(value.gradient)) : 1
    var candidate = moved(point, by: step, direction)
    var next = objective.evaluate(candidate, second: false)
    while !(next.loss <= value.loss + 1e-4 * step * slope + 1e-14 * abs(value.loss)) && step > 1e-14 {
      step /= 2
      candidate = moved(point, by: step, direction)
      next = objective.evaluate(candidate, second: false)
    }
    if step <= 1e-14 { break }
    let change = moved(candidate, by: -1, point)
    let turn = moved(next.gradient, by: -1, value.gradient)
    if inner(change, turn) > 1e-12 * inner(turn, turn) {
      pairs.append((change, turn))
      if pairs.count > 10 { pairs.removeFirst() }
    }
    point = candidate
    value = next
  }
  return LogisticSolution(
    point: point, loss: value.loss, iterations: iteration, converged: norm(value.gradient) <= limit)
}

/// The product of the approximate inverse second derivatives with minus the gradient.
private func twoLoop(_ pairs: [(s: [Double], y: [Double])], _ gradient: [Double]) -> [Double] {
  var direction = gradient.map { -$0 }
  var factors = [Double](repeating: 0, count: pairs.count)
  for i in pairs.indices.reversed() {
    factors[i] = inner(pairs[i].s, direction) / inner(pairs[i].s, pairs[i].y)
    direction = moved(direction, by: -factors[i], pairs[i].y)
  }
  if let last = pairs.last {
    let scale = inner(last.s, last.y) / inner(last.y, last.y)
    for i in direction.indices { direction[i] *= scale }
  }
  for i in pairs.indices {
    let back = inner(pairs[i].y, direction) / inner(pairs[i].s, pairs[i].y)
    direction = moved(direction, by: factors[i] - back, pairs[i].s)
  }
  return direction
}

/// Accelerated gradient descent with step 1/L, which starts its momentum anew whenever it points uphill.
func minimizeByGradient(
  _ objective: LogisticObjective, _ configuration: LogisticRegression.Configuration
) -> LogisticSolution {
  let limit = configuration.tolerance * Double(objective.matrix.rowCount)
  let step = 1 / curvatureBound(objective)
  var point = [Double](repeating: 0, count: objective.matrix.width)
  var ahead = point
  var momentum = 1.0
  var value = objective.evaluate(point, second: false)
  var iteration = 0
  while iteration < configuration.iterationLimit && norm(value.gradient) > limit {
    iteration += 1
    let next = moved(ahead, by: -step, value.gradient)
    let advance = moved(next, by: -1, point)
    if inner(value.gradient, advance) > 0 {
      momentum = 1
      ahead = next
    } else {
      let grown = (1 + (1 + 4 * momentum * momentum).squareRoot()) / 2
      ahead = moved(next, by: (momentum - 1) / grown, advance)
      momentum = grown
    }
    point = next
    value = objective.evaluate(ahead, second: false)
  }
  return LogisticSolution(
    point: ahead, loss: value.loss, iterations: iteration, converged: norm(value.gradient) <= limit)
}

/// An upper bound of the second derivatives: a quarter of the greatest eigenvalue of X'X, by power iteration with five
/// per cent to spare, plus lambda.
private func curvatureBound(_ objective: LogisticObjective) -> Double {
  let matrix = objective.matrix
  var direction = (0..<matrix.width).map { 1 / Double($0 + 1) }
  var eigenvalue = 0.0
  for _ in 0..<50 {
    let length = inner(direction, direction).squareRoot()
    for i in direction.indices { direction[i] /= length }
    var product = [Double](repeating: 0, count: matrix.width)
    for row in 0..<matrix.rowCount {
      let factor = matrix.product(row, direction.span)
      var span = product.mutableSpan
      addScaled(&span, 0, factor, matrix.values.span, row * matrix.width, matrix.width)
    }
    eigenvalue = inner(direction, product)
    direction = product
  }
  return 1.05 * 0.25 * eigenvalue + objective.lambda
}

/// SAGA: a step along the newest gradient of one row, corrected by the mean of the last seen gradients of all rows.
func minimizeBySAGA(
  _ objective: LogisticObjective, _ configuration: LogisticRegression.Configuration
) -> LogisticSolution {
  let matrix = objective.matrix
  let (width, rowCount) = (matrix.width, matrix.rowCount)
  let values = matrix.values.span
  let perRow = objective.lambda / Double(rowCount)
  var greatest = 0.0
  for row in 0..<rowCount { greatest = max(greatest, dot(values, row * width, values, row * width, width)) }
  let step = 1 / (3 * (0.25 * greatest + perRow))
  let limit = configuration.tolerance * Double(rowCount)
  var generator = SeededGenerator(seed: configuration.seed)
  var point = [Double](repeating: 0, count: width)
  var residuals = [Double](repeating: 0, count: rowCount)
  var mean = [Double](repeating: 0, count: width)
  var value = objective.evaluate(point, second: false)
  var pass = 0
  while pass < configuration.iterationLimit && norm(value.gradient) > limit {
    pass += 1
    for _ in 0..<rowCount {
      let row = generator.below(rowCount)
      let residual = sigmoid(matrix.product(row, point.span)) - objective.labels[row]
      let change = residual - residuals[row]
      residuals[row] = residual
      for column in 0..<width {
        let part = change * values[row * width + column]
        let penalty = column < width - 1 ? perRow * point[column] : 0
        point[column] -= step * (part + mean[column] + penalty)
        mean[column] += part / Double(rowCount)
      }
    }
    value = objective.evaluate(point, second: false)
  }
  return LogisticSolution(point: point, loss: value.loss, iterations: pass, converged: norm(value.gradient) <= limit)
}
