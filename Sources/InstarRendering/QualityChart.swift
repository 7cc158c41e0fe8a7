internal import InstarColumns

/// How a model did at past moments: its figures, then a line for each tenth of the users, those with the highest
/// predictions first, with calibration and gain.
///
/// ```
/// churn at 2011-09-10: 5,281 users, 1,066 positive
/// auc 0.801 (0.737)  log_loss 0.400 (0.508)  lift_10 3.162 (2.158)
/// tenth  predicted   came                            of all so far
///     1      0.612  0.636  ███████████████████████│  ███         0.312
/// ```
///
/// Bars are of what came; the mark stands where the prediction is. The second bar is the share of all that came. Rows
/// that are no figure of a model, as after AGAINST, are no picture.
struct QualityChart: Picture {
  private let model: CellWriter
  private let anchor: CellWriter
  private let users: CellWriter
  private let positives: CellWriter
  private let metric: CellWriter
  private let value: CellWriter
  private let baseline: CellWriter
  private let trials: [QualityTrial]
  private let style: TerminalStyle
  private let width: Int

  private static let barWidth = 24
  private static let gainWidth = 10

  /// `nil` when a moment has no tenths.
  init?(_ table: ResultTable, _ options: RenderOptions) {
    let rows = 0..<table.rowCount
    func writer(_ name: String) -> CellWriter? {
      table.column(name).map { CellWriter($0, rows: rows, zone: options.zone, forPrograms: false) }
    }
    guard let model = writer("model"), let anchor = writer("anchor"), let users = writer("n"),
      let positives = writer("positives"), let metric = writer("metric"), let value = writer("value"),
      let baseline = writer("baseline")
    else { return nil }
    (self.model, self.anchor, self.users, self.positives) = (model, anchor, users, positives)
    (self.metric, self.value, self.baseline) = (metric, value, baseline)
    style = TerminalStyle(isOn: options.color)
    width = options.width ?? 120
    trials = QualityTrial.all(rows, model, anchor, metric)
    if !trials.allSatisfy(\.isComplete) { return nil }
  }

  func append(to bytes: inout [UInt8]) {
    for (place, trial) in trials.enumerated() {
      if place > 0 { bytes.append(10) }
      let first = trial.calibration[0]
      style.appendBold("\(model.readable(first)) at \(anchor.readable(first))", to: &bytes)
      bytes.append(text: ": \(users.readable(first)) users, \(positives.readable(first)) positive\n")
      appendFigures(trial.figures, to: &bytes)
      appendTenths(trial, to: &bytes)
    }
  }

  /// "auc 0.801 (0.737)": the figure, and in brackets what a plain rule gives; as many in a line as fit.
  private func appendFigures(_ rows: [Int], to bytes: inout [UInt8]) {
    var line = ""
    for row in rows {
      let plain = baseline.column.isPresent(row) ? " (\(Self.short(baseline.column[row].number)))" : ""
      let text = "\(metric.readable(row)) \(Self.short(value.column[row].number))\(plain)"
      if !line.isEmpty, line.displayWidth + text.displayWidth + 2 > width {
        bytes.append(text: line + "\n")
        line = ""
      }
      line += (line.isEmpty ? "" : "  ") + text
    }
    if !line.isEmpty { bytes.append(text: line + "\n") }
  }

  private func appendTenths(_ trial: QualityTrial, to bytes: inout [UInt8]) {
    let predicted = trial.calibration.map { value.column[$0].number ?? 0 }
    let came = trial.calibration.map { baseline.column[$0].number ?? 0 }
    let texts = (predicted: predicted.map(Self.short), came: came.map(Self.short))
    let predictedWidth = max(9, texts.predicted.map(\.displayWidth).max() ?? 0)
    let cameWidth = max(4, texts.came.map(\.displayWidth).max() ?? 0)
    let greatest = max(predicted.max() ?? 0, came.max() ?? 0)
    func line(_ tenth: String, _ left: String, _ right: String) {
      bytes.append(tenth, width: 5, right: true)
      bytes.append(spaces: 2)
      bytes.append(left, width: predictedWidth, right: true)
      bytes.append(spaces: 2)
      bytes.append(right, width: cameWidth, right: true)
      bytes.append(spaces: 2)
    }
    line("tenth", "predicted", "came")
    bytes.append(spaces: Self.barWidth + 2)
    bytes.append(text: "of all so far\n")
    for tenth in trial.calibration.indices {
      line("\(tenth + 1)", texts.predicted[tenth], texts.came[tenth])
      style.append(Self.bar(came[tenth], mark: predicted[tenth], of: greatest), foreground: 32, to: &bytes)
      let held = value.column[trial.gain[tenth]].number
      let length = Int(((held ?? 0) * Double(Self.gainWidth)).rounded())
      bytes.append(spaces: 2)
      style.append(String(repeating: "█", count: max(0, min(Self.gainWidth, length))), foreground: 32, to: &bytes)
      bytes.append(spaces: Self.gainWidth - max(0, min(Self.gainWidth, length)) + 2)
      bytes.append(text: Self.short(held) + "\n")
    }
  }

  private static func bar(_ value: Double, mark: Double, of greatest: Double) -> String {
    func place(_ number: Double) -> Int {
      greatest > 0 ? max(0, min(barWidth, Int((number / greatest * Double(barWidth)).rounded()))) : 0
    }
    let (filled, marked) = (place(value), min(barWidth - 1, place(mark)))
    return (0..<barWidth).reduce(into: "") { $0 += $1 == marked ? "│" : $1 < filled ? "█" : " " }
  }

  /// Three digits behind the point at most.
  private static func short(_ number: Double?) -> String {
    guard let number, number.isFinite else { return CellWriter.missingText }
    let decimals = abs(number) >= 100 ? 0 : 3
    var bytes: [UInt8] = []
    NumberText.append(number, decimals: decimals, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
