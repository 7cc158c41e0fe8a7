import InstarModels

/// The figures of one time-ordered test, small enough to be kept with a version.
struct ModelQuality: Sendable, Hashable {
  /// Ascending.
  var judged: [Int64]
  var rows: Int
  var positives: Int
  /// `nil` where one class is empty.
  var auc: Double?
  var recencyAUC: Double?
  var logLoss: Double
  var baseLogLoss: Double
  var brier: Double
  var baseBrier: Double
  var lift: Double?
  var calibrationError: Double
  var baseRate: Double
  var meanProbability: Double

  init(_ metrics: BinaryMetrics, base: BinaryMetrics, recencyRule: BinaryMetrics, judged: [Int64]) {
    self.judged = judged
    rows = metrics.rowCount
    positives = metrics.positiveCount
    auc = metrics.auc
    recencyAUC = recencyRule.auc
    logLoss = metrics.logLoss
    baseLogLoss = base.logLoss
    brier = metrics.brier
    baseBrier = base.brier
    lift = metrics.lift(top: 0.1)
    calibrationError = metrics.calibrationError()
    baseRate = metrics.baseRate
    meanProbability = metrics.meanProbability
  }

  init(_ test: TimeOrderedTest) {
    self.init(test.metrics, base: test.baseRate, recencyRule: test.recencyRule, judged: test.judged)
  }

  /// The numbers in a fixed order, NaN for what is undefined; with ``judged`` the whole.
  var numbers: [Double] {
    [
      Double(rows), Double(positives), auc ?? .nan, recencyAUC ?? .nan, logLoss, baseLogLoss, brier, baseBrier,
      lift ?? .nan, calibrationError, baseRate, meanProbability,
    ]
  }

  init?(numbers: [Double], judged: [Int64]) {
    guard numbers.count == 12, numbers[0] >= 0, numbers[1] >= 0, numbers[0] < 1e15, numbers[1] <= numbers[0] else {
      return nil
    }
    func known(_ number: Double) -> Double? { number.isNaN ? nil : number }
    self.judged = judged
    (rows, positives) = (Int(numbers[0]), Int(numbers[1]))
    (auc, recencyAUC, lift) = (known(numbers[2]), known(numbers[3]), known(numbers[8]))
    (logLoss, baseLogLoss, brier, baseBrier) = (numbers[4], numbers[5], numbers[6], numbers[7])
    (calibrationError, baseRate, meanProbability) = (numbers[9], numbers[10], numbers[11])
  }

  /// Metric, value and what a plain rule gives, for EVALUATE.
  var lines: [(metric: String, value: Double?, baseline: Double?)] {
    [
      ("auc", auc, recencyAUC), ("log_loss", logLoss, baseLogLoss), ("brier", brier, baseBrier), ("lift_10", lift, 1),
      ("calibration_error", calibrationError, nil), ("mean_probability", meanProbability, baseRate),
    ]
  }
}
