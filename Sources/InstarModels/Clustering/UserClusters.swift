/// Users in clusters by their figures: signed logarithms, standardised, k-means.
///
/// Figures of users have long tails: the logarithm keeps the few who bought for thousands from being the clusters.
package struct UserClusters: Sendable {
  /// How many clusters are made.
  package enum Number: Sendable, Hashable {
    case exactly(Int)
    /// Of 2 to 6 the number with the highest silhouette; of equal ones the lowest.
    case auto
  }

  package let model: KMeans
  package let silhouette: Silhouette
  private let means: [Double]
  private let deviations: [Double]

  /// - Parameter figures: one row for each user in the units of the figures.
  package init(of figures: PointSet, _ number: Number, seed: UInt64 = 1) {
    let dimensions = figures.dimensions
    let logarithms = figures.values.map(signedLogarithm)
    var means = [Double](repeating: 0, count: dimensions)
    var deviations = means
    let count = Double(max(1, figures.count))
    for (place, value) in logarithms.enumerated() { means[place % dimensions] += value / count }
    for (place, value) in logarithms.enumerated() {
      let difference = value - means[place % dimensions]
      deviations[place % dimensions] += difference * difference / count
    }
    (self.means, self.deviations) = (means, deviations.map { $0 > 0 ? $0.squareRoot() : 1 })
    let points = Self.standardised(figures, means, self.deviations)
    var best: (KMeans, Silhouette)?
    for clusters in number.candidates {
      let model = KMeans(of: points, KMeans.Configuration(clusters: clusters, seed: seed))
      let silhouette = Silhouette(of: points, model.assignments, clusters: model.clusters, seed: seed)
      if best == nil || silhouette.mean > (best?.1.mean ?? 0) + 1e-12 { best = (model, silhouette) }
      if model.clusters < clusters { break }
    }
    guard let best else { preconditionFailure("there is a candidate") }
    (model, silhouette) = best
  }

  private static func standardised(_ figures: PointSet, _ means: [Double], _ deviations: [Double]) -> PointSet {
    let dimensions = figures.dimensions
    let values = figures.values.enumerated().map { place, value in
      (signedLogarithm(value) - means[place % dimensions]) / deviations[place % dimensions]
    }
    return PointSet(values, dimensions: dimensions)
  }

  /// The centre of a cluster in the units of the figures.
  package func centre(_ cluster: Int) -> [Double] {
    means.indices.map { column in
      signedExponential(model.centres[cluster * means.count + column] * deviations[column] + means[column])
    }
  }

  /// The nearest cluster of users whose figures were not part of the fit, and the distance to its centre in standard
  /// deviations.
  package func nearest(_ figures: PointSet) -> (clusters: [Int32], distances: [Double]) {
    model.nearest(Self.standardised(figures, means, deviations))
  }
}

extension UserClusters.Number {
  fileprivate var candidates: [Int] {
    switch self {
    case .exactly(let number): [number]
    case .auto: [2, 3, 4, 5, 6]
    }
  }
}
