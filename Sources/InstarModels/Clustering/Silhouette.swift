/// How well points lie in their clusters: P. Rousseeuw, *Silhouettes*, J. Comput. Appl. Math. 1987.
///
/// With a the mean distance of a point to the others of its cluster and b the least mean distance to the points of
/// another cluster, its silhouette is (b - a) / max(a, b): near 1 well inside, 0 between two, below 0 in the wrong one.
/// A cluster of one point has 0.
package struct Silhouette: Sendable {
  /// The mean over all points that were measured.
  package let mean: Double
  /// The mean over the points of each cluster; `nil` where none was measured.
  package let ofClusters: [Double?]
  /// How many points were measured.
  package let measured: Int

  /// - Parameter sample: above so many points a seeded sample is measured, and distances are those within it.
  /// - Complexity: O(sample² x dimensions).
  package init(of points: PointSet, _ assignments: [Int32], clusters: Int, sample: Int = 2_000, seed: UInt64 = 1) {
    precondition(assignments.count == points.count, "one cluster for each point")
    var generator = SeededGenerator(seed: seed)
    let chosen = KMeans.sample(points.count, sample, &generator)
    let rows = points.rows(at: chosen)
    let owners = chosen.map { Int(assignments[$0]) }
    var sizes = [Int](repeating: 0, count: clusters)
    for owner in owners { sizes[owner] += 1 }
    var totals = [Double](repeating: 0, count: clusters)
    var sums = [Double](repeating: 0, count: clusters)
    for row in 0..<rows.count {
      for cluster in 0..<clusters { sums[cluster] = 0 }
      var other = 0
      while other < rows.count {
        sums[owners[other]] += rows.squaredDistance(row, to: rows.values, other).squareRoot()
        other &+= 1
      }
      totals[owners[row]] += Self.value(sums, sizes, own: owners[row])
    }
    measured = rows.count
    mean = totals.reduce(0, +) / Double(max(1, rows.count))
    ofClusters = sizes.indices.map { sizes[$0] == 0 ? nil : totals[$0] / Double(sizes[$0]) }
  }

  private static func value(_ sums: [Double], _ sizes: [Int], own: Int) -> Double {
    guard sizes[own] > 1 else { return 0 }
    let inside = sums[own] / Double(sizes[own] - 1)
    var outside = Double.infinity
    for cluster in sums.indices where cluster != own && sizes[cluster] > 0 {
      outside = min(outside, sums[cluster] / Double(sizes[cluster]))
    }
    let larger = max(inside, outside)
    return outside == .infinity || larger == 0 ? 0 : (outside - inside) / larger
  }
}
