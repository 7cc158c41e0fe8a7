/// What other kinds of events and frequent values of their properties say of a user before an anchor.
///
/// All calls take the part of a user's rows that lies before the anchor; the caller has cut it.
package struct SlotFeatures {
  /// The windows in days in which events of a kind are counted.
  package static let windows = [7, 30, 90]
  /// Numbers for each kind of event: the counts, and the days since the last one.
  package static let numbersPerType = windows.count + 1
  /// Numbers for each value of a property: whether the last known value is this one, and its share of the known ones.
  package static let numbersPerValue = 2

  /// Codes of the kinds of events.
  private let types: [UInt32]
  private let places: [Int32]

  /// - Parameter types: codes of kinds of events, each once.
  package init(types: [UInt32]) {
    self.types = types
    var places = [Int32](repeating: -1, count: Int(types.max() ?? 0) + 1)
    for (place, type) in types.enumerated() { places[Int(type)] = Int32(place) }
    self.places = places
  }

  /// Writes ``numbersPerType`` numbers for each kind into `row` from `start`: counts in the windows, then the days since
  /// the last one, NaN where there is none.
  ///
  /// - Complexity: O(events), backwards from the anchor.
  package func writeTypes(
    times: Span<Int64>, types: Span<UInt32>, anchor: Int64, into row: inout [Double], at start: Int
  ) {
    precondition(times.count == types.count, "one type for each time")
    let width = Self.numbersPerType
    for place in self.types.indices {
      for number in 0..<width - 1 { row[start + place * width + number] = 0 }
      row[start + place * width + width - 1] = .nan
    }
    var event = times.count
    while event > 0 {
      event &-= 1
      let type = Int(types[event])
      guard type < places.count, places[type] >= 0 else { continue }
      let base = start + Int(places[type]) * width
      let age = Double(anchor - times[event]) / RhythmFeatures.millisecondsPerDay
      if row[base + width - 1].isNaN { row[base + width - 1] = age }
      for number in 0..<width - 1 where age <= Double(Self.windows[number]) { row[base + number] += 1 }
    }
  }

  /// Writes ``numbersPerValue`` numbers for each of `values` into `row` from `start`.
  ///
  /// - Parameters:
  ///   - codes: of the property, one for each event.
  ///   - present: empty when every row has a value, else one byte a row, 1 for present.
  package static func writeValues(
    _ values: [UInt32], codes: Span<UInt32>, present: Span<UInt8>, into row: inout [Double], at start: Int
  ) {
    for place in 0..<values.count * numbersPerValue { row[start + place] = 0 }
    var known = 0.0
    var event = codes.count
    while event > 0 {
      event &-= 1
      if !present.isEmpty, present[event] == 0 { continue }
      let place = values.firstIndex(of: codes[event])
      if known == 0, let place { row[start + place * numbersPerValue] = 1 }
      known += 1
      if let place { row[start + place * numbersPerValue + 1] += 1 }
    }
    if known == 0 { return }
    for place in values.indices { row[start + place * numbersPerValue + 1] /= known }
  }

  /// The number of distinct codes among the present rows. Complexity: O(*n* log *n*).
  package static func distinct(codes: Span<UInt32>, present: Span<UInt8>, scratch: inout [UInt32]) -> Int {
    scratch.removeAll(keepingCapacity: true)
    var row = 0
    while row < codes.count {
      if present.isEmpty || present[row] != 0 { scratch.append(codes[row]) }
      row &+= 1
    }
    scratch.sort()
    var count = 0
    for (position, code) in scratch.enumerated() where position == 0 || scratch[position - 1] != code { count += 1 }
    return count
  }
}
