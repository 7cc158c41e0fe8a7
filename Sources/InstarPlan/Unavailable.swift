/// What the language has and this version does not run. Each entry gives one diagnostic, E0501; building a part means
/// deleting its entry.
package enum Unavailable: String, Sendable, Hashable, CaseIterable {
  case predictTime = "PREDICT TIME TO"
  case predictBy = "PREDICT .. BY"
  case predictAnchor = "WITH anchor"
  case recommendModel = "DEFINE MODEL .. RECOMMEND"
  case absenceInModel = "an absence in a model"
  case predictMethod = "this method of PREDICT"
  case evaluateOther = "EVALUATE CAMPAIGN"
  case saveEvent = "SAVE AS EVENT"
  case campaign = "CAMPAIGN"

  /// What can be written instead today.
  var instead: String? {
    switch self {
    case .predictTime: "a condition can be predicted: PREDICT did purchase IN NEXT 30 DAYS"
    case .predictBy: "WITH features = (country = 'TR') lets the model tell groups apart"
    case .predictAnchor: "the users for whom it happened lately: SEGMENT users WHERE did loan_approved IN LAST 30 DAYS"
    case .recommendModel: "RECOMMEND trains by itself: SEGMENT users RECOMMEND 10"
    case .absenceInModel: "as a condition: PREDICT did not event IN NEXT 60 DAYS"
    case .predictMethod: "USING logistic, tree, forest, boosting, mbgnbd, bgnbd or paretonbd"
    case .evaluateOther: "EVALUATE judges models, lists of RECOMMEND, and segments with AGAINST did .. IN NEXT 30 DAYS"
    case .saveEvent: "DEFINE EVENT name AS event[condition]"
    case .campaign: "SNAPSHOT AS name keeps the users"
    }
  }
}
