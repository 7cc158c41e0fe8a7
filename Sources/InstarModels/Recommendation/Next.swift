#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Directed, decayed co-occurrence: what users turn to after an item.
///
/// C[j, k] = sum over all pairs "j, then k at gap g <= window" of e^(-(g-1)/tau), and S[j, k] = C[j, k] / (d_j^a d_k^c)
/// with d the number of users who deal with the item. Each item keeps its `neighbours` greatest. The counters are whole
/// numbers of 1/65536, so that adding and taking away in any order gives the same table.
///
/// Reference page: `docs/reference/recommend/next.md`.
package enum Next {
  package struct Configuration: Sendable, Hashable {
    /// How fast a pair loses weight with its gap, and an item of a history with its rank.
    package var tau: Double
    /// The greatest gap, in steps of the user's sequence.
    package var window: Int
    /// Exponent a of the source item's frequency.
    package var sourceExponent: Double
    /// Exponent c of the target item's frequency.
    package var targetExponent: Double
    /// Weight of the opposite direction: 0 for histories, 0.5 for short sessions.
    package var reverse: Double
    package var neighbours: Int

    package init(
      tau: Double = 3, window: Int = 20, sourceExponent: Double = 0.5, targetExponent: Double = 0.2,
      reverse: Double = 0, neighbours: Int = 100
    ) {
      self.tau = tau
      self.window = window
      self.sourceExponent = sourceExponent
      self.targetExponent = targetExponent
      self.reverse = reverse
      self.neighbours = neighbours
    }

    package func validate() throws(ModelError) {
      try ModelError.check(tau > 0 && tau.isFinite, "tau must be a positive number, not \(tau)")
      try ModelError.check((1...255).contains(window), "window must be from 1 to 255 steps, not \(window)")
      try ModelError.check((0...1).contains(reverse), "reverse must be from 0 to 1, not \(reverse)")
      try ModelError.check(neighbours > 0, "neighbours must be at least 1, not \(neighbours)")
    }
  }

  /// A unit of the counters.
  static let scale = 65_536.0

  /// Counts events of positive weight; an item that follows itself is one step.
  ///
  /// - Complexity: O(entries x window) on all cores, memory O(entries + items x neighbours).
  package static func fit(_ interactions: Interactions, _ configuration: Configuration = .init()) -> ItemTable {
    let steps = Steps(interactions)
    let chunkCount = max(1, min(64, interactions.itemCount / 16))
    let forward = counterWeights(configuration, factor: 1)
    let backward = counterWeights(configuration, factor: configuration.reverse)
    let parts = concurrentChunks(chunkCount) { chunk in
      rows(of: steps, from: chunk, stride: chunkCount, forward, backward, configuration)
    }
    let matrix = SparseMatrix(
      columnCount: interactions.itemCount, rowCount: interactions.itemCount, strided: parts)
    return ItemTable(source: .next, decay: .rank(tau: configuration.tau), matrix: matrix)
  }

  private static func counterWeights(_ configuration: Configuration, factor: Double) -> [UInt64] {
    [0]
      + (1...configuration.window).map { gap in
        UInt64((factor * exp(-Double(gap - 1) / configuration.tau) * scale).rounded())
      }
  }

  private static func rows(
    of steps: Steps, from first: Int, stride: Int, _ forward: [UInt64], _ backward: [UInt64],
    _ configuration: Configuration
  ) -> SparseRows {
    let itemCount = steps.degrees.count
    let bothWays = backward.contains { $0 > 0 }
    let targetFactors = steps.degrees.map { $0 > 0 ? pow(Double($0), -configuration.targetExponent) : 0 }
    var counters = [UInt64](repeating: 0, count: itemCount)
    var touched: [UInt32] = []
    var best = TopItems(capacity: configuration.neighbours)
    var result = SparseRows()
    var item = first
    while item < itemCount {
      for place in steps.placeStarts[item]..<steps.placeStarts[item &+ 1] {
        let position = Int(steps.places[place])
        count(steps, after: position, forward, &counters, &touched)
        if bothWays { count(steps, before: position, backward, &counters, &touched) }
      }
      let sourceFactor = pow(max(1, Double(steps.degrees[item])), -configuration.sourceExponent) / scale
      for target in touched {
        if Int(target) != item {
          best.offer(target, Double(counters[Int(target)]) * sourceFactor * targetFactors[Int(target)])
        }
        counters[Int(target)] = 0
      }
      touched.removeAll(keepingCapacity: true)
      result.append(best.takeByItem())
      item &+= stride
    }
    return result
  }

  private static func count(
    _ steps: Steps, after position: Int, _ weights: [UInt64], _ counters: inout [UInt64], _ touched: inout [UInt32]
  ) {
    let gaps = min(weights.count - 1, Int(steps.ends[position]) - position - 1)
    var gap = 1
    while gap <= gaps && weights[gap] > 0 {
      let target = steps.items[position &+ gap]
      if counters[Int(target)] == 0 { touched.append(target) }
      counters[Int(target)] &+= weights[gap]
      gap &+= 1
    }
  }

  private static func count(
    _ steps: Steps, before position: Int, _ weights: [UInt64], _ counters: inout [UInt64], _ touched: inout [UInt32]
  ) {
    let gaps = min(weights.count - 1, position - Int(steps.begins[position]))
    var gap = 1
    while gap <= gaps && weights[gap] > 0 {
      let target = steps.items[position &- gap]
      if counters[Int(target)] == 0 { touched.append(target) }
      counters[Int(target)] &+= weights[gap]
      gap &+= 1
    }
  }
}

/// The sequences of all users one after the other, and where each item stands in them.
private struct Steps: Sendable {
  var items: [UInt32] = []
  /// For each step, where its user's sequence begins and ends.
  var begins: [UInt32] = []
  var ends: [UInt32] = []
  /// The number of users with the item.
  var degrees: [Int]
  /// `places[placeStarts[i] ..< placeStarts[i + 1]]` are the steps of item i.
  var placeStarts: [Int]
  var places: [UInt32]

  init(_ interactions: Interactions) {
    let itemCount = interactions.itemCount
    precondition(interactions.entryCount < Int(UInt32.max), "more interactions than a table can count")
    degrees = [Int](repeating: 0, count: itemCount)
    placeStarts = [Int](repeating: 0, count: itemCount + 1)
    places = []
    items.reserveCapacity(interactions.entryCount)
    begins.reserveCapacity(interactions.entryCount)
    ends.reserveCapacity(interactions.entryCount)
    var newestUser = [Int32](repeating: -1, count: itemCount)
    for user in 0..<interactions.userCount {
      let begin = items.count
      for entry in interactions.starts[user]..<interactions.starts[user + 1] where interactions.weights[entry] > 0 {
        let item = interactions.items[entry]
        if items.count > begin && items[items.count - 1] == item { continue }
        items.append(item)
        placeStarts[Int(item) + 1] += 1
        if newestUser[Int(item)] != Int32(truncatingIfNeeded: user) {
          newestUser[Int(item)] = Int32(truncatingIfNeeded: user)
          degrees[Int(item)] += 1
        }
      }
      for _ in begin..<items.count {
        begins.append(UInt32(begin))
        ends.append(UInt32(items.count))
      }
    }
    sortPlaces()
  }

  private mutating func sortPlaces() {
    for item in 0..<degrees.count { placeStarts[item + 1] += placeStarts[item] }
    var next = placeStarts
    places = [UInt32](repeating: 0, count: items.count)
    for position in items.indices {
      let item = Int(items[position])
      places[next[item]] = UInt32(position)
      next[item] += 1
    }
  }
}
