#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What share has not yet had an event at each time: the product-limit estimate of Kaplan and Meier (1958), with
/// Greenwood's standard error, log-log confidence limits, and the cumulative hazard of Nelson and Aalen.
///
/// Reference page: `docs/reference/predict/survival.md`.
package struct SurvivalCurve: Sendable, Equatable {
  /// The distinct durations, ascending; the arrays below have one figure for each.
  package let times: [Double]
  package let atRisk: [Int]
  package let events: [Int]
  /// The share without the event just after the time.
  package let survival: [Double]
  /// Of ``survival``; NaN once it is 0.
  package let standardErrors: [Double]
  /// Confidence limits of ``survival``: S^exp(±z se(ln(-ln S))); 1 before the first event, NaN once it is 0.
  package let lower: [Double]
  package let upper: [Double]
  /// Nelson-Aalen: the sum of events / at risk.
  package let cumulativeHazard: [Double]
  package let confidence: Double
  package let count: Int
  package let eventCount: Int

  /// Estimates a curve from durations, of which those that are not observed are censored.
  ///
  /// - Throws: ``ModelError`` without durations, for a negative or infinite one, and for a confidence not in (0, 1).
  /// - Complexity: O(*n* log *n*).
  package static func fit(
    durations: [Double], observed: [Bool], confidence: Double = 0.95
  ) throws(ModelError) -> SurvivalCurve {
    try SurvivalTable.check(durations, observed)
    try ModelError.check(
      confidence > 0 && confidence < 1, "confidence must be between 0 and 1, as 0.95 is, not \(confidence)")
    return SurvivalCurve(SurvivalTable(durations: durations, observed: observed), confidence: confidence)
  }

  init(_ table: SurvivalTable, confidence: Double) {
    (times, atRisk, events) = (table.times, table.atRisk, table.events)
    self.confidence = confidence
    count = table.atRisk.first ?? 0
    eventCount = table.events.reduce(0, +)
    let z = normalQuantile(0.5 + confidence / 2)
    var (product, variance, hazard) = (1.0, 0.0, 0.0)
    var survival: [Double] = []
    var (errors, lower, upper, hazards): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
    for (n, d) in zip(table.atRisk, table.events) {
      let (n, d) = (Double(n), Double(d))
      product *= (n - d) / n
      variance += d < n ? d / (n * (n - d)) : 0
      hazard += d / n
      let isEmpty = product <= 0
      survival.append(product)
      hazards.append(hazard)
      errors.append(isEmpty ? .nan : product * variance.squareRoot())
      let logarithm = log(product)
      let spread = logarithm < 0 ? z * variance.squareRoot() / -logarithm : 0
      lower.append(isEmpty ? .nan : exp(logarithm * exp(spread)))
      upper.append(isEmpty ? .nan : exp(logarithm * exp(-spread)))
    }
    (self.survival, standardErrors, self.lower, self.upper) = (survival, errors, lower, upper)
    cumulativeHazard = hazards
  }

  /// The position of the last time that is not after `t`, or -1.
  private func position(_ t: Double) -> Int {
    var (low, high) = (0, times.count)
    while low < high {
      let middle = (low + high) / 2
      if times[middle] <= t { low = middle + 1 } else { high = middle }
    }
    return low - 1
  }

  /// The share without the event at `t`; after the last duration it stays what it was.
  ///
  /// - Complexity: O(log times).
  package func survival(at t: Double) -> Double {
    let position = position(t)
    return position < 0 ? 1 : survival[position]
  }

  /// The Nelson-Aalen cumulative hazard at `t`.
  package func cumulativeHazard(at t: Double) -> Double {
    let position = position(t)
    return position < 0 ? 0 : cumulativeHazard[position]
  }

  /// The time by which `share` have had the event; `nil` when the curve does not fall so far.
  ///
  /// Where the curve is flat at exactly 1 - `share` the middle of the flat part is meant, as R has it.
  package func quantile(_ share: Double) -> Double? {
    let level = 1 - share
    guard let first = survival.firstIndex(where: { $0 <= level + 1e-12 }) else { return nil }
    guard abs(survival[first] - level) <= 1e-12,
      let next = survival.firstIndex(where: { $0 < level - 1e-12 })
    else { return times[first] }
    return (times[first] + times[next]) / 2
  }

  package var median: Double? { quantile(0.5) }

  /// The confidence limits of the median: where the limits of the curve cross a half. An end may not exist.
  package var medianLimits: (lower: Double?, upper: Double?) {
    func crossing(_ limits: [Double]) -> Double? {
      limits.indices.first { limits[$0] <= 0.5 || survival[$0] <= 0 }.map { times[$0] }
    }
    return (crossing(lower), crossing(upper))
  }

  /// The probability of the event within `horizon` more for who has none at `age`; `nil` when nobody lasted so long.
  package func probabilityOfEvent(after age: Double, within horizon: Double) -> Double? {
    let reached = survival(at: age)
    return reached > 0 ? 1 - survival(at: age + horizon) / reached : nil
  }

  // MARK: Storing

  /// The bytes of this curve.
  package func encoded() -> [UInt8] {
    var writer = PayloadWriter(.survivalCurve)
    writer.write(confidence)
    writer.write(times)
    writer.write(atRisk)
    writer.write(events)
    return writer.finish()
  }

  /// The curve in `bytes`, which ``encoded()`` wrote.
  package init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, expecting: .survivalCurve)
    let confidence = try reader.readDouble()
    let times = try reader.readDoubles()
    let atRisk = try reader.readIntegers()
    let events = try reader.readIntegers()
    try reader.finish()
    guard let table = SurvivalTable(times: times, atRisk: atRisk, events: events), confidence > 0, confidence < 1
    else { throw .damaged }
    self.init(table, confidence: confidence)
  }

  package static func == (left: SurvivalCurve, right: SurvivalCurve) -> Bool {
    left.times == right.times && left.atRisk == right.atRisk && left.events == right.events
      && left.confidence == right.confidence
  }
}
