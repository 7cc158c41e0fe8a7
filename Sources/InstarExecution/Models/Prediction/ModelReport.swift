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
    text += "base rate \(rounded(quality.baseRate)), mean prediction \(rounded(quality.meanProbability))"
    let older = trained.qualities.dropFirst().map {
      "\(optional($0.auc)) at \($0.judged.map(date).joined(separator: ", "))"
    }
    return older.isEmpty ? text : text + "; earlier AUC \(older.joined(separator: ", "))"
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
