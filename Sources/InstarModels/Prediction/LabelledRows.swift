/// Features and labels of users at past anchors, the rows of one anchor together.
package struct LabelledRows: Sendable {
  package private(set) var features: FeatureMatrix
  /// One a row: 0 or 1 of a condition, any number of an amount.
  package private(set) var labels: [Double] = []
  package private(set) var users: [UInt32] = []
  package private(set) var anchors: [Int64] = []

  package init(names: [String]) { features = FeatureMatrix(names: names) }

  package mutating func append(user: UInt32, anchor: Int64, features row: [Double], label: Double) {
    features.append(row)
    labels.append(label)
    users.append(user)
    anchors.append(anchor)
  }

  /// Adds the rows of one anchor.
  ///
  /// - Precondition: one user and one label for each row of the features.
  package mutating func append(users: [UInt32], anchor: Int64, features: FeatureMatrix, labels: [Double]) {
    precondition(features.rowCount == users.count && labels.count == users.count, "one label for each row")
    self.features.append(contentsOf: features)
    self.labels += labels
    self.users += users
    anchors += [Int64](repeating: anchor, count: users.count)
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
  package func rows(where condition: (Int64) -> Bool) -> LabelledRows {
    var part = LabelledRows(names: features.names)
    var first = 0
    while first < labels.count {
      var end = first + 1
      while end < labels.count, anchors[end] == anchors[first] { end += 1 }
      if condition(anchors[first]) {
        part.features.append(rows: first..<end, of: features)
        part.labels += labels[first..<end]
        part.users += users[first..<end]
        part.anchors += anchors[first..<end]
      }
      first = end
    }
    return part
  }
}
