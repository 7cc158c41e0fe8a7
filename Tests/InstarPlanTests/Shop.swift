import InstarCalendar
import InstarColumns
import InstarPlan

/// A shop's catalog for the tests: 2 years of events to 2026-03-31T12:00Z, Monday weeks, UTC.
struct Shop: Catalog {
  var eventTypes: [EventTypeEntry] = [
    "signup", "visit", "product_view", "add_to_cart", "purchase", "refund", "search", "Order Completed", "coupon",
    "trial_start", "support_ticket",
  ].enumerated().map { EventTypeEntry(code: UInt32($0.offset), name: $0.element, count: 1000 * ($0.offset + 1)) }

  var properties: [PropertyEntry] = [
    PropertyEntry(id: 0, name: "country", owner: .user, type: .text, isDated: true),
    PropertyEntry(id: 1, name: "age", owner: .user, type: .integer),
    PropertyEntry(id: 2, name: "email", owner: .user, type: .text),
    PropertyEntry(id: 3, name: "registered", owner: .user, type: .time),
    PropertyEntry(id: 4, name: "premium", owner: .user, type: .boolean),
    PropertyEntry(id: 5, name: "aov", owner: .user, type: .real),
    PropertyEntry(id: 6, name: "risk", owner: .user, type: .integer),
    PropertyEntry(id: 7, name: "home city", owner: .user, type: .text),
    PropertyEntry(id: 10, name: "channel", owner: .event, type: .text),
    PropertyEntry(id: 11, name: "device", owner: .event, type: .text),
    PropertyEntry(id: 12, name: "page", owner: .event, type: .text),
    PropertyEntry(id: 13, name: "discount", owner: .event, type: .real),
    PropertyEntry(id: 14, name: "total", owner: .event, type: .real),
    PropertyEntry(id: 15, name: "document_id", owner: .event, type: .text),
    PropertyEntry(id: 20, name: "title", owner: .item, type: .text),
    PropertyEntry(id: 21, name: "category", owner: .item, type: .text),
    PropertyEntry(id: 22, name: "price", owner: .item, type: .real),
    PropertyEntry(id: 23, name: "stock", owner: .item, type: .integer),
    PropertyEntry(id: 24, name: "minimum_risk", owner: .item, type: .integer),
  ]

  var definitions: [DefinitionEntry] = [
    DefinitionEntry(
      kind: .segment, name: "vip",
      statement:
        "DEFINE SEGMENT vip AS SEGMENT users WHERE monetary > 500 AND did purchase AT LEAST 3 TIMES IN LAST 180 DAYS;"),
    DefinitionEntry(
      kind: .segment, name: "at_risk", statement: "DEFINE SEGMENT at_risk AS SEGMENT users WHERE stage = 'at_risk';"),
    DefinitionEntry(
      kind: .segment, name: "stuck",
      statement: "DEFINE SEGMENT stuck AS FUNNEL signup THEN purchase WITHIN 7 DAYS PER USER WHERE reached = 1;"),
    DefinitionEntry(
      kind: .segment, name: "loop_a", statement: "DEFINE SEGMENT loop_a AS SEGMENT users WHERE IN loop_b;"),
    DefinitionEntry(
      kind: .segment, name: "loop_b", statement: "DEFINE SEGMENT loop_b AS SEGMENT users WHERE IN loop_a;"),
    DefinitionEntry(
      kind: .segment, name: "broken", statement: "DEFINE SEGMENT broken AS SEGMENT users WHERE did gone_event;"),
    DefinitionEntry(
      kind: .event, name: "big_purchase",
      statement: "DEFINE EVENT big_purchase AS purchase[amount > 100] OR 'Order Completed'[total > 100];"),
    DefinitionEntry(
      kind: .attribute, name: "spend_year",
      statement: "DEFINE ATTRIBUTE spend_year AS sum(purchase.amount IN LAST 365 DAYS);"),
    DefinitionEntry(
      kind: .attribute, name: "tier",
      statement: "DEFINE ATTRIBUTE tier AS CASE WHEN spend_year > 200 THEN 'gold' ELSE 'basic' END;"),
    DefinitionEntry(
      kind: .funnel, name: "checkout",
      statement: "DEFINE FUNNEL checkout AS add_to_cart THEN purchase WITHIN 1 DAY;"),
    DefinitionEntry(
      kind: .lifecycle, name: "shop",
      statement: "DEFINE LIFECYCLE shop AS STAGE prospect WHEN did not purchase STAGE buyer WHEN did purchase;"),
  ]

  var snapshots: [SnapshotEntry] = [SnapshotEntry(name: "vip_2025", users: 812, asOf: 1_767_225_600_000)]
  var tables: [TableEntry] = [
    TableEntry(
      name: "spend", rows: 24,
      columns: [PlanColumn("month", .text), PlanColumn("channel", .text), PlanColumn("cost", .real)])
  ]
  var settings: Settings = {
    var settings = Settings()
    settings.goalEvent = "purchase"
    return settings
  }()
  var userCount = 48_201
  var itemCount = 900
  var eventCount = 66_000
  var firstEvent: Int64? = 1_711_929_600_000
  var lastEvent: Int64? = 1_774_958_400_000
  var roles: EventRoles = [.item, .order, .amount, .quantity]
}
