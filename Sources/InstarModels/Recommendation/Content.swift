#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Content similarity: items described alike, whoever has dealt with them.
///
/// An item is the vector of its terms, weighted tf x idf with idf = ln((1+N)/(1+df)) + 1 and scaled to length 1. A user
/// is the weighted sum p of the vectors of his history, and the score of an item x is p.x / |p|: the cosine.
///
/// Reference page: `docs/reference/recommend/content.md`.
package struct ContentModel: Sendable, Equatable {
  package struct Configuration: Sendable, Hashable {
    /// How many bands of equally many items a number is cut into.
    package var bands: Int
    /// How the items of a history lose weight in the profile.
    package var decay: RecencyDecay

    package init(bands: Int = 5, decay: RecencyDecay = .moment(tau: 3)) {
      self.bands = bands
      self.decay = decay
    }

    package func validate() throws(ModelError) {
      try ModelError.check((2...100).contains(bands), "bands must be from 2 to 100, not \(bands)")
    }
  }

  package let decay: RecencyDecay
  /// Items by terms, each row of length 1 or empty.
  package let vectors: SparseMatrix
  /// Terms by items: `vectors` transposed.
  package let postings: SparseMatrix

  private init(decay: RecencyDecay, vectors: SparseMatrix) {
    self.decay = decay
    self.vectors = vectors
    postings = vectors.transposed()
  }

  /// - Complexity: O(*n* log *n*) in the terms of all items.
  package static func fit(_ documents: consuming ItemDocuments, _ configuration: Configuration = .init())
    -> ContentModel
  {
    let counts = documents.termCounts(bands: configuration.bands).counts
    let described = (0..<counts.rowCount).reduce(0) { $0 + (counts.entries(ofRow: $1).isEmpty ? 0 : 1) }
    var frequencies = [Int](repeating: 0, count: counts.columnCount)
    for term in counts.columns { frequencies[Int(term)] += 1 }
    let idf = frequencies.map { log(Double(1 + described) / Double(1 + $0)) + 1 }
    var values: [Float] = []
    values.reserveCapacity(counts.entryCount)
    for item in 0..<counts.rowCount {
      let entries = counts.entries(ofRow: item)
      let weights = entries.map { Double(counts.values[$0]) * idf[Int(counts.columns[$0])] }
      let length = weights.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for weight in weights { values.append(Float(weight / length)) }
    }
    let vectors = SparseMatrix(
      columnCount: counts.columnCount, starts: counts.starts, columns: counts.columns, values: values)
    return ContentModel(decay: configuration.decay, vectors: vectors)
  }

  /// The cosine of two items.
  ///
  /// - Complexity: O(terms of both).
  package func similarity(_ first: UInt32, _ second: UInt32) -> Double {
    let (a, b) = (vectors.entries(ofRow: Int(first)), vectors.entries(ofRow: Int(second)))
    var (i, j) = (a.lowerBound, b.lowerBound)
    var sum = 0.0
    while i < a.upperBound && j < b.upperBound {
      let (left, right) = (vectors.columns[i], vectors.columns[j])
      if left == right { sum += Double(vectors.values[i]) * Double(vectors.values[j]) }
      if left <= right { i &+= 1 }
      if right <= left { j &+= 1 }
    }
    return sum
  }

  /// Adds the score of every item that shares a term with the weighed `history`.
  ///
  /// - Parameter profile: scratch over the terms, empty on entry and on return.
  /// - Returns: the length |p| of the profile, 0 when no item of the history is described.
  /// - Complexity: O(postings of the history's terms).
  @discardableResult
  func score(_ history: History, profile: inout ItemScores, into scores: inout ItemScores) -> Double {
    let (terms, weights) = (vectors.columns.span, vectors.values.span)
    for position in 0..<history.count where history.weights[position] > 0 {
      let entries = vectors.entries(ofRow: Int(history.items[position]))
      profile.add(history.weights[position], times: entries, terms, weights)
    }
    var square = 0.0
    for term in profile.touched { square += profile[term] * profile[term] }
    let length = square.squareRoot()
    if length > 0 {
      let (items, parts) = (postings.columns.span, postings.values.span)
      for term in profile.touched {
        scores.add(profile[term] / length, times: postings.entries(ofRow: Int(term)), items, parts)
      }
    }
    profile.clear()
    return length
  }

  /// The bytes of this model.
  package func encoded() -> [UInt8] {
    var writer = PayloadWriter(.content)
    writer.write(decay)
    writer.write(vectors)
    return writer.finish()
  }

  /// The model in `bytes`, which ``encoded()`` wrote.
  package init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, expecting: .content)
    let decay = try reader.readDecay()
    let vectors = try reader.readMatrix()
    try reader.finish()
    self.init(decay: decay, vectors: vectors)
  }
}
