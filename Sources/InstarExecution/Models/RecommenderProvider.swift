import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// Fits the models of a recommendation chain from the store, or finds them fitted from an earlier statement.
struct RecommenderProvider {
  let environment: QueryEnvironment
  let interactions: Interactions
  /// What the models depend on beside the data: the catalogue in words.
  let catalogKey: String

  func recommender(_ chain: [String], diversity: Double, in snapshot: borrowing Snapshot) throws -> Recommender {
    var rungs: [Rung] = []
    for name in chain { rungs.append(try rung(name, in: snapshot)) }
    return Recommender(
      interactions, chain: rungs, similarity: diversity > 0 ? try similarity(in: snapshot) : nil)
  }

  private func rung(_ name: String, in snapshot: borrowing Snapshot) throws -> Rung {
    switch name {
    case "hybrid":
      let next = try table("next", in: snapshot)
      let taste = try table("taste", in: snapshot)
      return .hybrid(HybridModel(next: next, taste: taste))
    case "next", "taste", "cooc": return .model(.table(try table(name, in: snapshot)))
    case "content": return .model(.content(try content(in: snapshot)))
    case "trend":
      let prior = cached("trend") { Trend.fit(interactions, .init(moment: environment.moment)) }
      return .model(.prior(prior))
    default:
      return .model(.prior(cached("popular") { Popular.fit(interactions) }))
    }
  }

  /// A table of items by items, kept in the store.
  func table(_ name: String, in snapshot: borrowing Snapshot) throws -> ItemTable {
    try environment.model(
      name, key: key, in: snapshot, decode: { try? ItemTable(decoding: $0) }, encode: { $0.encoded() }
    ) {
      switch name {
      case "next": Next.fit(interactions)
      case "taste": Taste.fit(interactions)
      default: CoOccurrence.fit(interactions)
      }
    }
  }

  /// Words of titles, and the other properties of items as fields.
  private func content(in snapshot: borrowing Snapshot) throws -> ContentModel {
    try cached("content") {
      var documents = ItemDocuments(itemCount: snapshot.itemCount)
      for property in environment.schema.properties(of: .item) {
        let column = try snapshot.itemProperty(property.id)
        for item in 0..<column.count where column.isPresent(item) {
          let code = UInt32(item)
          switch column[item] {
          case .text(let text) where property.name == "title" || text.contains(" "): documents.add(text: text, to: code)
          case .text(let text): documents.add(field: property.name, value: text, to: code)
          case .boolean(let flag): documents.add(field: property.name, value: flag ? "true" : "false", to: code)
          case .integer(let integer): documents.add(field: property.name, number: Double(integer), to: code)
          case .real(let real): documents.add(field: property.name, number: real, to: code)
          case .time, .duration, .missing: break
          }
        }
      }
      return ContentModel.fit(documents)
    }
  }

  private func similarity(in snapshot: borrowing Snapshot) throws -> ItemSimilarity {
    if environment.schema.properties(of: .item).isEmpty {
      return .table(cached("cosine") { CoOccurrence.fit(interactions, .cosine) })
    }
    return .content(try content(in: snapshot))
  }

  private var key: String { environment.modelKey(at: environment.moment, catalogKey) }

  private func cached<Model: Sendable>(_ name: String, _ make: () throws -> Model) rethrows -> Model {
    try environment.models.value("\(name) \(key)", make: make)
  }
}
