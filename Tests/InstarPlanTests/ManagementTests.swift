import InstarColumns
import InstarPlan
import Testing

/// Definitions, settings, files.
@Suite struct ManagementTests {
  func statement(_ text: String, in shop: Shop = Shop()) throws -> LogicalStatement {
    try resolve(text, in: shop).get()
  }

  @Test func definitionsAreStoredInCanonicalForm() throws {
    let expected = DefinitionEntry(
      kind: .segment, name: "buyers", statement: "DEFINE SEGMENT buyers AS SEGMENT users WHERE did purchase;")
    #expect(try statement("define  segment buyers as\n segment users where did purchase") == .define(expected))
  }

  @Test func aDefinitionReplacesItsOwnKindOnly() throws {
    #expect(faults("DEFINE SEGMENT vip AS SEGMENT users WHERE did purchase") == [])
    #expect(faults("DEFINE ATTRIBUTE vip AS age + 1") == ["E0112 vip"])
    #expect(faults("DEFINE SEGMENT tier AS SEGMENT users WHERE did purchase") == ["E0112 tier"])
    #expect(faults("DEFINE ATTRIBUTE aov AS age + 1") == ["E0112 aov"])
    #expect(faults("DEFINE ATTRIBUTE loyalty AS age + 1") == ["E0112 loyalty"])
    #expect(faults("DEFINE EVENT purchase AS visit[page = '/x']") == ["E0112 purchase"])
    #expect(faults("DEFINE SEGMENT users AS SEGMENT users WHERE did purchase") == ["E0112 users"])
  }

  /// The built-in life cycle is the one built-in name that may be replaced.
  @Test func aLifecycleMayReplaceTheStage() throws {
    let text = "DEFINE LIFECYCLE stage AS STAGE new WHEN did not purchase STAGE old WHEN did purchase;"
    #expect(faults(text) == [])
    var shop = Shop()
    shop.definitions.append(DefinitionEntry(kind: .lifecycle, name: "stage", statement: text))
    #expect(
      printed("SEGMENT users KEEP stage", in: shop)
        == "users | keep stage = case when count(purchase) = 0 then 'new' when count(purchase) >= 1 then 'old' end")
  }

  @Test func definitionsAreChecked() {
    #expect(faults("DEFINE ATTRIBUTE x AS agee + 1") == ["E0101 agee"])
    #expect(faults("DEFINE FUNNEL f AS visit THEN purchse") == ["E0102 purchse"])
    #expect(faults("DEFINE SEGMENT s AS FUNNEL visit THEN purchase") == ["E0315 s"])
    #expect(faults("DEFINE ATTRIBUTE tier AS tier") == ["E0111 tier"])
    #expect(faults("LET x = SEGMENT users AGGREGATE users()") == ["E0315 x"])
  }

  @Test func settings() throws {
    #expect(try statement("SET TIMEZONE '+03:00'") == .set(.timeZone("+03:00")))
    #expect(faults("SET TIMEZONE 'Europe/Istambul'") == ["E0308 SET TIMEZONE 'Europe/Istambul'"])
    #expect(try statement("SET WEEK START sunday") == .set(.weekStart("sunday")))
    #expect(faults("SET WEEK START someday") == ["E0308 someday"])
    #expect(try statement("SET CLOCK @2026") == .set(.clock(.fixed(1_767_225_600_000))))
    #expect(try statement("SET CLOCK system") == .set(.clock(.system)))
    #expect(try statement("SET GOAL EVENT 'Order Completed'") == .set(.goalEvent("Order Completed")))
    #expect(faults("SET GOAL EVENT purchse") == ["E0102 purchse"])
    #expect(try statement("SET UNKNOWN EVENTS warn") == .set(.unknownEvents(.warn)))
    #expect(try statement("SET FUTURE LIMIT 2 DAYS") == .set(.futureLimit(milliseconds: 172_800_000)))
    #expect(try statement("SET NOUN items treatments") == .set(.noun(plural: "treatments", for: .item)))
    #expect(try statement("SET PRIVACY THRESHOLD 10") == .set(.privacyThreshold(10)))
    #expect(try statement("SET PRIVACY BUDGET 20") == .set(.privacyBudget(20)))
    #expect(faults("SET PRIVACY BUDGET 1000001") == ["E0308 1000001"])
    #expect(try statement("SET LIMIT rows 1000") == .set(.limit(.rows, 1_000)))
    #expect(try statement("SET LIMIT Seconds 0") == .set(.limit(.seconds, 0)))
    #expect(try statement("SET LIMIT megabytes 512") == .set(.limit(.megabytes, 512)))
    #expect(faults("SET LIMIT users 5") == ["E0308 users"])
  }

  @Test func theNarrowerLimitHolds() {
    var (own, other) = (StatementLimits(), StatementLimits())
    (own.rows, own.seconds) = (10, 5)
    (other.rows, other.megabytes) = (20, 7)
    let both = own.narrowed(by: other)
    #expect((both.rows, both.seconds, both.megabytes) == (10, 5, 7))
    #expect(own.narrowed(by: other) == other.narrowed(by: own))
  }

  @Test func otherStatements() throws {
    #expect(try statement("FORGET USER 17") == .forget(users: ["17"]))
    #expect(try statement("DROP IMPORT 3") == .dropImport(3))
    #expect(try statement("DROP SEGMENT vip") == .dropDefinition(.segment, name: "vip"))
    #expect(try statement("DROP SEGMENT vip_2025") == .dropDefinition(.segment, name: "vip_2025"))
    #expect(try statement("DROP TABLE spend") == .dropTable(name: "spend"))
    #expect(try statement("EXPORT USER 'u1' TO 'u1.json'") == .exportUser(user: "u1", path: "u1.json"))
    #expect(
      try statement("RUN 'a.iq' WITH n = 3, d = @2026")
        == .run(path: "a.iq", parameters: ["n": 3, "d": .time(1_767_225_600_000)]))
    guard case .forgetSegment(let plan) = try statement("FORGET SEGMENT vip_2025") else {
      Issue.record("FORGET SEGMENT is another statement")
      return
    }
    #expect(plan.source == .snapshot("vip_2025"))
  }

  @Test func imports() throws {
    let text =
      "IMPORT EVENTS FROM 'r.csv' MAP user = actor.id, amount = Quantity * -2, event = CASE WHEN Q < 0 THEN 'return' ELSE 'purchase' END WITH on_duplicate = skip, dry_run = true"
    let expected = ImportPlan(
      kind: .events, path: "r.csv",
      mappings: [
        .init(target: "user", source: .column("actor.id")),
        .init(target: "amount", source: .binary(.multiply, .column("Quantity"), .negate(.literal(2)))),
        .init(
          target: "event",
          source: .choice(
            [FileBranch(condition: .binary(.less, .column("Q"), .literal(0)), value: .literal("return"))],
            otherwise: .literal("purchase"))),
      ], options: ["on_duplicate": "skip", "dry_run": true])
    #expect(try statement(text) == .importFiles(expected))
    #expect(faults("IMPORT EVENTS FROM 'r.csv' MAP user = a, user = b") == ["E0314 user = b"])
    #expect(faults("IMPORT EVENTS FROM 'r.csv' MAP user = rond(a)") == ["E0106 rond"])
  }

  // MARK: The catalogue of interactions

  func interactions(_ shop: Shop) throws -> [String] {
    let definition = try CatalogDefinition.of(shop).get()
    let text = PlanText(shop)
    return definition.interactions.map { interaction in
      let effect = interaction.consumes ? " consumes" : interaction.revokes ? " revokes" : ""
      return "\(interaction.events.text) \(text.text(interaction.weight))\(effect)"
    }
  }

  /// view 1, cart 3, purchase 5 and consumed, rating its value, return -5 and revoked.
  @Test func theGuess() throws {
    var shop = Shop()
    shop.eventTypes = ["view", "add_to_cart", "purchase", "rating", "return"].enumerated().map {
      EventTypeEntry(code: UInt32($0.offset), name: $0.element, count: 1)
    }
    shop.properties.append(PropertyEntry(id: 30, name: "stars", owner: .event, type: .integer))
    #expect(
      try interactions(shop) == ["view 1", "add_to_cart 3", "purchase 5 consumes", "rating stars", "return -5 revokes"])
  }

  @Test func theDefinition() throws {
    var shop = Shop()
    let text =
      "DEFINE CATALOG purchase WEIGHT 5 CONSUMES, visit WEIGHT discount - 3, refund WEIGHT -5 REVOKES WITH decay = 90 DAYS;"
    #expect(faults(text) == [])
    shop.definitions.append(DefinitionEntry(kind: .catalog, name: "catalog", statement: text))
    #expect(try interactions(shop) == ["purchase 5 consumes", "visit discount - 3", "refund -5 revokes"])
    #expect(try CatalogDefinition.of(shop).get().decayMilliseconds == 90 * 86_400_000)
    #expect(faults("DEFINE CATALOG purchase WEIGHT channel") == ["E0303 channel"])
  }
}
