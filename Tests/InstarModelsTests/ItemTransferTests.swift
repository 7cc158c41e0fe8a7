import InstarModels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Items 0 and 1 are known, of kinds a and b; item 2 is new and of kind a, item 3 new and of both, item 4 new and of none.
@Suite struct ItemTransferTests {
  private let interactions = histories([[0], [0], [0], [0], [0], [1], [1], [1], [1], [1]], itemCount: 5)

  private func content() -> ContentModel {
    var documents = ItemDocuments(itemCount: 5)
    for (item, kind) in [(0, "a"), (1, "b"), (2, "a"), (3, "a"), (3, "b")] as [(UInt32, String)] {
      documents.add(field: "kind", value: kind, to: item)
    }
    return ContentModel.fit(documents)
  }

  /// Item 0 speaks for itself with 1 and for item 1 with 0.5.
  private func fusion() -> HybridModel {
    let matrix = SparseMatrix(
      columnCount: 5, starts: [0, 2, 2, 2, 2, 2], columns: [0, 1], values: [1, 0.5])
    return HybridModel([.init(.table(ItemTable(source: .taste, decay: .none, matrix: matrix)), weight: 1)])
  }

  /// Both terms have three items or two: a in 0, 2, 3 and b in 1, 3. With idf ln(5/4) + 1 and ln(5/3) + 1 the cosines of
  /// item 3 with 0 and 1 are x = a/sqrt(a² + b²) and y = b/sqrt(a² + b²), and x² + y² = 1.
  @Test func newItemsGetWhatTheirLikesGet() throws {
    let transfer = ItemTransfer(fusion(), content(), interactions)
    var request = RecommendationRequest(count: 5)
    request.reasons = 9
    let rows = try Recommender(interactions, chain: [.transfer(transfer)]).recommend(to: [0], request)
    let (a, b) = (log(5.0 / 4) + 1, log(5.0 / 3) + 1)
    let x = a / sqrt(a * a + b * b)
    // Item 2: its like, item 0, has 1; its profile is that of item 0. Item 3: x² 1 + (1 - x²) 1/2, and x/2.
    #expect(rows.items == [2, 3])
    expectEqual(rows.scores, [1 + 0.5, x * x + (1 - x * x) / 2 + x / 2], within: 1e-6)
    #expect(rows.sources == [.transfer, .transfer])
    for row in 0..<2 {
      let reasons = rows.reasons[rows.reasonStarts[row]..<rows.reasonStarts[row + 1]]
      #expect(reasons.map(\.item) == [0])
      expectEqual(reasons.reduce(0) { $0 + $1.part }, rows.scores[row], within: 1e-6)
    }
  }

  @Test func whoHasNoHistoryGetsNone() throws {
    let transfer = ItemTransfer(fusion(), content(), interactions)
    let empty = histories([[], [0]], itemCount: 5)
    let rows = try Recommender(empty, chain: [.transfer(transfer)]).recommend(to: [0], RecommendationRequest(count: 5))
    #expect(rows.rowCount == 0)
  }
}
