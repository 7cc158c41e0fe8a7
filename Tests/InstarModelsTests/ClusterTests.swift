import InstarModels
import Testing

@Suite struct ClusterTests {
  private let iris = PointSet(Iris.values, dimensions: 4)

  private var standardisedIris: PointSet {
    var values = iris.values
    for column in 0..<4 {
      let own = stride(from: column, to: values.count, by: 4).map { values[$0] }
      let mean = own.reduce(0, +) / 150
      let deviation = (own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 150).squareRoot()
      for row in 0..<150 { values[row * 4 + column] = (values[row * 4 + column] - mean) / deviation }
    }
    return PointSet(values, dimensions: 4)
  }

  /// scikit-learn 1.9: inertia 78.851441426146, sizes 62, 50 and 38, silhouette 0.552819.
  @Test func irisInThree() {
    let model = KMeans(of: iris, KMeans.Configuration(clusters: 3))
    #expect(abs(model.inertia - 78.851441426146) < 1e-9)
    #expect(model.sizes == [62, 50, 38])
    let silhouette = Silhouette(of: iris, model.assignments, clusters: 3)
    #expect(abs(silhouette.mean - 0.552819) < 5e-7 && silhouette.measured == 150)
    // The setosa are the first fifty rows, alone in their cluster.
    #expect(Set(model.assignments[..<50]) == [1])
  }

  /// scikit-learn on the standardised rows, k = 2 to 6; of a hundred runs one is no worse.
  @Test(arguments: zip(2...6, [222.3617, 139.8205, 114.0925, 90.8076, 79.9986])) func standardised(
    _ clusters: Int, _ inertia: Double
  ) {
    let model = KMeans(of: standardisedIris, KMeans.Configuration(clusters: clusters, runs: clusters > 3 ? 100 : 10))
    #expect(model.inertia < inertia + 1e-3)
    if clusters <= 3 { #expect(abs(model.inertia - inertia) < 1e-4) }
  }

  /// Each point is in the cluster of the nearest centre, each centre is the mean of its points.
  @Test(arguments: 0..<20) func invariants(_ seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let dimensions = 1 + random.below(3)
    let count = 5 + random.below(60)
    // Whole numbers: points that are equal and centres at equal distances occur.
    let points = PointSet(
      (0..<count * dimensions).map { _ in Double(random.below(9)) }, dimensions: dimensions)
    let wanted = 1 + random.below(6)
    let model = KMeans(of: points, KMeans.Configuration(clusters: wanted, seed: UInt64(seed)))
    #expect(model.clusters == min(wanted, points.distinctRows(upTo: wanted)), "seed \(seed)")
    #expect(model.sizes.reduce(0, +) == count && !model.sizes.contains(0), "seed \(seed)")
    #expect(model.sizes == model.sizes.sorted(by: >), "seed \(seed)")
    let nearest = model.nearest(points)
    var inertia = 0.0
    for row in 0..<count {
      let own = distance(points, row, model, Int(model.assignments[row]))
      inertia += own
      #expect(abs(own.squareRoot() - nearest.distances[row]) < 1e-9, "seed \(seed)")
    }
    #expect(abs(inertia - model.inertia) < 1e-9, "seed \(seed)")
    for cluster in 0..<model.clusters {
      let rows = (0..<count).filter { model.assignments[$0] == Int32(cluster) }
      for column in 0..<dimensions {
        let mean = rows.map { points.values[$0 * dimensions + column] }.reduce(0, +) / Double(rows.count)
        #expect(abs(mean - model.centres[cluster * dimensions + column]) < 1e-9, "seed \(seed)")
      }
    }
    let again = KMeans(of: points, KMeans.Configuration(clusters: wanted, seed: UInt64(seed)))
    #expect(again.assignments == model.assignments, "seed \(seed): not repeatable")
  }

  private func distance(_ points: PointSet, _ row: Int, _ model: KMeans, _ cluster: Int) -> Double {
    (0..<points.dimensions).map { column in
      let difference =
        points.values[row * points.dimensions + column] - model.centres[cluster * points.dimensions + column]
      return difference * difference
    }.reduce(0, +)
  }

  /// Three different points make three clusters, whatever is asked.
  @Test func fewerPointsThanClusters() {
    let points = PointSet([1, 1, 2, 2, 2, 9], dimensions: 1)
    let model = KMeans(of: points, KMeans.Configuration(clusters: 6))
    #expect(model.sizes == [3, 2, 1] && model.inertia == 0 && model.centres == [2, 1, 9])
    #expect(KMeans(of: PointSet([4, 4], dimensions: 1), KMeans.Configuration(clusters: 3)).sizes == [2])
  }

  /// Four points on a line at 0, 1, 10 and 11: a = 1 for all; b = 10.5 for the outer and 9.5 for the inner ones.
  @Test func silhouetteByHand() {
    let silhouette = Silhouette(of: PointSet([0, 1, 10, 11], dimensions: 1), [0, 0, 1, 1], clusters: 2)
    let mean = ((10.5 - 1) / 10.5 + (9.5 - 1) / 9.5) / 2
    #expect(abs(silhouette.mean - mean) < 1e-12)
    #expect(silhouette.ofClusters.allSatisfy { abs(($0 ?? 0) - mean) < 1e-12 })
    #expect(Silhouette(of: PointSet([0, 5], dimensions: 1), [0, 1], clusters: 2).mean == 0)
  }

  /// Above the sample the best run goes on over all points.
  @Test func largeSets() {
    var random = SeededGenerator(seed: 5)
    let values = (0..<3000).map { row in Double(row % 3 * 100) + random.uniform() }
    let model = KMeans(of: PointSet(values, dimensions: 1), KMeans.Configuration(clusters: 3, sample: 200))
    #expect(model.sizes == [1000, 1000, 1000] && model.inertia < 3000.0 / 12 * 1.2)
    #expect(
      Silhouette(of: PointSet(values, dimensions: 1), model.assignments, clusters: 3, sample: 300).measured == 300)
  }

  // MARK: - Users

  /// Ten who bought once for 10, five who bought about twenty times for 500: two clusters, centres in money.
  @Test func usersInTheirUnits() {
    var values: [Double] = []
    for _ in 0..<10 { values += [1, 10] }
    for place in 0..<5 { values += [Double(18 + place), 500] }
    let clusters = UserClusters(of: PointSet(values, dimensions: 2), .auto)
    #expect(clusters.model.sizes == [10, 5])
    #expect(abs(clusters.centre(0)[0] - 1) < 1e-9 && abs(clusters.centre(0)[1] - 10) < 1e-9)
    // The logarithmic mean of 18 to 22 lies just below 20.
    #expect(abs(clusters.centre(1)[0] - 19.95) < 0.01 && abs(clusters.centre(1)[1] - 500) < 1e-6)
    let (nearest, distances) = clusters.nearest(PointSet([2, 15, 30, 900, 1, 10], dimensions: 2))
    #expect(nearest == [0, 1, 0] && distances[2] < 1e-9)
  }

  /// A figure that is the same for all says nothing and does no harm.
  @Test func constantFigures() {
    let clusters = UserClusters(of: PointSet([7, 1, 7, 1, 7, 100, 7, 100], dimensions: 2), .exactly(2))
    #expect(clusters.model.sizes == [2, 2] && abs(clusters.centre(0)[0] - 7) < 1e-9)
    #expect(UserClusters(of: PointSet([3, 3, 3], dimensions: 1), .auto).model.sizes == [3])
  }

  // MARK: - Differences

  /// The examples of Newcombe's table II, method 10.
  @Test func newcombe() {
    let cases: [(Int, Int, Int, Int, Double, Double)] = [
      (56, 70, 48, 80, 0.0524, 0.3339), (9, 10, 3, 10, 0.1705, 0.8090), (6, 7, 2, 7, 0.0582, 0.8062),
      (5, 56, 0, 29, -0.0381, 0.1926), (0, 10, 0, 20, -0.1611, 0.2775), (10, 10, 0, 20, 0.6791, 1),
    ]
    for (a, m, b, n, low, high) in cases {
      let difference = ShareDifference(a, of: m, and: b, of: n)
      #expect(abs(difference.low - low) < 5e-5 && abs(difference.high - high) < 5e-5, "\(a)/\(m) - \(b)/\(n)")
    }
    // Cohen's h of one half against nothing is pi / 2.
    #expect(abs(ShareDifference(5, of: 10, and: 0, of: 10).effect - Double.pi / 2) < 1e-12)
  }

  /// Student's sleep data, as R's t.test(extra ~ group): -3.3654832 to 0.2054832.
  @Test func welch() throws {
    let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    let difference = MeanDifference(first, and: second)
    let interval = try #require(difference.interval)
    #expect(abs(interval.lowerBound + 3.3654832) < 1e-7 && abs(interval.upperBound - 0.2054832) < 1e-7)
    #expect(abs(difference.first - 0.75) < 1e-12 && abs(difference.second - 2.33) < 1e-12)
    #expect(abs((difference.effect ?? 0) + 0.8321811) < 1e-6)
  }

  /// With one degree of freedom each, and with thousands: 12.7062 / sqrt 2 .. and 1.96.
  @Test func extremeFreedom() throws {
    #expect(MeanDifference([1], and: [2, 3]).interval == nil)
    #expect(MeanDifference([1, 1], and: [2, 2]).interval == nil)
    // Two against two with equal variance: two degrees of freedom, t = 4.302653, error = sqrt(1/2 x 1/2 x 2).
    let small = try #require(MeanDifference([0, 1], and: [0, 1]).interval)
    #expect(abs(small.upperBound - 4.302652730 * 0.5.squareRoot()) < 1e-6)
    let values = (0..<5000).map { Double($0 % 2) }
    let large = try #require(MeanDifference(values, and: values).interval)
    let error = (2 * 0.25 * 5000 / 4999 / 5000).squareRoot()
    #expect(abs(large.upperBound / error - 1.9602) < 2e-4)
  }
}
