import InstarColumns
import InstarPlan

/// The events that an analysis looks for: each pattern has a bit in the mask of a row.
struct EventMarks: Sendable {
  private let marks: [(pattern: Int, bit: UInt64)]
  /// Masks by event type, where types alone decide.
  private let typeMasks: [UInt64]?
  /// Whether only the first line of an order is marked.
  private let countsOccurrences: Bool

  init(_ marks: [(pattern: Int, bit: UInt64)], _ builder: ProgramBuilder, countsOccurrences: Bool) {
    self.marks = marks
    self.countsOccurrences = countsOccurrences
    typeMasks = Self.typeMasks(marks, builder, countsOccurrences)
  }

  private static func typeMasks(
    _ marks: [(pattern: Int, bit: UInt64)], _ builder: ProgramBuilder, _ countsOccurrences: Bool
  ) -> [UInt64]? {
    var masks = [UInt64](repeating: 0, count: builder.eventTypeCount)
    for (index, bit) in marks {
      let pattern = builder.program.patterns[index]
      guard !(pattern.occurrences && countsOccurrences), pattern.ordinal != .first, pattern.ordinal != .last,
        pattern.then == nil
      else { return nil }
      for alternative in pattern.alternatives {
        guard alternative.filter == nil else { return nil }
        for type in masks.indices where alternative.types.map({ $0[type] != 0 }) ?? true { masks[type] |= bit }
      }
    }
    return masks
  }

  /// The types of the rows and a mask for each type, or no types and a mask for each row.
  /// - Parameter users: one byte for each user; rows of users with 0 have no bits. Empty means all.
  func masks(_ evaluator: BatchEvaluator, users: [UInt8]) -> (types: [UInt32], masks: [UInt64]) {
    if let typeMasks, users.isEmpty { return (evaluator.types(for: typeMasks), typeMasks) }
    return ([], rowMasks(evaluator, users: users))
  }

  /// A mask for each row.
  func rowMasks(_ evaluator: BatchEvaluator, users: [UInt8]) -> [UInt64] {
    let batch = evaluator.batch
    var masks = [UInt64](repeating: 0, count: batch.rowCount)
    for (pattern, bit) in marks {
      for row in rows(of: pattern, evaluator) { masks[row] |= bit }
    }
    guard !users.isEmpty else { return masks }
    let starts = batch.starts
    for user in users.indices where users[user] == 0 {
      for row in starts[user]..<starts[user + 1] { masks[row] = 0 }
    }
    return masks
  }

  private func rows(of pattern: Int, _ evaluator: BatchEvaluator) -> [Int] {
    let found = evaluator.rows(of: pattern)
    let list = countsOccurrences ? found.occurrences : found.all
    switch evaluator.program.patterns[pattern].ordinal {
    case .first: return evaluator.edgeRows(of: list, occurrences: found.occurrences, first: true)
    case .last: return evaluator.edgeRows(of: list, occurrences: found.occurrences, first: false)
    case .each, nil:
      guard let holds = list.holds else { return list.rows }
      return list.rows.indices.filter { holds[$0] != 0 }.map { list.rows[$0] }
    }
  }
}
