import InstarModels
import InstarPlan
import InstarStorage

/// A feature that was read and says nothing, with the reason.
struct DroppedFeature: Sendable, Hashable {
  var name: String
  /// "constant", "equal to frequency", "missing in every row" or "not asked by any split".
  var reason: String

  /// The features that the parts of a predictor leave aside, as the rows that taught it show.
  ///
  /// - Complexity: O(rows) for each constant feature and each equal pair; others differ after a few rows.
  static func all(of predictor: Predictor, _ features: FeatureMatrix) -> [DroppedFeature] {
    let dropped = Set(predictor.droppedFeatures)
    let places = features.names.indices.filter { dropped.contains(features.names[$0]) }
    return places.map { DroppedFeature(name: features.names[$0], reason: reason($0, features)) }
  }

  private static func reason(_ column: Int, _ features: FeatureMatrix) -> String {
    guard features.rowCount > 0 else { return "missing in every row" }
    func isSame(_ left: Double, _ right: Double) -> Bool { left == right || (left.isNaN && right.isNaN) }
    let first = features[0, column]
    if (1..<features.rowCount).allSatisfy({ isSame(features[$0, column], first) }) {
      return first.isNaN ? "missing in every row" : "constant"
    }
    let twin = (0..<column).first { other in
      (0..<features.rowCount).allSatisfy { isSame(features[$0, column], features[$0, other]) }
    }
    return twin.map { "equal to \(features.names[$0])" } ?? "not asked by any split"
  }

  /// The lines of DESCRIBE MODEL: what is used, what was dropped and why, and which properties are left out.
  static func lines(_ trained: TrainedModel, _ model: PredictionModel?, _ schema: Schema) -> [(String, String)] {
    let names = Set(trained.dropped.map(\.name))
    let used = trained.specification.names.filter { name in
      !names.contains(name) && (trained.predictor.isClosedForm == name.hasPrefix("lifetime_"))
    }
    var lines = [("used", "\(used.count) features: \(used.joined(separator: ", "))")]
    var reasons: [String] = []
    for feature in trained.dropped where !reasons.contains(feature.reason) { reasons.append(feature.reason) }
    for reason in reasons {
      let group = trained.dropped.filter { $0.reason == reason }.map(\.name)
      lines.append(("dropped", "\(reason): \(group.joined(separator: ", "))"))
    }
    guard let model else { return lines }
    let undated = schema.properties(of: .user).filter { !$0.isDated && !model.options.timeless.contains($0.id) }
    if !undated.isEmpty {
      let list = undated.map(\.name).joined(separator: ", ")
      lines.append(
        ("left out", "properties without dates, which may have been written later: \(list); WITH timeless = (..)"))
    }
    return lines
  }
}

// MARK: - Bytes

extension DroppedFeature {
  func write(to writer: inout ByteWriter) {
    writer.text(name)
    writer.text(reason)
  }

  init(_ reader: inout ByteReader) {
    name = reader.text()
    reason = reader.text()
  }
}
