/// A trained answer to "how probable is it", by any of the methods for conditions.
package enum Classifier: Sendable, Equatable {
  case logistic(ProbabilityModel)

  package enum Method: String, Sendable, Hashable, CaseIterable { case logistic }

  /// What all methods need to know; each takes its part.
  package struct Configuration: Sendable, Hashable {
    package var method: Method
    package var logistic: ProbabilityModel.Configuration
    package var seed: UInt64

    package init(method: Method = .logistic, logistic: ProbabilityModel.Configuration = .init(), seed: UInt64 = 1) {
      self.method = method
      self.logistic = logistic
      self.seed = seed
    }
  }

  /// Fits a classifier on features and labels (0 or 1), one label for each row.
  ///
  /// - Throws: ``ModelError`` for a bad setting or when there is no row.
  package static func fit(
    _ features: FeatureMatrix, labels: [Double], _ configuration: Configuration = .init()
  ) throws(ModelError) -> Classifier {
    switch configuration.method {
    case .logistic: .logistic(try ProbabilityModel.fit(features, labels: labels, configuration.logistic))
    }
  }

  /// The probability of each row.
  ///
  /// - Precondition: the features have the names and order that the model was fitted on.
  package func probabilities(_ features: FeatureMatrix) -> [Double] {
    switch self {
    case .logistic(let model): model.probabilities(features)
    }
  }

  /// What each feature adds to the logit of one row, the greatest amount first.
  package func contributions(ofRow features: [Double]) -> [(feature: String, part: Double)] {
    switch self {
    case .logistic(let model): model.contributions(ofRow: features)
    }
  }

  /// Features that say most over all rows, the strongest first, each with its weight in the method's own measure.
  package func importances() -> [(feature: String, weight: Double)] {
    switch self {
    case .logistic(let model):
      zip(model.preprocessing.outputNames, model.regression.coefficients).map { (feature: $0, weight: $1) }
        .sorted { (abs($0.weight), $1.feature) > (abs($1.weight), $0.feature) }
    }
  }

  /// Features that were given and say nothing: constant, or equal to another.
  package var droppedFeatures: [String] {
    switch self {
    case .logistic(let model): model.preprocessing.droppedNames
    }
  }
}

extension Classifier {
  /// The bytes of this classifier: the method's number, then the method's own bytes.
  package func encoded() -> [UInt8] {
    switch self {
    case .logistic(let model): [1] + model.encoded()
    }
  }

  /// The classifier in `bytes`, which ``encoded()`` wrote.
  package init(decoding bytes: [UInt8]) throws(PayloadError) {
    switch bytes.first {
    case 1: self = .logistic(try ProbabilityModel(decoding: Array(bytes.dropFirst())))
    default: throw .notAModel
    }
  }
}
