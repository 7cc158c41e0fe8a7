/// One rule: baskets that hold all items of `antecedent` also hold `consequent`.
///
/// With n baskets and counts a of the antecedent, c of the consequent and b of both:
///
///     support     b / n
///     confidence  b / a
///     lift        (b / a) / (c / n)         how much likelier than among all baskets
///     leverage    b / n - (a / n)(c / n)    the share of baskets beyond what chance gives
///     conviction  (1 - c / n) / (1 - b / a) how much oftener the rule would fail by chance
///
/// R. Agrawal, T. Imielinski, A. Swami, SIGMOD 1993 (support, confidence); S. Brin et al., SIGMOD 1997 (lift,
/// conviction); G. Piatetsky-Shapiro, 1991 (leverage).
package struct AssociationRule: Sendable, Hashable {
  /// Ascending codes, at least one.
  package var antecedent: [UInt32]
  package var consequent: UInt32
  /// Baskets with both; of ordered rules those in which the antecedent was complete before the consequent came.
  package var count: Int
  package var antecedentCount: Int
  package var consequentCount: Int
  /// All baskets.
  package var baskets: Int

  package var support: Double { Double(count) / Double(baskets) }
  package var confidence: Double { Double(count) / Double(antecedentCount) }
  package var lift: Double {
    Double(count) * Double(baskets) / (Double(antecedentCount) * Double(consequentCount))
  }
  package var leverage: Double {
    support - Double(antecedentCount) / Double(baskets) * (Double(consequentCount) / Double(baskets))
  }
  /// `nil` where the rule never fails.
  package var conviction: Double? {
    guard count < antecedentCount else { return nil }
    return (1 - Double(consequentCount) / Double(baskets)) / (1 - confidence)
  }
}

/// Mines association rules from baskets.
package struct AssociationRules: Sendable {
  package struct Configuration: Sendable, Hashable {
    /// The least share of baskets that hold all items of a rule.
    package var minimumSupport: Double
    /// The least share of the antecedent's baskets that hold the consequent too.
    package var minimumConfidence: Double
    /// The most items of a rule, both sides together.
    package var maximumLength: Int

    package init(minimumSupport: Double = 0.01, minimumConfidence: Double = 0.25, maximumLength: Int = 5) {
      precondition(maximumLength >= 2, "a rule has two sides")
      self.minimumSupport = minimumSupport
      self.minimumConfidence = minimumConfidence
      self.maximumLength = maximumLength
    }
  }

  /// The rules, by lift, then by count, then by codes.
  package let rules: [AssociationRule]
  /// The fewest baskets that hold a rule.
  package let leastCount: Int
  /// The frequent sets that they are made of.
  package let itemsets: FrequentItemsets

  /// All rules with one item behind THEN. Fewer than two baskets are never a rule. Where the baskets know the order of
  /// their items, the rules are ordered.
  ///
  /// Thresholds are compared with whole numbers, so that a rule exactly at one is found.
  package init(of baskets: Baskets, _ configuration: Configuration = Configuration()) {
    let least = max(2, DecimalShare(configuration.minimumSupport).leastCount(of: baskets.count))
    leastCount = least
    itemsets = FrequentItemsets(of: baskets, minimumCount: least, maximumLength: configuration.maximumLength)
    let confidence = DecimalShare(configuration.minimumConfidence)
    var found: [AssociationRule] = []
    let index = ItemsetIndex(itemsets)
    for set in 0..<itemsets.count where itemsets.set(set).count > 1 {
      let items = Array(itemsets.set(set))
      for place in items.indices {
        var antecedent = items
        let consequent = antecedent.remove(at: place)
        let before = index.count(of: antecedent)
        guard confidence.isReached(by: itemsets.counts[set], of: before) else { continue }
        found.append(
          AssociationRule(
            antecedent: antecedent, consequent: consequent, count: itemsets.counts[set], antecedentCount: before,
            consequentCount: index.count(of: [consequent]), baskets: baskets.count))
      }
    }
    if baskets.isOrdered {
      let occurrences = RuleOccurrences(baskets)
      found = found.compactMap { rule in
        var ordered = rule
        ordered.count = occurrences.baskets(of: rule).count
        let isKept = ordered.count >= least && confidence.isReached(by: ordered.count, of: rule.antecedentCount)
        return isKept ? ordered : nil
      }
    }
    rules = found.sorted { left, right in
      if left.lift != right.lift { return left.lift > right.lift }
      if left.count != right.count { return left.count > right.count }
      if left.antecedent != right.antecedent { return left.antecedent.lexicographicallyPrecedes(right.antecedent) }
      return left.consequent < right.consequent
    }
  }
}

/// From a set of items to its count: a hash of the set is the sum of hashes of its items.
private struct ItemsetIndex {
  private let itemsets: FrequentItemsets
  /// A set + 1; 0 is free.
  private var slots: [Int32]

  init(_ itemsets: FrequentItemsets) {
    self.itemsets = itemsets
    var size = 16
    while size < itemsets.count * 2 { size *= 2 }
    slots = [Int32](repeating: 0, count: size)
    for set in 0..<itemsets.count {
      var slot = Self.hash(itemsets.set(set)) & (size - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
      slots[slot] = Int32(set + 1)
    }
  }

  /// - Precondition: the set is frequent; every part of a frequent set is.
  func count(of items: [UInt32]) -> Int {
    var slot = Self.hash(items[...]) & (slots.count - 1)
    while slots[slot] != 0 {
      let set = Int(slots[slot]) - 1
      if itemsets.set(set).elementsEqual(items) { return itemsets.counts[set] }
      slot = (slot + 1) & (slots.count - 1)
    }
    preconditionFailure("a part of a frequent set is frequent")
  }

  private static func hash(_ items: ArraySlice<UInt32>) -> Int {
    var sum: UInt64 = 0
    for item in items {
      var z = (UInt64(item) &+ 1) &* 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      sum &+= z ^ (z >> 27)
    }
    return Int(truncatingIfNeeded: sum >> 1)
  }
}
