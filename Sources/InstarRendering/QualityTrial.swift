internal import InstarColumns

/// One model at one moment in the table of EVALUATE: the rows of its figures and of its tenths.
struct QualityTrial {
  private(set) var figures: [Int] = []
  private(set) var calibration: [Int] = []
  private(set) var gain: [Int] = []

  /// Whether the tenths are there.
  var isComplete: Bool { !calibration.isEmpty && calibration.count == gain.count }

  /// The trials in the order of the rows.
  static func all(_ rows: Range<Int>, _ model: CellWriter, _ anchor: CellWriter, _ metric: CellWriter)
    -> [QualityTrial]
  {
    RowGroup.consecutive([model, anchor], rows: rows).map { group in
      var trial = QualityTrial()
      for row in group.rows {
        let name = metric.readable(row)
        if name.hasPrefix("calibration_"), name != "calibration_error" {
          trial.calibration.append(row)
        } else if name.hasPrefix("gain_") {
          trial.gain.append(row)
        } else {
          trial.figures.append(row)
        }
      }
      return trial
    }
  }
}
