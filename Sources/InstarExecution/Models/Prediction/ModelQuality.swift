import InstarModels
import InstarPlan
import InstarStorage

/// The figures of one time-ordered test, small enough to be kept with a version.
struct ModelQuality: Sendable, Hashable {
  /// One figure, and what a plain rule gives.
  struct Figure: Sendable, Hashable {
    var name: String
    /// `nil` where it is undefined.
    var value: Double?
    var baseline: Double?
  }

  /// Rows of neighbouring predictions: their number, mean prediction and mean of what came.
  struct Bin: Sendable, Hashable {
    var rows: Int
    var predicted: Double
    var observed: Double
  }

  /// Ascending.
  var judged: [Int64]
  var rows: Int
  /// Rows for which the condition came true, or whose number is above 0.
  var positives: Int
  var figures: [Figure]
  /// Tenths of the rows, those with the highest predictions first.
  var bins: [Bin]

  subscript(_ name: String) -> Figure { figures.first { $0.name == name } ?? Figure(name: name) }

  var auc: Double? { self["auc"].value }
  var recencyAUC: Double? { self["auc"].baseline }

  // MARK: - Conditions

  private init(conditions test: TimeOrderedTest) {
    let (metrics, base, recencyRule) = (test.metrics, test.baseRate, test.recencyRule)
    judged = test.judged
    rows = metrics.rowCount
    positives = metrics.positiveCount
    let call = metrics.confusion(threshold: 0.5)
    figures = [
      Figure(name: "auc", value: metrics.auc, baseline: recencyRule.auc),
      Figure(name: "average_precision", value: metrics.averagePrecision, baseline: recencyRule.averagePrecision),
      Figure(name: "log_loss", value: metrics.logLoss, baseline: base.logLoss),
      Figure(name: "brier", value: metrics.brier, baseline: base.brier),
      Figure(name: "skill", value: metrics.skill, baseline: 0),
      Figure(name: "lift_10", value: metrics.lift(top: 0.1), baseline: recencyRule.lift(top: 0.1)),
      Figure(name: "calibration_error", value: metrics.calibrationError()),
      Figure(name: "mean_probability", value: metrics.meanProbability, baseline: metrics.baseRate),
      Figure(name: "accuracy", value: call.accuracy, baseline: max(metrics.baseRate, 1 - metrics.baseRate)),
      Figure(name: "precision", value: call.precision, baseline: metrics.baseRate),
      Figure(name: "recall", value: call.recall),
      Figure(
        name: "precision_at_rate", value: Self.precision(metrics), baseline: Self.precision(recencyRule)),
    ]
    if let answers = test.purchaseModel {
      let closed = BinaryMetrics(probabilities: answers, labels: test.labels)
      figures += [
        Figure(name: "mbgnbd_auc", value: closed.auc), Figure(name: "mbgnbd_log_loss", value: closed.logLoss),
        Figure(name: "mbgnbd_brier", value: closed.brier), Figure(name: "mbgnbd_lift_10", value: closed.lift(top: 0.1)),
      ]
    }
    bins = Self.bins(test.predictions, test.labels)
  }

  /// The share of positives among as many of the highest predictions as there are positives; there it equals recall.
  private static func precision(_ metrics: BinaryMetrics) -> Double? {
    metrics.lift(top: metrics.baseRate).map { $0 * metrics.baseRate }
  }

  // MARK: - Numbers

  private init(numbers test: TimeOrderedTest, rate: [Double]) {
    judged = test.judged
    let metrics = NumberMetrics(predictions: test.predictions, values: test.labels)
    let mean = NumberMetrics(predictions: test.everybody(test.teachingMean), values: test.labels)
    let past = NumberMetrics(predictions: rate, values: test.labels)
    rows = metrics.rowCount
    positives = metrics.positiveCount
    figures = [
      Figure(name: "mae", value: metrics.meanAbsoluteError, baseline: past.meanAbsoluteError),
      Figure(name: "rmse", value: metrics.rootMeanSquaredError, baseline: mean.rootMeanSquaredError),
      Figure(name: "r2", value: metrics.rSquared, baseline: past.rSquared),
      Figure(name: "spearman", value: metrics.spearman, baseline: past.spearman),
      Figure(name: "gini", value: metrics.gini, baseline: past.gini),
      Figure(name: "total_ratio", value: metrics.totalRatio, baseline: past.totalRatio),
    ]
    if let answers = test.purchaseModel {
      let closed = NumberMetrics(predictions: answers, values: test.labels)
      figures += [
        Figure(name: "mbgnbd_mae", value: closed.meanAbsoluteError), Figure(name: "mbgnbd_gini", value: closed.gini),
        Figure(name: "mbgnbd_total_ratio", value: closed.totalRatio),
      ]
    }
    bins = Self.bins(test.predictions, test.labels)
  }

  /// - Parameter horizon: of the target, days.
  init(_ test: TimeOrderedTest, _ task: Predictor.Task, horizon: Double) {
    if case .condition = task {
      self.init(conditions: test)
    } else {
      let name = task == .money ? "spend_rate" : "rate"
      let column = test.features.names.firstIndex(of: name)
      let rate = test.labels.indices.map { row in column.map { test.features[row, $0] * horizon } ?? 0 }
      self.init(numbers: test, rate: rate)
    }
  }

  private static func bins(_ predictions: [Double], _ labels: [Double]) -> [Bin] {
    let order = predictions.indices.sorted { (predictions[$0], $1) > (predictions[$1], $0) }
    let count = min(10, order.count)
    return (0..<count).map { bin in
      let part = order[order.count * bin / count..<order.count * (bin + 1) / count]
      let size = Double(part.count)
      return Bin(
        rows: part.count, predicted: part.reduce(0) { $0 + predictions[$1] } / size,
        observed: part.reduce(0) { $0 + labels[$1] } / size)
    }
  }

  /// A row of EVALUATE.
  typealias Line = (metric: String, value: Double?, baseline: Double?)

  /// Metric, value and what a plain rule gives.
  var lines: [Line] { figures.map { ($0.name, $0.value, $0.baseline) } }

  /// Calibration and gain: of each tenth the mean prediction beside what came, then the share of all that came which the
  /// tenths so far hold, beside their share of the rows.
  var tenths: [Line] {
    let total = bins.reduce(0) { $0 + $1.observed * Double($1.rows) }
    var (calibration, gain): ([Line], [Line]) = ([], [])
    var (held, taken) = (0.0, 0)
    for (place, bin) in bins.enumerated() {
      held += bin.observed * Double(bin.rows)
      taken += bin.rows
      calibration.append(("calibration_\(place + 1)", bin.predicted, bin.observed))
      gain.append(("gain_\(place + 1)", total > 0 ? held / total : nil, Double(taken) / Double(rows)))
    }
    return calibration + gain
  }

  // MARK: - Bytes

  func write(to writer: inout ByteWriter) {
    writer.integer(UInt32(judged.count))
    for anchor in judged { writer.integer(anchor) }
    writer.integer(Int64(rows))
    writer.integer(Int64(positives))
    writer.integer(UInt32(figures.count))
    for figure in figures {
      writer.text(figure.name)
      writer.real(figure.value ?? .nan)
      writer.real(figure.baseline ?? .nan)
    }
    writer.integer(UInt32(bins.count))
    for bin in bins {
      writer.integer(Int64(bin.rows))
      writer.real(bin.predicted)
      writer.real(bin.observed)
    }
  }

  /// - Returns: `nil` where the bytes are damaged.
  init?(_ reader: inout ByteReader) {
    func count(_ reader: inout ByteReader) -> Int {
      let number = Int(reader.integer(UInt32.self))
      return reader.isDamaged || number > 1 << 16 ? 0 : number
    }
    func known(_ number: Double) -> Double? { number.isNaN ? nil : number }
    judged = []
    for _ in 0..<count(&reader) { judged.append(reader.integer()) }
    rows = Int(reader.integer(Int64.self))
    positives = Int(reader.integer(Int64.self))
    figures = []
    for _ in 0..<count(&reader) {
      let (name, value, baseline) = (reader.text(), reader.real(), reader.real())
      figures.append(Figure(name: name, value: known(value), baseline: known(baseline)))
    }
    bins = []
    for _ in 0..<count(&reader) {
      let (rows, predicted, observed) = (Int(reader.integer(Int64.self)), reader.real(), reader.real())
      bins.append(Bin(rows: rows, predicted: predicted, observed: observed))
    }
    if reader.isDamaged { return nil }
  }
}
