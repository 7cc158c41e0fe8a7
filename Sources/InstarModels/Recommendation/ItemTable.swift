/// A sparse table of how much an item of a history speaks for another item: what `next`, `cooc` and `taste` learn.
///
/// The score of item i for a history is the sum over its items j of w_j S[j, i], with w_j from ``decay``.
package struct ItemTable: Sendable, Equatable {
  package let source: RecommendationSource
  /// How the items of a history lose weight when the table is asked.
  package let decay: RecencyDecay
  /// S by rows: `matrix` row j holds the items i that j speaks for.
  package let matrix: SparseMatrix

  package init(source: RecommendationSource, decay: RecencyDecay, matrix: SparseMatrix) {
    self.source = source
    self.decay = decay
    self.matrix = matrix
  }

  /// The same for a catalogue of `itemCount` items, of which the table knows the first.
  package func widened(to itemCount: Int) -> ItemTable {
    ItemTable(source: source, decay: decay, matrix: matrix.widened(to: itemCount))
  }

  /// Adds the score of every item that the weighed `history` speaks for.
  ///
  /// - Complexity: O(table entries of the history's items). No allocation once `scores` is warm.
  func score(_ history: History, into scores: inout ItemScores) {
    let columns = matrix.columns.span
    let values = matrix.values.span
    var position = 0
    while position < history.count && history.weights[position] > 0 {
      scores.add(
        history.weights[position], times: matrix.entries(ofRow: Int(history.items[position])), columns, values)
      position &+= 1
    }
  }

  /// The part of the score of `item` that the history's item at `position` gives.
  func term(_ history: History, at position: Int, item: UInt32) -> Double {
    history.weights[position] * Double(matrix.value(row: Int(history.items[position]), column: item))
  }

  /// The bytes of this model.
  package func encoded() -> [UInt8] {
    var writer = PayloadWriter(.itemTable)
    writer.write(source.rawValue)
    writer.write(decay)
    writer.write(matrix)
    return writer.finish()
  }

  /// The model in `bytes`, which ``encoded()`` wrote.
  package init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, expecting: .itemTable)
    guard let source = RecommendationSource(rawValue: try reader.read()) else { throw .damaged }
    decay = try reader.readDecay()
    self.source = source
    matrix = try reader.readMatrix()
    try reader.finish()
  }
}
