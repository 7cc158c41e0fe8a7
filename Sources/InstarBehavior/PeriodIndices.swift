import InstarCalendar

extension PeriodTable {
  /// Sets `indices` to the period of each time, −1 outside the range; keeps its memory from batch to batch.
  func fill(_ indices: inout [Int32], _ times: Span<Int64>) {
    if indices.count > times.count {
      indices.removeLast(indices.count - times.count)
    } else {
      indices.append(contentsOf: repeatElement(0, count: times.count - indices.count))
    }
    var output = indices.mutableSpan
    self.indices(of: times, into: &output)
  }
}
