import InstarModels
import Testing

@Suite struct RulesTests {
  private func baskets(_ lists: [[UInt32]]) -> Baskets {
    var baskets = Baskets()
    for (owner, items) in lists.enumerated() { baskets.append(owner: UInt32(owner), items: items) }
    return baskets
  }

  /// The five baskets of the documentation of mlxtend: milk 0, onion 1, nutmeg 2, kidney beans 3, eggs 4, yogurt 5,
  /// dill 6, apple 7, unicorn 8, corn 9, ice cream 10.
  private var grocery: Baskets {
    baskets([
      [0, 1, 2, 3, 4, 5], [6, 1, 2, 3, 4, 5], [0, 7, 3, 4], [0, 8, 9, 3, 5], [9, 1, 1, 3, 10, 4],
    ])
  }

  /// That page lists 11 sets at a support of 0.6, and these counts.
  @Test func frequentSets() {
    let found = FrequentItemsets(of: grocery, minimumCount: 3, maximumLength: 5)
    let sets = (0..<found.count).map { "\(found.set($0).map(String.init).joined(separator: "+")): \(found.counts[$0])" }
    #expect(
      Set(sets) == [
        "4: 4", "3: 5", "0: 3", "1: 3", "5: 3", "3+4: 4", "1+4: 3", "0+3: 3", "1+3: 3", "3+5: 3", "1+3+4: 3",
      ])
    #expect(sets.count == 11)
  }

  /// Of the 12 rules on that page ten have one item behind the arrow; lift and conviction are its figures.
  @Test func rulesOfThePage() throws {
    let rules = AssociationRules(of: grocery, .init(minimumSupport: 0.6, minimumConfidence: 0.7)).rules
    let texts = rules.map { "\($0.antecedent.map(String.init).joined(separator: "+"))>\($0.consequent)" }
    #expect(Set(texts) == ["4>3", "3>4", "4>1", "1>4", "0>3", "1>3", "5>3", "3+4>1", "1+4>3", "1+3>4"])
    #expect(rules.count == 10)
    // onion -> eggs: support 0.6, confidence 1, lift 1.25, leverage 0.12, conviction infinite
    let eggs = try #require(rules.first { $0.antecedent == [1] && $0.consequent == 4 })
    #expect(abs(eggs.support - 0.6) < 1e-12 && abs(eggs.lift - 1.25) < 1e-12 && abs(eggs.leverage - 0.12) < 1e-12)
    #expect(eggs.confidence == 1 && eggs.conviction == nil)
    // eggs -> onion: confidence 0.75, lift 1.25, conviction 1.6
    let onion = try #require(rules.first { $0.antecedent == [4] && $0.consequent == 1 })
    #expect(abs(onion.confidence - 0.75) < 1e-12 && abs((onion.conviction ?? 0) - 1.6) < 1e-12)
    #expect(rules.first?.lift == rules.map(\.lift).max())
  }

  /// 4 of 5 is 0.8 exactly: a rule at the threshold is a rule, in spite of what 0.8 is in binary.
  @Test func thresholdsAreExact() {
    let lists: [[UInt32]] = [[0, 1], [0, 1], [0, 1], [0, 1], [0], [2], [2], [2], [2], [2]]
    let rules = AssociationRules(of: baskets(lists), .init(minimumSupport: 0.4, minimumConfidence: 0.8)).rules
    #expect(rules.contains { $0.antecedent == [0] && $0.consequent == 1 && $0.count == 4 })
    for denominator in 1...400 {
      for tenths in 0...10 {
        let share = DecimalShare(Double(tenths) / 10)
        let least = (tenths * denominator + 9) / 10
        #expect(share.leastCount(of: denominator) == least)
      }
    }
  }

  /// One basket is an anecdote, however low the threshold is.
  @Test func neverOfOneBasket() {
    let rules = AssociationRules(of: baskets([[0, 1], [2], [2]]), .init(minimumSupport: 0, minimumConfidence: 0)).rules
    #expect(rules.isEmpty)
  }

  // MARK: - Against every subset

  /// All subsets of every basket, counted: what FP-growth must find.
  @Test(arguments: 0..<60) func againstExhaustion(_ seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let alphabet = 3 + random.below(8)
    var lists: [[UInt32]] = []
    for _ in 0..<(5 + random.below(40)) {
      lists.append((0..<random.below(8)).map { _ in UInt32(min(random.below(alphabet), random.below(alphabet))) })
    }
    let baskets = baskets(lists)
    let least = 1 + random.below(4)
    let longest = 1 + random.below(5)
    var expected: [[UInt32]: Int] = [:]
    for basket in 0..<baskets.count {
      let items = Array(baskets.items[baskets.starts[basket]..<baskets.starts[basket + 1]])
      for mask in 1..<(1 << items.count) where mask.nonzeroBitCount <= longest {
        expected[items.indices.filter { mask >> $0 & 1 == 1 }.map { items[$0] }, default: 0] += 1
      }
    }
    expected = expected.filter { $0.value >= least }
    let found = FrequentItemsets(of: baskets, minimumCount: least, maximumLength: longest)
    var sets: [[UInt32]: Int] = [:]
    for set in 0..<found.count { sets[Array(found.set(set))] = found.counts[set] }
    #expect(sets == expected, "seed \(seed)")
    #expect(found.count == expected.count, "seed \(seed): a set came twice")
    let counted = Dictionary(grouping: expected.keys.flatMap { set in set.count > 1 ? set : [] }, by: { $0 }).count
    #expect(counted <= alphabet)
    checkRules(baskets, expected, least: least, longest: longest, seed: seed)
  }

  private func checkRules(_ baskets: Baskets, _ sets: [[UInt32]: Int], least: Int, longest: Int, seed: Int) {
    guard longest >= 2, least >= 2 else { return }
    let share = Double(least) / Double(baskets.count)
    let mined = AssociationRules(
      of: baskets, .init(minimumSupport: share, minimumConfidence: 0.5, maximumLength: longest))
    // The share that was written need not be a short decimal; only then do both mean the same count.
    guard DecimalShare(share).leastCount(of: baskets.count) == least else { return }
    var expected: Set<String> = []
    for (set, count) in sets where set.count > 1 {
      for item in set {
        let rest = set.filter { $0 != item }
        if 2 * count >= sets[rest, default: 0] { expected.insert("\(rest)>\(item):\(count)") }
      }
    }
    #expect(Set(mined.rules.map { "\($0.antecedent)>\($0.consequent):\($0.count)" }) == expected, "seed \(seed)")
  }

  // MARK: - Order

  /// Three users: a at 1, b at 2; a at 1, b at 2; b at 1, a at 2. a before b in two of three; nothing at one instant.
  @Test func orderedRules() {
    var baskets = Baskets(isOrdered: true)
    baskets.append(owner: 0, items: [0, 1], times: [1, 2])
    baskets.append(owner: 1, items: [0, 1], times: [1, 2])
    baskets.append(owner: 2, items: [1, 0], times: [1, 2])
    baskets.append(owner: 3, items: [0, 1], times: [1, 1])
    let rules = AssociationRules(of: baskets, .init(minimumSupport: 0.25, minimumConfidence: 0.1)).rules
    #expect(rules.count == 1)
    #expect(rules.first?.antecedent == [0] && rules.first?.count == 2 && rules.first?.confidence == 0.5)
  }

  /// The antecedent is complete when its last item has come; the consequent may have come before, too.
  @Test func orderedByCompletion() {
    var baskets = Baskets(isOrdered: true)
    for owner in UInt32(0)..<2 {
      baskets.append(owner: owner, items: [2, 0, 1, 2], times: [1, 2, 3, 4])
      baskets.append(owner: owner, items: [0, 2, 1], times: [1, 2, 3])
    }
    let rules = AssociationRules(of: baskets, .init(minimumSupport: 0.5, minimumConfidence: 0.1)).rules
    let both = rules.first { $0.antecedent == [0, 1] && $0.consequent == 2 }
    #expect(both?.count == 2 && both?.antecedentCount == 4)
  }

  @Test func usersOfARule() throws {
    var baskets = Baskets()
    for owner: UInt32 in [7, 7, 9] { baskets.append(owner: owner, items: [3, 4]) }
    baskets.append(owner: 9, items: [3])
    let rule = try #require(AssociationRules(of: baskets).rules.first { $0.antecedent == [4] })
    let occurrences = RuleOccurrences(baskets)
    #expect(occurrences.baskets(of: rule) == [0, 1, 2])
    #expect(occurrences.users(of: [0, 1, 2]) == 2)
  }

  @Test func joinedStretches() {
    let lists: [[UInt32]] = [[0, 1], [2, 1], [0, 1, 2], [1]]
    var left = baskets(Array(lists[..<2]))
    left.append(contentsOf: baskets(Array(lists[2...])))
    let whole = baskets(lists)
    #expect(left.items == whole.items && left.starts == whole.starts)
    #expect(whole.chosen([2, 0]).items == [0, 1, 2, 0, 1])
  }
}
