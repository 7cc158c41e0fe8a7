import InstarModels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Interactions of binary weight: one history a user, oldest first; the time of an entry is its position.
func histories(_ users: [[UInt32]], itemCount: Int) -> Interactions {
  var builder = InteractionsBuilder(itemCount: itemCount, catalog: CatalogWeights(), before: .max)
  for (user, items) in users.enumerated() {
    for (position, item) in items.enumerated() {
      builder.append(user: UInt32(user), item: item, time: Int64(position), effect: .consumes)
    }
  }
  return builder.finish(userCount: users.count)
}

/// Histories of `userCount` users with up to `longest` distinct items each, popular items first.
func randomHistories(userCount: Int, itemCount: Int, longest: Int, seed: UInt64) -> Interactions {
  var generator = SeededGenerator(seed: seed)
  let users = (0..<userCount).map { _ in
    var items: [UInt32] = []
    for _ in 0..<(1 + generator.below(longest)) {
      let item = UInt32(Double(itemCount) * generator.uniform() * generator.uniform())
      if !items.contains(item) { items.append(item) }
    }
    return items
  }
  return histories(users, itemCount: itemCount)
}

func expectEqual(
  _ value: Double?, _ expected: Double, within tolerance: Double = 1e-9, _ comment: Comment? = nil,
  at location: SourceLocation = #_sourceLocation
) {
  #expect(
    value != nil && abs(value! - expected) <= tolerance, comment ?? "\(value as Any) is not \(expected)",
    sourceLocation: location)
}

func expectEqual(
  _ values: [Double], _ expected: [Double], within tolerance: Double = 1e-9,
  at location: SourceLocation = #_sourceLocation
) {
  #expect(values.count == expected.count, sourceLocation: location)
  for (value, other) in zip(values, expected) { expectEqual(value, other, within: tolerance, at: location) }
}

extension HybridModel {
  /// The default fusion, fitted on `interactions`.
  static func shipped(_ interactions: Interactions) -> HybridModel {
    HybridModel(
      next: Next.fit(interactions), taste: Taste.fit(interactions), trend: Trend.fit(interactions, .init(moment: 0)))
  }
}

/// The value of S[source, target].
extension ItemTable {
  func value(_ source: Int, _ target: UInt32) -> Double { Double(matrix.value(row: source, column: target)) }
}
