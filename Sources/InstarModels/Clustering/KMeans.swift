/// Points as rows of one array, all of the same length: `values[row * dimensions + column]`.
package struct PointSet: Sendable {
  package let values: [Double]
  package let dimensions: Int

  /// - Precondition: at least one dimension, and a whole number of finite rows.
  package init(_ values: [Double], dimensions: Int) {
    precondition(dimensions > 0 && values.count % dimensions == 0, "points have whole rows")
    self.values = values
    self.dimensions = dimensions
  }

  package var count: Int { values.count / dimensions }

  /// The rows at `positions`, in their order.
  package func rows(at positions: [Int]) -> PointSet {
    var chosen: [Double] = []
    chosen.reserveCapacity(positions.count * dimensions)
    for row in positions { chosen.append(contentsOf: values[row * dimensions..<(row + 1) * dimensions]) }
    return PointSet(chosen, dimensions: dimensions)
  }

  /// How many different rows there are; stops counting at `limit`.
  package func distinctRows(upTo limit: Int) -> Int {
    var seen: Set<[Double]> = []
    var row = 0
    while row < count, seen.count < limit {
      seen.insert(Array(values[row * dimensions..<(row + 1) * dimensions]))
      row += 1
    }
    return seen.count
  }

  /// The squared Euclidean distance of a row to a centre.
  func squaredDistance(_ row: Int, to centres: [Double], _ centre: Int) -> Double {
    var sum = 0.0
    var column = 0
    let (left, right) = (row &* dimensions, centre &* dimensions)
    while column < dimensions {
      let difference = values[left &+ column] - centres[right &+ column]
      sum += difference * difference
      column &+= 1
    }
    return sum
  }
}

/// Clusters by k-means: S. Lloyd, *Least squares quantization in PCM*, IEEE Trans. Inf. Theory 1982, with the first
/// centres of k-means++ (D. Arthur, S. Vassilvitskii, SODA 2007), each the best of a few candidates.
///
/// The best of several runs counts. Clusters come largest first. The same points and seed give the same clusters.
///
/// Complexity: O(runs x steps x points x clusters x dimensions); above ``Configuration/sample`` points the runs work on
/// a sample and only the best goes on over all.
package struct KMeans: Sendable {
  package struct Configuration: Sendable, Hashable {
    package var clusters: Int
    package var runs: Int
    /// The most steps of one run.
    package var steps: Int
    package var seed: UInt64
    package var sample: Int

    package init(clusters: Int, runs: Int = 10, steps: Int = 300, seed: UInt64 = 1, sample: Int = 20_000) {
      precondition(clusters >= 1 && runs >= 1 && steps >= 1 && sample >= 2, "k-means needs a cluster, a run and a step")
      self.clusters = clusters
      self.runs = runs
      self.steps = steps
      self.seed = seed
      self.sample = sample
    }
  }

  /// Row-major, one row for each cluster. Fewer than were asked for where there are fewer different points.
  package private(set) var centres: [Double]
  /// The cluster of each point.
  package private(set) var assignments: [Int32]
  /// Points of each cluster.
  package private(set) var sizes: [Int]
  /// The sum of squared distances of points to their centres.
  package private(set) var inertia: Double

  package var clusters: Int { sizes.count }

  /// - Precondition: there is a point.
  package init(of points: PointSet, _ configuration: Configuration) {
    precondition(points.count > 0, "clusters need points")
    let clusters = points.distinctRows(upTo: configuration.clusters)
    var generator = SeededGenerator(seed: configuration.seed)
    let isSampled = points.count > configuration.sample
    let working = isSampled ? points.rows(at: Self.sample(points.count, configuration.sample, &generator)) : points
    let possible = isSampled ? working.distinctRows(upTo: clusters) : clusters
    var best: Run?
    for _ in 0..<configuration.runs {
      var run = Run(working, clusters: possible, &generator)
      run.improve(working, steps: configuration.steps)
      if run.inertia < best?.inertia ?? .infinity { best = run }
    }
    guard var found = best else { preconditionFailure("there is a run") }
    if isSampled {
      found.assignments = [Int32](repeating: -1, count: points.count)
      found.distances = [Double](repeating: 0, count: points.count)
      found.improve(points, steps: configuration.steps)
    }
    let order = found.sizes.indices.sorted { left, right in
      if found.sizes[left] != found.sizes[right] { return found.sizes[left] > found.sizes[right] }
      return found.centre(left).lexicographicallyPrecedes(found.centre(right))
    }
    var numbers = [Int32](repeating: 0, count: order.count)
    for (number, old) in order.enumerated() { numbers[old] = Int32(number) }
    centres = order.flatMap { found.centre($0) }
    sizes = order.map { found.sizes[$0] }
    assignments = found.assignments.map { numbers[Int($0)] }
    inertia = found.inertia
  }

  /// The nearest cluster of each row, and the distance to its centre.
  package func nearest(_ points: PointSet) -> (clusters: [Int32], distances: [Double]) {
    var clusters = [Int32](repeating: 0, count: points.count)
    var distances = [Double](repeating: 0, count: points.count)
    for row in 0..<points.count {
      var least = Double.infinity
      for cluster in 0..<self.clusters {
        let distance = points.squaredDistance(row, to: centres, cluster)
        if distance < least {
          least = distance
          clusters[row] = Int32(cluster)
        }
      }
      distances[row] = least.squareRoot()
    }
    return (clusters, distances)
  }

  /// `wanted` of `count` rows, ascending, each equally likely: S. Vitter's selection sampling.
  static func sample(_ count: Int, _ wanted: Int, _ generator: inout SeededGenerator) -> [Int] {
    guard wanted < count else { return Array(0..<count) }
    var chosen: [Int] = []
    chosen.reserveCapacity(wanted)
    for row in 0..<count where generator.below(count - row) < wanted - chosen.count { chosen.append(row) }
    return chosen
  }
}

/// One run: centres, and the points' distances to them.
private struct Run {
  let dimensions: Int
  var centres: [Double]
  var assignments: [Int32]
  /// The squared distance of each point to its centre.
  var distances: [Double]
  var sizes: [Int]
  var inertia = Double.infinity

  /// k-means++: each further centre is a point drawn with the probability of its squared distance to the nearest so
  /// far; of 2 + ln k draws the one that leaves the least inertia.
  init(_ points: PointSet, clusters: Int, _ generator: inout SeededGenerator) {
    dimensions = points.dimensions
    assignments = [Int32](repeating: -1, count: points.count)
    distances = [Double](repeating: .infinity, count: points.count)
    sizes = [Int](repeating: 0, count: clusters)
    centres = []
    var draws = 2
    while 1 << (draws - 1) < clusters { draws += 1 }
    add(points, generator.below(points.count))
    while centres.count < clusters * dimensions {
      let total = distances.reduce(0, +)
      var best: (row: Int, inertia: Double)?
      for _ in 0..<draws {
        let row = draw(generator.uniform() * total)
        let inertia = inertia(adding: row, points)
        if inertia < best?.inertia ?? .infinity { best = (row, inertia) }
      }
      add(points, best?.row ?? 0)
    }
  }

  func centre(_ cluster: Int) -> ArraySlice<Double> { centres[cluster * dimensions..<(cluster + 1) * dimensions] }

  private func draw(_ place: Double) -> Int {
    var sum = 0.0
    var last = 0
    for row in distances.indices where distances[row] > 0 {
      sum += distances[row]
      last = row
      if sum > place { return row }
    }
    return last
  }

  private func inertia(adding row: Int, _ points: PointSet) -> Double {
    let centre = Array(points.values[row * dimensions..<(row + 1) * dimensions])
    var sum = 0.0
    for other in 0..<points.count { sum += min(distances[other], points.squaredDistance(other, to: centre, 0)) }
    return sum
  }

  private mutating func add(_ points: PointSet, _ row: Int) {
    let cluster = centres.count / dimensions
    centres.append(contentsOf: points.values[row * dimensions..<(row + 1) * dimensions])
    for other in 0..<points.count {
      distances[other] = min(distances[other], points.squaredDistance(other, to: centres, cluster))
    }
  }

  /// Lloyd's steps until no point changes its cluster.
  mutating func improve(_ points: PointSet, steps: Int) {
    for _ in 0..<steps {
      let hasChanged = assign(points)
      if !hasChanged { break }
      move(points)
    }
    inertia = distances.reduce(0, +)
  }

  private mutating func assign(_ points: PointSet) -> Bool {
    let clusters = sizes.count
    var hasChanged = false
    var row = 0
    while row < points.count {
      var nearest = 0
      var least = Double.infinity
      var cluster = 0
      while cluster < clusters {
        let distance = points.squaredDistance(row, to: centres, cluster)
        if distance < least {
          least = distance
          nearest = cluster
        }
        cluster &+= 1
      }
      if assignments[row] != Int32(nearest) {
        assignments[row] = Int32(nearest)
        hasChanged = true
      }
      distances[row] = least
      row &+= 1
    }
    for cluster in 0..<clusters { sizes[cluster] = 0 }
    for cluster in assignments { sizes[Int(cluster)] += 1 }
    for cluster in 0..<clusters where sizes[cluster] == 0 { fill(cluster) }
    return hasChanged
  }

  /// An empty cluster takes the point that lies farthest from its centre.
  private mutating func fill(_ cluster: Int) {
    var farthest = -1
    for row in distances.indices where sizes[Int(assignments[row])] > 1 {
      if farthest < 0 || distances[row] > distances[farthest] { farthest = row }
    }
    guard farthest >= 0 else { return }
    sizes[Int(assignments[farthest])] -= 1
    assignments[farthest] = Int32(cluster)
    distances[farthest] = 0
    sizes[cluster] = 1
  }

  private mutating func move(_ points: PointSet) {
    var sums = [Double](repeating: 0, count: centres.count)
    var row = 0
    while row < points.count {
      let to = Int(assignments[row]) &* dimensions
      let from = row &* dimensions
      var column = 0
      while column < dimensions {
        sums[to &+ column] += points.values[from &+ column]
        column &+= 1
      }
      row &+= 1
    }
    for cluster in sizes.indices where sizes[cluster] > 0 {
      for column in 0..<dimensions {
        centres[cluster * dimensions + column] = sums[cluster * dimensions + column] / Double(sizes[cluster])
      }
    }
  }
}
