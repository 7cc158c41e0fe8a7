extension ProbabilityModel {
  /// The bytes of this model.
  package func encoded() -> [UInt8] {
    var writer = PayloadWriter(.probability)
    writer.write(UInt64(rowCount))
    writer.write(UInt64(positiveCount))
    writer.write(preprocessing)
    writer.write(regression.intercept)
    writer.write(regression.coefficients)
    writer.write(calibration)
    return writer.finish()
  }

  /// The model in `bytes`, which ``encoded()`` wrote. What was said about its fit (iterations, loss) is not kept.
  package init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, expecting: .probability)
    let rowCount: UInt64 = try reader.read()
    let positiveCount: UInt64 = try reader.read()
    guard rowCount < 1 << 62, positiveCount <= rowCount else { throw .damaged }
    let preprocessing = try reader.readPreprocessing()
    let intercept = try reader.readDouble()
    let coefficients = try reader.readDoubles()
    guard coefficients.count == preprocessing.columns.count else { throw .damaged }
    let calibration = try reader.readCalibration()
    try reader.finish()
    self.init(
      preprocessing: preprocessing,
      regression: LogisticRegression(intercept: intercept, coefficients: coefficients), calibration: calibration,
      rowCount: Int(rowCount), positiveCount: Int(positiveCount))
  }
}

extension PayloadWriter {
  fileprivate mutating func write(_ calibration: Calibration?) {
    switch calibration {
    case nil: write(UInt8(0))
    case .platt(let a, let b):
      write(UInt8(1))
      write(a)
      write(b)
    case .isotonic(let thresholds, let values):
      write(UInt8(2))
      write(thresholds)
      write(values)
    }
  }
}

extension PayloadReader {
  fileprivate mutating func readCalibration() throws(PayloadError) -> Calibration? {
    let kind: UInt8 = try read()
    switch kind {
    case 0: return nil
    case 1: return .platt(a: try readDouble(), b: try readDouble())
    case 2:
      let thresholds = try readDoubles()
      let values = try readDoubles()
      guard thresholds.count == values.count, !values.isEmpty else { throw .damaged }
      return .isotonic(thresholds: thresholds, values: values)
    default: throw .damaged
    }
  }
}
