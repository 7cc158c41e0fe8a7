import InstarCalendar
import InstarModels
import InstarPlan

/// What a receipt says of a trained model.
struct ModelReport {
  let environment: QueryEnvironment
  let model: PredictionModel

  /// "p_buy logistic: did purchase IN NEXT 30 DAYS; trained to 2011-12-09 on 9,120 rows .. AUC 0.801 (recency 0.737) .."
  func line(_ trained: TrainedModel, name: String) -> String {
    let isClosedForm = trained.anchors.isEmpty
    var text = "\(name) \(trained.predictor.methodName): \(model.text); "
    text += "\(isClosedForm ? "fitted" : "trained") to \(date(trained.trainedTo)) on \(trained.rows) rows of "
    text += "\(trained.users) users"
    if let anchor = model.anchor {
      text += ", one for each \(anchor.text)"
    } else if !isClosedForm {
      text += " at \(trained.anchors.count) moments"
    }
    text += ", \(trained.positives) positive"
    guard let quality = trained.quality else { return text + (isClosedForm ? "" : "; \(unjudged(trained))") }
    text += "; at \(quality.judged.map(date).joined(separator: ", ")), \(quality.rows) rows: "
    text += model.kind == .condition ? probability(quality) : number(quality)
    let figure = model.kind == .condition ? "auc" : "mae"
    let older = trained.qualities.dropFirst().map {
      "\(optional($0[figure].value)) at \($0.judged.map(date).joined(separator: ", "))"
    }
    return older.isEmpty ? text : text + "; earlier \(figure.uppercased()) \(older.joined(separator: ", "))"
  }

  /// Why there is no test.
  private func unjudged(_ trained: TrainedModel) -> String {
    guard model.kind == .condition, trained.positives == trained.rows else {
      return "the history is too short to judge it"
    }
    return "it came true for every row, so AUC is undefined"
  }

  private func probability(_ quality: ModelQuality) -> String {
    let (auc, loss, mean) = (quality["auc"], quality["log_loss"], quality["mean_probability"])
    return "AUC \(optional(auc.value)) (recency rule \(optional(auc.baseline))\(closed(quality, "auc"))), "
      + "log-loss \(optional(loss.value)) (base rate \(optional(loss.baseline))\(closed(quality, "log_loss"))), "
      + "base rate \(optional(mean.baseline)), mean prediction \(optional(mean.value))"
  }

  private func number(_ quality: ModelQuality) -> String {
    let (error, total, gini) = (quality["mae"], quality["total_ratio"], quality["gini"])
    return "MAE \(optional(error.value)) (past rate \(optional(error.baseline))\(closed(quality, "mae"))), "
      + "predicted by observed total \(optional(total.value)) "
      + "(\(optional(total.baseline))\(closed(quality, "total_ratio"))), "
      + "Gini \(optional(gini.value)) (\(optional(gini.baseline))\(closed(quality, "gini")))"
  }

  /// What the closed form gives, where it was judged beside the model.
  private func closed(_ quality: ModelQuality, _ figure: String) -> String {
    quality["mbgnbd_\(figure)"].value.map { ", mbgnbd \(optional($0))" } ?? ""
  }

  func warnings(_ trained: TrainedModel) -> [String] {
    var warnings: [String] = []
    if trained.predictor.isSeparated {
      warnings.append("the features tell yes from no without error: coefficients are bounded by the penalty alone")
    }
    guard let quality = trained.quality else {
      if !trained.predictor.isClosedForm { warnings.append("the model was not judged: \(unjudged(trained))") }
      return warnings
    }
    if quality.positives < LoyaltyFormula.leastPositives {
      return warnings + [
        "only \(quality.positives) positives at the judged moment: its figures are not enough evidence"
      ]
    }
    let (auc, loss, error) = (quality["auc"], quality["log_loss"], quality["mae"])
    if Self.isGreater(auc.baseline, auc.value) {
      warnings.append(
        "WORSE THAN BASELINE: AUC \(optional(auc.value)), and ranking by the last \(model.subject.text) gives "
          + optional(auc.baseline))
    }
    if Self.isGreater(loss.value, loss.baseline) {
      warnings.append(
        "WORSE THAN BASELINE: log-loss \(optional(loss.value)), and the base rate for everybody gives "
          + optional(loss.baseline))
    }
    if Self.isGreater(error.value, error.baseline) {
      warnings.append(
        "WORSE THAN BASELINE: MAE \(optional(error.value)), and going on as before gives \(optional(error.baseline))")
    }
    return warnings
  }

  /// Whether a plain rule did better.
  static func isWorse(_ quality: ModelQuality) -> Bool {
    isGreater(quality["auc"].baseline, quality["auc"].value)
      || isGreater(quality["log_loss"].value, quality["log_loss"].baseline)
      || isGreater(quality["mae"].value, quality["mae"].baseline)
  }

  private static func isGreater(_ left: Double?, _ right: Double?) -> Bool {
    guard let left, let right else { return false }
    return left > right
  }

  private func date(_ moment: Int64) -> String {
    TimeFormatter(zone: environment.calendar.zone, precision: .days).text(moment)
  }

  private func optional(_ value: Double?) -> String { value.map { "\(($0 * 1000).rounded() / 1000)" } ?? "undefined" }
}
