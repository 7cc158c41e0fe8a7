/// Features and labels of users at past anchors.
package struct LabelledRows: Sendable {
  package private(set) var features: FeatureMatrix
  /// 0 or 1, one a row.
  package private(set) var labels: [Double] = []
  package private(set) var users: [UInt32] = []
  package private(set) var anchors: [Int64] = []

  package init(names: [String]) { features = FeatureMatrix(names: names) }

  package mutating func append(user: UInt32, anchor: Int64, features row: [Double], label: Bool) {
    features.append(row)
    labels.append(label ? 1 : 0)
    users.append(user)
    anchors.append(anchor)
  }

  /// Adds the rows of one anchor.
  ///
  /// - Precondition: one user and one label for each row of the features.
  package mutating func append(users: [UInt32], anchor: Int64, features: FeatureMatrix, labels: [Bool]) {
    precondition(users.count == features.rowCount && labels.count == users.count, "one label for each row")
    self.features.append(contentsOf: features)
    self.labels += labels.map { $0 ? 1 : 0 }
    self.users += users
    anchors += [Int64](repeating: anchor, count: users.count)
  }

  /// Adds the rows of the next chunk of users.
  package mutating func append(contentsOf other: LabelledRows) {
    features.append(contentsOf: other.features)
    labels += other.labels
    users += other.users
    anchors += other.anchors
  }

  /// The rows of each anchor, in the order in which they came.
  package var byAnchor: [(anchor: Int64, features: FeatureMatrix, labels: [Double])] {
    var order: [Int64] = []
    for anchor in anchors where order.last != anchor && !order.contains(anchor) { order.append(anchor) }
    return order.map { anchor in
      let part = rows { $0 == anchor }
      return (anchor, part.features, part.labels)
    }
  }

  /// The rows whose anchor fulfils `condition`.
  func rows(where condition: (Int64) -> Bool) -> LabelledRows {
    var part = LabelledRows(names: features.names)
    let width = features.columnCount
    for row in labels.indices where condition(anchors[row]) {
      part.append(
        user: users[row], anchor: anchors[row],
        features: Array(features.values[row * width..<(row + 1) * width]), label: labels[row] > 0.5)
    }
    return part
  }
}

/// A model with what a test on the newest known labels says of it.
package struct Backtest: Sendable {
  /// Fitted on all anchors.
  package let model: ProbabilityModel
  /// A model that saw only anchors that may teach, judged at the held-out one; `nil` when one of the two has no rows.
  package let heldOut: BinaryMetrics?
  /// The rate of positives among the teaching rows, given to everybody at the held-out anchor.
  package let baseRate: BinaryMetrics?
  /// Users ranked by their last goal event alone at the held-out anchor; only its ranking metrics mean anything.
  package let recencyOnly: BinaryMetrics?
  package let userCount: Int
  package let positiveCount: Int

  /// Too few users or positives to train on, with the numbers.
  package struct TooLittle: Error, Sendable, Equatable, CustomStringConvertible {
    package let users: Int
    package let positives: Int

    package var description: String {
      "needs >= \(LoyaltyFormula.leastUsers) users and >= \(LoyaltyFormula.leastPositives) positives; "
        + "found \(users) and \(positives)"
    }
  }

  /// Judges a model at the held-out anchor, then fits it on all anchors.
  ///
  /// - Throws: ``TooLittle`` below 200 users or 20 positives; ``ModelError`` for a bad setting.
  package init(
    _ rows: LabelledRows, _ schedule: AnchorSchedule, _ configuration: ProbabilityModel.Configuration = .init()
  ) throws {
    userCount = Set(rows.users).count
    positiveCount = Int(rows.labels.reduce(0, +))
    if userCount < LoyaltyFormula.leastUsers || positiveCount < LoyaltyFormula.leastPositives {
      throw TooLittle(users: userCount, positives: positiveCount)
    }
    model = try ProbabilityModel.fit(rows.features, labels: rows.labels, configuration)
    let teaching = rows.rows { schedule.mayTeach($0) }
    let judged = rows.rows { $0 == schedule.heldOut }
    guard !teaching.labels.isEmpty && !judged.labels.isEmpty else {
      (heldOut, baseRate, recencyOnly) = (nil, nil, nil)
      return
    }
    let taught = try ProbabilityModel.fit(teaching.features, labels: teaching.labels, configuration)
    heldOut = BinaryMetrics(probabilities: taught.probabilities(judged.features), labels: judged.labels)
    let rate = teaching.labels.reduce(0, +) / Double(teaching.labels.count)
    baseRate = BinaryMetrics(
      probabilities: [Double](repeating: rate, count: judged.labels.count), labels: judged.labels)
    recencyOnly = judged.features.names.firstIndex(of: "recency").map { column in
      let ranks = judged.labels.indices.map { row in
        let recency = judged.features[row, column]
        return recency.isNaN ? 0 : 1 / (1 + max(0, recency))
      }
      return BinaryMetrics(probabilities: ranks, labels: judged.labels)
    }
  }
}
