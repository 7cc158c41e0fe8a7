extension PayloadWriter {
  mutating func write(_ preprocessing: Preprocessing) {
    write(UInt8(preprocessing.signedLog ? 1 : 0))
    write(UInt64(preprocessing.inputNames.count))
    for name in preprocessing.inputNames { write(name) }
    write(preprocessing.columns.map(\.source))
    write(preprocessing.columns.map { $0.isMissingIndicator ? UInt32(1) : 0 })
    write(preprocessing.columns.map(\.median))
    write(preprocessing.columns.map(\.mean))
    write(preprocessing.columns.map(\.deviation))
  }
}

extension PayloadReader {
  /// A preprocessing whose columns all read a feature that exists.
  mutating func readPreprocessing() throws(PayloadError) -> Preprocessing {
    let signedLog: UInt8 = try read()
    let nameCount: UInt64 = try read()
    guard nameCount < 1 << 20 else { throw .damaged }
    var names: [String] = []
    for _ in 0..<nameCount { names.append(try readText()) }
    return Preprocessing(
      inputNames: names, columns: try readColumns(inputCount: names.count), signedLog: signedLog == 1)
  }

  private mutating func readColumns(inputCount: Int) throws(PayloadError) -> [Preprocessing.Column] {
    let sources = try readIntegers()
    let indicators = try readCodes()
    let medians = try readDoubles()
    let means = try readDoubles()
    let deviations = try readDoubles()
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
