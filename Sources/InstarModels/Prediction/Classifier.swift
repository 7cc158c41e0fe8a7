/// A trained answer to "how probable is it", by any of the methods for conditions.
package struct Classifier: Sendable, Equatable {
  package enum Method: String, Sendable, Hashable, CaseIterable { case logistic }

  /// What was learnt.
  package enum Learner: Sendable, Equatable {
    case logistic(ProbabilityModel)
  }

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

  /// The features that it was fitted on, in the order of a row; a method may leave some aside.
  package let inputNames: [String]
  package let learner: Learner

  /// Fits a classifier on features and labels (0 or 1), one label for each row.
  ///
  /// - Throws: ``ModelError`` for a bad setting or when there is no row.
  package static func fit(
    _ features: FeatureMatrix, labels: [Double], _ configuration: Configuration = .init()
  ) throws(ModelError) -> Classifier {
    switch configuration.method {
    case .logistic:
      let part = features.columns(linearPlaces(features.names))
      let model = try ProbabilityModel.fit(part, labels: labels, configuration.logistic)
      return Classifier(inputNames: features.names, learner: .logistic(model))
    }
  }

  /// The columns that a linear model weighs: what closed forms read says nothing new to it.
  private static func linearPlaces(_ names: [String]) -> [Int] {
    names.indices.filter { !names[$0].hasPrefix("lifetime_") }
  }

  /// The probability of each row.
  ///
  /// - Precondition: the features have the names and order that the model was fitted on.
  package func probabilities(_ features: FeatureMatrix) -> [Double] {
    precondition(features.names == inputNames, "features as the model was fitted on")
    switch learner {
    case .logistic(let model): return model.probabilities(features.columns(Self.linearPlaces(inputNames)))
    }
  }

  /// What each feature adds to the logit of one row, the greatest amount first.
  package func contributions(ofRow features: [Double]) -> [(feature: String, part: Double)] {
    switch learner {
    case .logistic(let model): model.contributions(ofRow: Self.linearPlaces(inputNames).map { features[$0] })
    }
  }

  /// Features that say most over all rows, the strongest first, each with its weight in the method's own measure.
  package func importances() -> [(feature: String, weight: Double)] {
    switch learner {
    case .logistic(let model):
      zip(model.preprocessing.outputNames, model.regression.coefficients).map { (feature: $0, weight: $1) }
        .sorted { (abs($0.weight), $1.feature) > (abs($1.weight), $0.feature) }
    }
  }

  /// The method, as `USING` spells it.
  package var methodName: String {
    switch learner {
    case .logistic: "logistic"
    }
  }

  /// Features that were given and say nothing: constant, or equal to another.
  package var droppedFeatures: [String] {
    switch learner {
    case .logistic(let model): model.preprocessing.droppedNames
    }
  }
}

extension Classifier {
  /// The bytes of this classifier: its features, the method's number, then the method's own bytes.
  package func encoded() -> [UInt8] {
    var writer = PayloadWriter(.classifier)
    writer.write(UInt64(inputNames.count))
    for name in inputNames { writer.write(name) }
    switch learner {
    case .logistic(let model):
      writer.write(UInt8(1))
      writer.write(payload: model.encoded())
    }
    return writer.finish()
  }

  /// The classifier in `bytes`, which ``encoded()`` wrote.
  package init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, expecting: .classifier)
    let count: UInt64 = try reader.read()
    guard count < 1 << 20 else { throw .damaged }
    var names: [String] = []
    for _ in 0..<count { names.append(try reader.readText()) }
    let method: UInt8 = try reader.read()
    switch method {
    case 1:
      let model = try ProbabilityModel(decoding: try reader.readPayload())
      guard model.preprocessing.inputNames == Self.linearPlaces(names).map({ names[$0] }) else { throw .damaged }
      learner = .logistic(model)
    default: throw .damaged
    }
    inputNames = names
    try reader.finish()
  }
}
