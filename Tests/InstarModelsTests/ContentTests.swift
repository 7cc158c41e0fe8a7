import InstarModels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite struct ContentTests {
  /// 0: "red shoe", 1: "Red hat", 2: "blue hat!", 3: nothing is known.
  private func documents() -> ItemDocuments {
    var documents = ItemDocuments(itemCount: 4)
    documents.add(text: "red shoe", to: 0)
    documents.add(text: "Red hat", to: 1)
    documents.add(text: "blue hat!", to: 2)
    return documents
  }

  @Test func cosineOfTermsWeightedByRarity() {
    // Three described items: red and hat stand in 2, shoe and blue in 1. idf = ln(4/3) + 1 and ln(4/2) + 1.
    let model = ContentModel.fit(documents())
    let common = log(4.0 / 3) + 1
    let rare = log(2.0) + 1
    let lengths = [sqrt(common * common + rare * rare), sqrt(2) * common, sqrt(common * common + rare * rare)]
    expectEqual(model.similarity(0, 1), common * common / (lengths[0] * lengths[1]), within: 1e-6)
    expectEqual(model.similarity(1, 2), common * common / (lengths[1] * lengths[2]), within: 1e-6)
    expectEqual(model.similarity(0, 0), 1, within: 1e-6)
    #expect(model.similarity(0, 2) == 0)
    #expect(model.similarity(3, 0) == 0)
  }

  @Test func fieldsAreTermsOfTheirOwn() {
    var documents = ItemDocuments(itemCount: 3)
    documents.add(field: "category", value: "red", to: 0)
    documents.add(text: "red", to: 1)
    documents.add(field: "category", value: "red", to: 2)
    let model = ContentModel.fit(documents)
    #expect(model.similarity(0, 1) == 0)
    expectEqual(model.similarity(0, 2), 1, within: 1e-6)
  }

  @Test func pricesFallIntoBandsOfEquallyManyItems() {
    var documents = ItemDocuments(itemCount: 5)
    for (item, price) in [1.0, 2, 100, 1000, 1000].enumerated() {
      documents.add(field: "price", number: price, to: UInt32(item))
    }
    let model = ContentModel.fit(documents, .init(bands: 2))
    // Midranks 1, 2, 3, 4.5, 4.5 of 5: bands 1, 1, 2, 2, 2.
    expectEqual(model.similarity(0, 1), 1, within: 1e-6)
    #expect(model.similarity(1, 2) == 0)
    expectEqual(model.similarity(2, 4), 1, within: 1e-6)
  }

  @Test func theScoreIsTheCosineWithTheProfile() throws {
    let model = ContentModel.fit(documents(), .init(decay: .none))
    let recommender = Recommender(histories([[0, 1]], itemCount: 4), chain: [.model(.content(model))])
    let rows = try recommender.recommend(to: [0], RecommendationRequest(count: 10))
    let profileLength = sqrt(2 + 2 * model.similarity(0, 1))
    #expect(rows.items.contains(2) && !rows.items.contains(3))
    let row = rows.items.firstIndex(of: 2)!
    expectEqual(rows.scores[row], model.similarity(1, 2) / profileLength, within: 1e-6)
  }

  @Test func aModelIsReadBackAsItWasWritten() throws {
    let model = ContentModel.fit(documents())
    #expect(try ContentModel(decoding: model.encoded()) == model)
  }
}
