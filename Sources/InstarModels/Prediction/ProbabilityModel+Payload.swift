extension ProbabilityModel {
  /// The bytes of this model.
  package func encoded() -> [UInt8] {
    var writer = PayloadWriter(.probability)
    writer.write(UInt64(rowCount))
    writer.write(UInt64(positiveCount))
    writer.write(UInt8(preprocessing.signedLog ? 1 : 0))
    writer.write(UInt64(preprocessing.inputNames.count))
    for name in preprocessing.inputNames { writer.write(name) }
    writer.write(preprocessing.columns.map(\.source))
    writer.write(preprocessing.columns.map { $0.isMissingIndicator ? UInt32(1) : 0 })
    writer.write(preprocessing.columns.map(\.median))
    writer.write(preprocessing.columns.map(\.mean))
    writer.write(preprocessing.columns.map(\.deviation))
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
    let signedLog: UInt8 = try reader.read()
    let nameCount: UInt64 = try reader.read()
    guard nameCount < 1 << 20, rowCount < 1 << 62, positiveCount <= rowCount else { throw .damaged }
    var names: [String] = []
    for _ in 0..<nameCount { names.append(try reader.readText()) }
    let columns = try Self.readColumns(&reader, inputCount: names.count)
    let intercept = try reader.readDouble()
    let coefficients = try reader.readDoubles()
    guard coefficients.count == columns.count else { throw .damaged }
    let calibration = try reader.readCalibration()
    try reader.finish()
    self.init(
      preprocessing: Preprocessing(inputNames: names, columns: columns, signedLog: signedLog == 1),
      regression: LogisticRegression(intercept: intercept, coefficients: coefficients), calibration: calibration,
      rowCount: Int(rowCount), positiveCount: Int(positiveCount))
  }

  private static func readColumns(
    _ reader: inout PayloadReader, inputCount: Int
  ) throws(PayloadError) -> [Preprocessing.Column] {
    let sources = try reader.readIntegers()
    let indicators = try reader.readCodes()
    let medians = try reader.readDoubles()
    let means = try reader.readDoubles()
    let deviations = try reader.readDoubles()
    let count = sources.count
    guard [indicators.count, medians.count, means.count, deviations.count].allSatisfy({ $0 == count }),
      sources.allSatisfy({ 0 <= $0 && $0 < inputCount })
    else { throw .damaged }
    return (0..<count).map {
      Preprocessing.Column(
        source: sources[$0], isMissingIndicator: indicators[$0] == 1, median: medians[$0], mean: means[$0],
        deviation: deviations[$0])
    }
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
