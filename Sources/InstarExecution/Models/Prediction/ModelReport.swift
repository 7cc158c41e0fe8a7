import InstarCalendar
import InstarModels
import InstarPlan

/// What a receipt says of a trained model.
struct ModelReport {
  let environment: QueryEnvironment
  let model: PredictionModel

  /// "p_buy logistic: did purchase IN NEXT 30 DAYS; trained to 2011-12-09 on 9,120 rows .. AUC 0.801 (recency 0.737) .."
  func line(_ trained: TrainedModel, name: String) -> String {
    var text = "\(name) \(trained.classifier.methodName): \(model.text); trained to \(date(trained.trainedTo)) on "
    text += "\(trained.rows) rows of \(trained.users) users at \(trained.anchors.count) moments, "
    text += "\(trained.positives) positive"
    guard let quality = trained.quality else { return text + "; the history is too short to judge it" }
    text += "; at \(quality.judged.map(date).joined(separator: ", ")), \(quality.rows) rows: "
    text += "AUC \(optional(quality.auc)) (recency rule \(optional(quality.recencyAUC))), "
    text += "log-loss \(rounded(quality.logLoss)) (base rate \(rounded(quality.baseLogLoss))), "
    return text + "base rate \(rounded(quality.baseRate)), mean prediction \(rounded(quality.meanProbability))"
  }

  func warnings(_ trained: TrainedModel) -> [String] {
    guard let quality = trained.quality else {
      return ["the model was not judged: there is no anchor with a gap of one window before the newest"]
    }
    if quality.positives < LoyaltyFormula.leastPositives {
      return ["only \(quality.positives) positives at the judged moment: its figures are not enough evidence"]
    }
    var warnings: [String] = []
    if let auc = quality.auc, let rule = quality.recencyAUC, auc < rule {
      warnings.append(
        "WORSE THAN BASELINE: AUC \(rounded(auc)), and ranking by the last \(model.subject.text) gives \(rounded(rule))"
      )
    }
    if quality.logLoss > quality.baseLogLoss {
      warnings.append(
        "WORSE THAN BASELINE: log-loss \(rounded(quality.logLoss)), and the base rate for everybody gives "
          + rounded(quality.baseLogLoss))
    }
    return warnings
  }

  private func date(_ moment: Int64) -> String {
    TimeFormatter(zone: environment.calendar.zone, precision: .days).text(moment)
  }

  private func optional(_ value: Double?) -> String { value.map(rounded) ?? "undefined" }
  private func rounded(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
}

extension Classifier {
  var methodName: String {
    switch self {
    case .logistic: "logistic"
    }
  }
}

/// WHY: what moved a prediction most, in words.
struct ModelReasons {
  let model: PredictionModel
  let classifier: Classifier
  let count: Int

  /// "days since the last purchase 3.2 (+0.81), ..": the reasons of one row, strongest first; amounts add to the logit.
  func text(_ features: FeatureMatrix, _ row: Int) -> String {
    let width = features.columnCount
    let values = Array(features.values[row * width..<(row + 1) * width])
    let parts = classifier.contributions(ofRow: values).prefix(count).filter { $0.part != 0 }
    return parts.map { part in
      let sign = part.part < 0 ? "-" : "+"
      let amount = "(\(sign)\((abs(part.part) * 100).rounded() / 100))"
      let missing = part.feature.hasPrefix("no ")
      let name = missing ? String(part.feature.dropFirst(3)) : part.feature
      guard let column = features.names.firstIndex(of: name), !missing, !values[column].isNaN else {
        return "\(Self.phrase(name, model.subject.text)) unknown \(amount)"
      }
      return "\(Self.phrase(name, model.subject.text)) \((values[column] * 100).rounded() / 100) \(amount)"
    }.joined(separator: ", ")
  }

  /// A feature's name in words; `event` is what the target speaks of.
  static func phrase(_ feature: String, _ event: String) -> String {
    if let length = window(feature, "goals_") { return "\(event) in \(length) days" }
    if let length = window(feature, "spend_") { return "amount of \(event) in \(length) days" }
    if let length = window(feature, "events_") { return "events in \(length) days" }
    switch feature {
    case "recency": return "days since the last \(event)"
    case "frequency": return "number of \(event)"
    case "monetary": return "amount of \(event)"
    case "aov": return "mean amount of \(event)"
    case "amount_max": return "greatest amount of \(event)"
    case "amount_sd": return "spread of the amounts of \(event)"
    case "tenure": return "days since the first event"
    case "active_days": return "active days"
    case "event_recency": return "days since the last event"
    case "event_count": return "number of events"
    case "gap_mean", "gap_sd", "gap_min", "gap_max", "gap_last", "gap_median":
      let kinds = [
        "mean": "mean", "sd": "spread of the", "min": "shortest", "max": "longest", "last": "last", "median": "median",
      ]
      return "\(kinds[String(feature.dropFirst(4))] ?? "") days between two \(event)"
    case "overdue": return "days since the last \(event) in usual gaps"
    case "gap_cv": return "irregularity of the gaps between two \(event)"
    default: return feature
    }
  }

  private static func window(_ feature: String, _ prefix: String) -> Substring? {
    feature.hasPrefix(prefix) ? feature.dropFirst(prefix.count) : nil
  }
}
