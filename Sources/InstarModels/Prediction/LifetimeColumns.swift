/// Where a matrix of features holds what the purchase models read (``RhythmFeatures/lifetimeNames``).
struct LifetimeColumns: Sendable {
  /// Closed forms count in weeks.
  static let daysPerUnit = 7.0

  private let repeats: Int
  private let last: Int
  private let age: Int
  private let orders: Int
  private let mean: Int

  /// - Returns: `nil` where the features lack one of the columns.
  init?(_ names: [String]) {
    let places = RhythmFeatures.lifetimeNames.compactMap { names.firstIndex(of: $0) }
    guard places.count == RhythmFeatures.lifetimeNames.count else { return nil }
    (repeats, last, age, orders, mean) = (places[0], places[1], places[2], places[3], places[4])
  }

  /// The purchases of the row that starts at `start`, `nil` without one.
  func history(_ values: [Double], at start: Int = 0) -> PurchaseHistory? {
    guard !values[start + age].isNaN else { return nil }
    return PurchaseHistory(
      frequency: Int(values[start + repeats]), recency: values[start + last] / Self.daysPerUnit,
      age: values[start + age] / Self.daysPerUnit)
  }

  /// The number of purchases with a positive amount and their mean, 0 and 0 without one.
  func spend(_ values: [Double], at start: Int = 0) -> (count: Int, mean: Double) {
    values[start + mean].isNaN ? (0, 0) : (Int(values[start + orders]), values[start + mean])
  }

  func histories(_ features: FeatureMatrix) -> [PurchaseHistory] {
    (0..<features.rowCount).compactMap { history(features.values, at: $0 * features.columnCount) }
  }
}
