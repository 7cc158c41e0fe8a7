internal import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

/// What counts as preference: how much each event of an item says, and whether the user has the item afterwards.
package struct CatalogDefinition: Sendable, Hashable {
  package struct Interaction: Sendable, Hashable {
    package var events: EventPattern
    /// A number, or an expression of level `event`.
    package var weight: Expression
    /// The user has the item from now on, and it is not recommended again.
    package var consumes: Bool
    /// The user has it no longer.
    package var revokes: Bool

    package init(events: EventPattern, weight: Expression, consumes: Bool = false, revokes: Bool = false) {
      self.events = events
      self.weight = weight
      self.consumes = consumes
      self.revokes = revokes
    }
  }

  package var interactions: [Interaction]
  /// The half-life of a weight, `WITH decay = 90 DAYS`; `nil` for none.
  package var decayMilliseconds: Int64?
  /// Whether nothing was defined and the weights follow from the names of the events.
  package var isGuessed: Bool
  /// The types of what campaigns showed, where an interaction is one of them.
  package var exposureTypes: [UInt32] = []
  /// Tells states of the campaigns apart, which come and go without a change of the log: part of the names of models.
  package var campaignVersion: UInt64 = 0

  package init(interactions: [Interaction], decayMilliseconds: Int64? = nil, isGuessed: Bool = false) {
    self.interactions = interactions
    self.decayMilliseconds = decayMilliseconds
    self.isGuessed = isGuessed
  }

  /// The catalogue of a store: its `DEFINE CATALOG`, or the guess.
  package static func of(_ catalog: some Catalog) -> Result<CatalogDefinition, ResolutionFailure> {
    guard let entry = catalog.definitions.last(where: { $0.kind == .catalog }) else { return .success(guess(catalog)) }
    return Resolver.catalogDefinition(entry, in: catalog)
  }

  /// The guess from the names of events: views 1, carts 3, the goal and purchases 5 (consumed), ratings their value,
  /// returns -5 (revoked). Any other event that comes with items counts 1.
  package static func guess(_ catalog: some Catalog) -> CatalogDefinition {
    let rating = catalog.properties.first { property in
      property.owner == .event && property.type.isNumber
        && ["rating", "stars", "score"].contains(property.name.lowercased())
    }
    let exposures = Set(catalog.campaigns.map(\.event))
    let interactions = catalog.eventTypes.filter { !exposures.contains($0.name) }.map { type -> Interaction in
      let events = EventPattern(
        alternatives: [.init(types: [type.code], filter: nil)], text: Names.quoted(type.name))
      let isGoal = type.name == catalog.settings.goalEvent
      switch GuessedRole(type.name) {
      case .returning: return Interaction(events: events, weight: .literal(-5), revokes: true)
      case .rating:
        let value = rating.map { Expression(.event(.property($0.id)), type: $0.type, level: .event) }
        return Interaction(events: events, weight: value ?? .literal(3))
      case .purchase: return Interaction(events: events, weight: .literal(5), consumes: true)
      case .cart: return Interaction(events: events, weight: .literal(3), consumes: isGoal)
      case .view: return Interaction(events: events, weight: .literal(isGoal ? 5 : 1), consumes: isGoal)
      }
    }
    return CatalogDefinition(interactions: interactions, isGuessed: true)
  }
}

/// What the name of an event suggests.
private enum GuessedRole {
  case returning, rating, purchase, cart, view

  init(_ name: String) {
    let letters = String(name.lowercased().filter(\.isLetter))
    func holds(_ words: [String]) -> Bool { words.contains { letters.contains($0) } }
    if holds(["return", "refund", "cancel", "dismiss", "dislike"]) {
      self = .returning
    } else if holds(["rating", "rate", "review", "stars"]) {
      self = .rating
    } else if holds(["cart", "basket", "wishlist", "favorite", "favourite", "like"]) {
      self = .cart
    } else if holds([
      "purchase", "order", "transaction", "buy", "bought", "payment", "checkout", "sale", "treatment", "admission",
    ]) {
      self = .purchase
    } else {
      self = .view
    }
  }
}

extension Resolution {
  func interactions(_ tree: Syntax.CatalogDefinition) throws(Failure) -> CatalogDefinition {
    let options = try Options(tree.options, of: "CATALOG", allowed: ["decay"], in: self)
    let interactions = try each(tree.interactions) { interaction throws(Failure) in
      let name = interaction.event
      let events = try pattern(event: name.text, filter: nil, at: name.range)
      let weight = try expression(interaction.weight, in: .event(name.text))
      guard weight.type.isNumber else {
        throw fail(
          .operandType, at: interaction.weight.range, "a weight is a number, and this is \(weight.type.phrase)")
      }
      return CatalogDefinition.Interaction(
        events: events, weight: weight, consumes: interaction.effect == .consumes,
        revokes: interaction.effect == .revokes)
    }
    var definition = CatalogDefinition(interactions: interactions, decayMilliseconds: try options.length("decay"))
    if inventions.exposure != nil { definition.exposureTypes = names.exposureTypes.sorted() }
    return definition
  }
}
