internal import InstarColumns

/// How a model did at past moments: beside each other what was predicted and what came, tenth by tenth, and the share of
/// all that came which the highest tenths hold. Grey are the perfect prediction and a choice by chance.
struct QualityFigure: Picture {
  private let model: CellWriter
  private let anchor: CellWriter
  private let trials: [QualityTrial]
  private let value: Column
  private let baseline: Column

  private static let width = 860.0
  private static let side = 300.0
  private static let left = 40.0
  private static let top = 30.0

  /// `nil` when a moment has no tenths.
  init?(_ table: ResultTable, _ options: RenderOptions) {
    let rows = 0..<table.rowCount
    func writer(_ name: String) -> CellWriter? {
      table.column(name).map { CellWriter($0, rows: rows, zone: options.zone, forPrograms: false) }
    }
    guard let model = writer("model"), let anchor = writer("anchor"), let metric = writer("metric"),
      let value = table.column("value"), let baseline = table.column("baseline")
    else { return nil }
    (self.model, self.anchor, self.value, self.baseline) = (model, anchor, value, baseline)
    trials = QualityTrial.all(rows, model, anchor, metric)
    if !trials.allSatisfy(\.isComplete) { return nil }
  }

  func append(to page: inout [UInt8]) {
    for trial in trials { append(trial, to: &page) }
  }

  private func append(_ trial: QualityTrial, to page: inout [UInt8]) {
    let first = trial.calibration[0]
    let name = "\(model.readable(first)) at \(anchor.readable(first))"
    var canvas = SVGCanvas(width: Self.width, height: Self.top + Self.side + 30, label: "\(name): calibration and gain")
    canvas.text(name, x: 0, y: 16, style: "strong")
    let predicted = trial.calibration.map { value[$0].number ?? 0 }
    let came = trial.calibration.map { baseline[$0].number ?? 0 }
    let greatest = max(predicted.max() ?? 0, came.max() ?? 0, 1e-9)
    square(
      at: Self.left, across: "predicted", up: "came, up to \(short(greatest))",
      zip(predicted, came).map { ($0 / greatest, $1 / greatest) }, to: &canvas)
    let gains = trial.gain.enumerated().map { (Double($0 + 1) / Double(trial.gain.count), value[$1].number ?? 0) }
    square(
      at: Self.left + Self.side + 130, across: "share of the users", up: "share of all that came", [(0, 0)] + gains,
      to: &canvas)
    canvas.finish(to: &page)
  }

  /// A square with its diagonal and points from 0 to 1 that are joined.
  private func square(
    at left: Double, across: String, up: String, _ points: [(Double, Double)], to canvas: inout SVGCanvas
  ) {
    let (side, bottom) = (Self.side, Self.top + Self.side)
    func place(_ point: (Double, Double)) -> (x: Double, y: Double) {
      (left + side * min(1, max(0, point.0)), bottom - side * min(1, max(0, point.1)))
    }
    canvas.rectangle(x: left, y: Self.top, width: side, height: side, style: "track")
    canvas.line(fromX: left, y: bottom, toX: left + side, y: Self.top)
    let drawn = points.sorted { $0.0 < $1.0 }.map(place)
    canvas.curve(drawn, style: "s0")
    for (point, (x, y)) in zip(points.sorted { $0.0 < $1.0 }, drawn) {
      canvas.point(x: x, y: y, radius: 3.5, style: "p0", title: "\(short(point.0)), \(short(point.1))")
    }
    canvas.text(up, x: left + 8, y: Self.top + 18, style: "faint")
    canvas.text(across, x: left + side, y: bottom + 20, style: "end faint")
  }

  private func short(_ number: Double) -> String {
    var bytes: [UInt8] = []
    NumberText.append(number, decimals: abs(number) >= 100 ? 0 : 3, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
