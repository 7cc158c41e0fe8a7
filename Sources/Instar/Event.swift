internal import InstarStorage

/// One thing that a user did, as an application tells it.
///
/// ```swift
/// try database.append(
///   Event(user: "u42", time: .now, type: "purchase", item: "B00X", amount: 78.03, properties: ["channel": "app"]))
/// ```
public struct Event: Sendable {
  /// The application's identifier of the user. Not empty.
  public var user: String
  /// When it happened.
  public var time: Timestamp
  /// What happened: "purchase", "visit". Not empty.
  public var type: String
  /// The application's identifier of the item concerned.
  public var item: String?
  /// The order that the event is a line of. Events of one user, type and order count as one occurrence.
  public var order: String?
  /// Money, or another measure of the event.
  public var amount: Double?
  /// How many of the item.
  public var quantity: Double?
  /// Further properties by name. A name that is new to the store becomes a property with the type of its value.
  public var properties: [String: Value]

  public init(
    user: String, time: Timestamp, type: String, item: String? = nil, order: String? = nil, amount: Double? = nil,
    quantity: Double? = nil, properties: [String: Value] = [:]
  ) {
    self.user = user
    self.time = time
    self.type = type
    self.item = item
    self.order = order
    self.amount = amount
    self.quantity = quantity
    self.properties = properties
  }

  var record: EventRecord {
    EventRecord(
      user: user, type: type, time: time.millisecondsSince1970, item: item, order: order, amount: amount,
      quantity: quantity, properties: properties)
  }
}
