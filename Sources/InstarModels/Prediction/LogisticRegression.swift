#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Logistic regression with an L2 penalty and a free intercept.
///
/// P(y = 1 | x) = 1/(1+exp(-(x.beta + alpha))), fitted by minimising lambda/2 |beta|² plus the log-loss summed over rows.
///
/// Reference page: `docs/reference/predict/logistic.md`.
package struct LogisticRegression: Sendable, Equatable {
  package enum Solver: String, Sendable, CaseIterable {
    /// Newton's method, which for this model is iteratively reweighted least squares.
    case newton
    /// Limited-memory BFGS with ten pairs (Liu and Nocedal 1989), for many features.
    case lbfgs
    /// Accelerated gradient descent (Nesterov 1983) with restarts.
    case gd
    /// Stochastic average gradient, one row at a time in seeded order (SAGA: Defazio, Bach and Lacoste-Julien 2014).
    case sgd
  }

  package struct Configuration: Sendable, Hashable {
    /// The L2 penalty on the coefficients, not on the intercept: 1/C in the convention of scikit-learn.
    package var lambda: Double
    package var solver: Solver
    /// Stops when no component of the gradient exceeds this times the number of rows.
    package var tolerance: Double
    package var iterationLimit: Int
    /// For `sgd`.
    package var seed: UInt64

    package init(
      lambda: Double = 1, solver: Solver = .newton, tolerance: Double = 1e-8, iterationLimit: Int? = nil,
      seed: UInt64 = 1
    ) {
      self.lambda = lambda
      self.solver = solver
      self.tolerance = tolerance
      self.seed = seed
      self.iterationLimit = iterationLimit ?? (solver == .newton ? 100 : solver == .sgd ? 1000 : 10_000)
    }

    package func validate() throws(ModelError) {
      try ModelError.check(lambda >= 0 && lambda.isFinite, "lambda must not be negative, as \(lambda) is")
      try ModelError.check(tolerance > 0, "tolerance must be positive, not \(tolerance)")
      try ModelError.check(iterationLimit > 0, "iterations must be at least 1, not \(iterationLimit)")
    }
  }

  package let intercept: Double
  package let coefficients: [Double]
  /// Passes over the rows.
  package let iterations: Int
  /// Whether the tolerance was reached within the iteration limit.
  package let converged: Bool
  /// The penalised loss at the coefficients.
  package let loss: Double
  /// Whether every row lies on its side of z = 0: the classes can be separated, and without a penalty the coefficients
  /// have no finite optimum.
  package let separated: Bool

  package init(intercept: Double, coefficients: [Double]) {
    self.intercept = intercept
    self.coefficients = coefficients
    iterations = 0
    converged = true
    loss = .nan
    separated = false
  }

  private init(_ solution: LogisticSolution, _ objective: LogisticObjective) {
    intercept = solution.point.last ?? 0
    coefficients = Array(solution.point.dropLast())
    iterations = solution.iterations
    converged = solution.converged
    loss = solution.loss
    let matrix = objective.matrix
    separated = (0..<matrix.rowCount).allSatisfy { row in
      let z = matrix.product(row, solution.point.span)
      return objective.labels[row] > 0.5 ? z > 0 : z < 0
    }
  }

  /// Fits the coefficients.
  ///
  /// - Parameters:
  ///   - matrix: one row for each label, the last column 1.
  ///   - labels: 0 or 1.
  /// - Precondition: there is a row, and the configuration is valid.
  /// - Complexity: a pass of `newton` is O(rows x width²/2 + width³/6), of the others O(rows x width).
  package static func fit(
    _ matrix: DesignMatrix, labels: [Double], _ configuration: Configuration = .init()
  ) -> LogisticRegression {
    precondition(labels.count == matrix.rowCount && matrix.rowCount > 0, "one label for each row")
    let objective = LogisticObjective(matrix: matrix, labels: labels, lambda: configuration.lambda)
    let solution =
      switch configuration.solver {
      case .newton: minimizeByNewton(objective, configuration)
      case .lbfgs: minimizeByLBFGS(objective, configuration)
      case .gd: minimizeByGradient(objective, configuration)
      case .sgd: minimizeBySAGA(objective, configuration)
      }
    return LogisticRegression(solution, objective)
  }

  /// The logit x.beta + alpha of the features that start at `start` in `row`.
  @inline(always)
  package func logit(_ row: Span<Double>, at start: Int = 0) -> Double {
    dot(row, start, coefficients.span, 0, coefficients.count) + intercept
  }

  /// Writes the probability of each row into `output`, which has a place for each.
  package func score(_ matrix: DesignMatrix, into output: inout [Double]) {
    precondition(output.count == matrix.rowCount && matrix.width == coefficients.count + 1)
    for row in 0..<matrix.rowCount { output[row] = sigmoid(logit(matrix.values.span, at: row * matrix.width)) }
  }
}

/// Where a solver ended.
struct LogisticSolution {
  var point: [Double]
  var loss: Double
  var iterations: Int
  var converged: Bool
}
