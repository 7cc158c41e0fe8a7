import InstarModels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Tables of three items A = 0, B = 1, C = 2 that are worked out by hand.
@Suite struct ItemTableTests {
  // MARK: next

  @Test func nextCountsPairsByGap() {
    // u0: A B C, u1: A C. C[A,B] = 1, C[A,C] = e^(-1/3) + 1, C[B,C] = 1; d = 2, 1, 2.
    let table = Next.fit(histories([[0, 1, 2], [0, 2]], itemCount: 3))
    let w = exp(-1.0 / 3)
    expectEqual(table.value(0, 1), 1 / (pow(2, 0.5) * pow(1, 0.2)), within: 1e-5)
    expectEqual(table.value(0, 2), (1 + w) / (pow(2, 0.5) * pow(2, 0.2)), within: 1e-5)
    expectEqual(table.value(1, 2), 1 / (pow(1, 0.5) * pow(2, 0.2)), within: 1e-5)
    #expect(table.matrix.entryCount == 3, "nothing leads backwards")
  }

  @Test func nextCountsTheOtherDirectionWhenAsked() {
    let both = Next.Configuration(sourceExponent: 0, targetExponent: 0, reverse: 0.5)
    let table = Next.fit(histories([[0, 1]], itemCount: 2), both)
    expectEqual(table.value(0, 1), 1, within: 1e-5)
    expectEqual(table.value(1, 0), 0.5, within: 1e-5)
  }

  @Test func nextTakesARunOfOneItemAsOneStep() {
    let plain = Next.Configuration(sourceExponent: 0, targetExponent: 0)
    let table = Next.fit(histories([[0, 0, 0, 1]], itemCount: 2), plain)
    expectEqual(table.value(0, 1), 1, within: 1e-5)
    #expect(table.value(0, 0) == 0)
  }

  @Test func nextLooksNoFurtherThanItsWindow() {
    let near = Next.Configuration(window: 1, sourceExponent: 0, targetExponent: 0)
    let table = Next.fit(histories([[0, 1, 2]], itemCount: 3), near)
    #expect(table.value(0, 2) == 0)
    expectEqual(table.value(1, 2), 1, within: 1e-5)
  }

  // MARK: cooc

  // u0: A B, u1: A B C, u2: A. Together: AB 2, AC 1, BC 1; d_i = 3, 2, 1; d_u = 2, 3, 1.
  private let baskets = [[0, 1], [0, 1, 2], [0]] as [[UInt32]]

  @Test func cosineOfCoOccurrence() {
    let table = CoOccurrence.fit(histories(baskets, itemCount: 3), .cosine)
    expectEqual(table.value(0, 1), 2 / sqrt(6), within: 1e-6)
    expectEqual(table.value(1, 0), 2 / sqrt(6), within: 1e-6)
    expectEqual(table.value(0, 2), 1 / sqrt(3), within: 1e-6)
    expectEqual(table.value(1, 2), 1 / sqrt(2), within: 1e-6)
  }

  @Test func conditionalProbabilityOfCoOccurrence() {
    let table = CoOccurrence.fit(histories(baskets, itemCount: 3), .conditionalProbability)
    expectEqual(table.value(0, 1), 2.0 / 3, within: 1e-6)
    expectEqual(table.value(1, 0), 1, within: 1e-6)
    expectEqual(table.value(2, 0), 1, within: 1e-6)
  }

  @Test func defaultCoOccurrenceDiscountsLongHistoriesAndFrequentItems() {
    let table = CoOccurrence.fit(histories(baskets, itemCount: 3))
    let together = pow(2, -0.5) + pow(3, -0.5)
    expectEqual(table.value(0, 1), together / (pow(3, 0.5) * pow(2, 0.3)), within: 1e-6)
    expectEqual(table.value(1, 0), together / (pow(2, 0.5) * pow(3, 0.3)), within: 1e-6)
  }

  @Test func randomWalkProbabilitiesOfOneStepSumToOne() {
    // With beta 0 the entries of a source are P(item, user, other item); with the walk back to itself they sum to 1.
    let table = CoOccurrence.fit(histories(baskets, itemCount: 3), .randomWalk(beta: 0))
    // From A: to a user with 1/3 each, then to B with 1/2 and 1/3.
    expectEqual(table.value(0, 1), (1.0 / 2 + 1.0 / 3) / 3, within: 1e-6)
    expectEqual(table.value(0, 2), (1.0 / 3) / 3, within: 1e-6)
  }

  @Test func coOccurrenceKeepsTheBestNeighboursOfEachTarget() {
    var one = CoOccurrence.Configuration.cosine
    one.neighbours = 1
    let table = CoOccurrence.fit(histories(baskets, itemCount: 3), one)
    // Of C's neighbours A (.577) and B (.707) only B stays.
    #expect(table.value(0, 2) == 0)
    expectEqual(table.value(1, 2), 1 / sqrt(2), within: 1e-6)
  }

  // MARK: taste

  @Test func ridgeWeightsOfThreeItems() {
    // For target A with lambda 1: (G_NN + I) w = G_NA over N = {B, C}:
    // | 3 1 | |w_B|   |2|
    // | 1 2 | |w_C| = |1|, so w_B = 3/5 and w_C = 1/5.
    let table = Taste.fit(histories(baskets, itemCount: 3), .init(lambda: 1))
    expectEqual(table.value(1, 0), 0.6, within: 1e-6)
    expectEqual(table.value(2, 0), 0.2, within: 1e-6)
    // For target C: | 4 2 | w = 1, | 2 3 | = 1, so w_A = 1/8 and w_B = 1/4.
    expectEqual(table.value(0, 2), 0.125, within: 1e-6)
    expectEqual(table.value(1, 2), 0.25, within: 1e-6)
  }

  @Test func theRuleForLambdaUsesEntriesPerItem() {
    // 6 entries, 3 items: lambda = 10 sqrt 2. With one neighbour, w = G_BA / (G_BB + lambda).
    let table = Taste.fit(histories(baskets, itemCount: 3), .init(neighbours: 1))
    expectEqual(table.value(1, 0), 2 / (2 + 10 * sqrt(2)), within: 1e-6)
  }

  @Test(arguments: 0..<3 as Range<UInt64>) func ridgeOverAllItemsIsEASE(seed: UInt64) {
    // EASE: B_ij = -P_ij / P_jj with P = (G + lambda I)^-1. The inverse is found here column by column.
    let interactions = randomHistories(userCount: 60, itemCount: 12, longest: 8, seed: seed)
    let users = interactions.preferences()
    let table = Taste.fit(interactions, .init(neighbours: 100, lambda: 2))
    var gram = [[Double]](repeating: [Double](repeating: 0, count: 12), count: 12)
    for user in 0..<60 {
      for a in users.entries(ofRow: user) {
        for b in users.entries(ofRow: user) { gram[Int(users.columns[a])][Int(users.columns[b])] += 1 }
      }
    }
    for i in 0..<12 { gram[i][i] += 2 }
    let inverse = inverted(gram)
    for i in 0..<12 {
      for j in 0..<12 where i != j && gram[i][j] > 0 {
        let neighboursAreAll = (0..<12).allSatisfy { $0 == j || gram[$0][j] > 0 }
        if neighboursAreAll {
          expectEqual(table.value(i, UInt32(j)), -inverse[i][j] / inverse[j][j], within: 1e-5, "seed \(seed)")
        }
      }
    }
  }

  @Test(arguments: 0..<3 as Range<UInt64>) func sparseCountsGiveTheSameTable(seed: UInt64) {
    let interactions = randomHistories(userCount: 80, itemCount: 50, longest: 9, seed: seed)
    let dense = Taste.fit(interactions, .init(neighbours: 10))
    let sparse = Taste.fit(users: interactions.preferences(), .init(neighbours: 10), denseLimit: 0)
    #expect(dense == sparse, "seed \(seed)")
  }

  @Test func oldPairsCountLess() {
    // Item 1 goes with 0 now, item 2 went with 0 one half-life ago; one user each. G_01 = 1, G_02 = 1/2, and with
    // N(1) = {0}, N(2) = {0}: w_1 = 1 / (1.5 + 1), w_2 = .5 / (1.5 + 1).
    var builder = InteractionsBuilder(itemCount: 3, catalog: CatalogWeights(), before: .max)
    for (user, item, time) in [(0, 0, 100), (0, 1, 100), (1, 0, 50), (1, 2, 50)] as [(UInt32, UInt32, Int64)] {
      builder.append(user: user, item: item, time: time)
    }
    let table = Taste.fit(
      builder.finish(userCount: 2), .init(lambda: 1, recency: .init(halfLife: 50, moment: 100)))
    expectEqual(table.value(0, 1), 1 / 2.5, within: 1e-6)
    expectEqual(table.value(0, 2), 0.5 / 2.5, within: 1e-6)
  }

  // MARK: scoring and storing

  @Test func aTableIsReadBackAsItWasWritten() throws {
    let table = Next.fit(randomHistories(userCount: 50, itemCount: 20, longest: 10, seed: 3))
    #expect(try ItemTable(decoding: table.encoded()) == table)
    for decay in [RecencyDecay.none, .rank(tau: 2), .moment(tau: 3), .time(halfLife: 4, moment: -5)] {
      let other = ItemTable(source: .taste, decay: decay, matrix: table.matrix)
      #expect(try ItemTable(decoding: other.encoded()) == other)
    }
  }

  @Test func damagedBytesAreRefused() {
    let bytes = Next.fit(histories([[0, 1, 2]], itemCount: 3)).encoded()
    for position in bytes.indices {
      var damaged = bytes
      damaged[position] ^= 0x10
      #expect(throws: PayloadError.self) { try ItemTable(decoding: damaged) }
    }
    for length in bytes.indices {
      #expect(throws: PayloadError.self) { try ItemTable(decoding: Array(bytes.prefix(length))) }
    }
    #expect(throws: PayloadError.self) { try ContentModel(decoding: bytes) }
  }

  /// An envelope that is right around a matrix of more columns than codes can name.
  @Test func aMatrixOfTooManyColumnsIsDamaged() {
    var writer = PayloadWriter(.itemTable)
    writer.write(RecommendationSource.cooc.rawValue)
    writer.write(RecencyDecay.none)
    writer.write(UInt64.max)
    writer.write([0])
    writer.write([UInt32]())
    writer.write([Float]())
    let bytes = writer.finish()
    #expect(throws: PayloadError.damaged) { try ItemTable(decoding: bytes) }
  }

  @Test func settingsThatCannotBeAreRefused() {
    #expect(throws: ModelError.self) { try Next.Configuration(tau: 0).validate() }
    #expect(throws: ModelError.self) { try Next.Configuration(window: 0).validate() }
    #expect(throws: ModelError.self) { try CoOccurrence.Configuration(neighbours: 0).validate() }
    #expect(throws: ModelError.self) { try Taste.Configuration(lambda: -1).validate() }
    #expect(throws: ModelError.self) { try Trend.Configuration(halfLifeDays: 0, moment: 0).validate() }
  }

  /// The inverse by Gauss-Jordan elimination with pivoting.
  private func inverted(_ matrix: [[Double]]) -> [[Double]] {
    let n = matrix.count
    var a = matrix.enumerated().map { row, values in values + (0..<n).map { $0 == row ? 1.0 : 0 } }
    for column in 0..<n {
      let pivot = (column..<n).max { abs(a[$0][column]) < abs(a[$1][column]) }!
      a.swapAt(column, pivot)
      let scale = a[column][column]
      a[column] = a[column].map { $0 / scale }
      for row in 0..<n where row != column {
        let factor = a[row][column]
        a[row] = zip(a[row], a[column]).map { $0 - factor * $1 }
      }
    }
    return a.map { Array($0[n...]) }
  }
}
