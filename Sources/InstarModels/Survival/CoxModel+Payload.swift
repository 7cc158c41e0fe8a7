extension CoxModel {
  /// The bytes of this model.
  package func encoded() -> [UInt8] {
    var writer = PayloadWriter(.proportionalHazards)
    writer.write(UInt64(names.count))
    for name in names { writer.write(name) }
    for list in [coefficients, standardErrors, means, baselineTimes, baselineHazards] { writer.write(list) }
    writer.write(logLikelihood)
    writer.write(nullLogLikelihood)
    writer.write(concordance ?? .nan)
    for number in [rowCount, eventCount, iterations, converged ? 1 : 0] { writer.write(UInt64(number)) }
    for list in [droppedNames, unboundedNames] {
      writer.write(list.map { UInt32(names.firstIndex(of: $0) ?? 0) })
    }
    return writer.finish()
  }

  /// The model in `bytes`, which ``encoded()`` wrote.
  package init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, expecting: .proportionalHazards)
    let nameCount: UInt64 = try reader.read()
    guard nameCount < 1 << 20 else { throw .damaged }
    var names: [String] = []
    for _ in 0..<nameCount { names.append(try reader.readText()) }
    var lists: [[Double]] = []
    for _ in 0..<5 { lists.append(try reader.readDoubles()) }
    let logLikelihood = try reader.readDouble()
    let nullLogLikelihood = try reader.readDouble()
    let concordance = try reader.readDouble()
    var numbers: [Int] = []
    for _ in 0..<4 {
      let number: UInt64 = try reader.read()
      numbers.append(Int(truncatingIfNeeded: number))
    }
    let dropped = try reader.readCodes()
    let unbounded = try reader.readCodes()
    try reader.finish()
    guard lists[..<3].allSatisfy({ $0.count == names.count }), lists[3].count == lists[4].count,
      (dropped + unbounded).allSatisfy({ Int($0) < names.count })
    else { throw .damaged }
    self.names = names
    (coefficients, standardErrors, means) = (lists[0], lists[1], lists[2])
    (baselineTimes, baselineHazards) = (lists[3], lists[4])
    self.logLikelihood = logLikelihood
    self.nullLogLikelihood = nullLogLikelihood
    self.concordance = concordance.isNaN ? nil : concordance
    (rowCount, eventCount, iterations, converged) = (numbers[0], numbers[1], numbers[2], numbers[3] == 1)
    droppedNames = dropped.map { names[Int($0)] }
    unboundedNames = unbounded.map { names[Int($0)] }
  }

  package static func == (left: CoxModel, right: CoxModel) -> Bool { left.encoded() == right.encoded() }
}
