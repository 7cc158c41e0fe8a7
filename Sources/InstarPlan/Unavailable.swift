/// What the language has and this version does not run. Each entry gives one diagnostic, E0501; building a part means
/// deleting its entry.
package enum Unavailable: String, Sendable, Hashable, CaseIterable {
  case predictTime = "PREDICT TIME TO"
  case predictBy = "PREDICT .. BY"
  case predictAnchor = "WITH anchor"
  case recommendModel = "DEFINE MODEL .. RECOMMEND"
  case predictMethod = "this method of PREDICT"
  case evaluateOther = "EVALUATE of recommendations and campaigns"
  case forecast = "FORECAST"
  case absence = "DEFINE EVENT .. AS NO"
  case saveEvent = "SAVE AS EVENT"
  case campaign = "CAMPAIGN"
  case link = "LINK"
  case retain = "RETAIN"
  case redact = "REDACT"
  case consent = "CONSENT"
  case lookalikes = "RECOMMEND .. USERS LIKE SEGMENT"
  case community = "USING community"
  case epsilon = "WITH epsilon"
  case estimate = "WITH estimate"
  case jobs = "SHOW JOBS"
  case audit = "SHOW AUDIT"
  case chainAtOtherMoments = "AT for a segment that is an analysis"

  /// What can be written instead today.
  var instead: String? {
    switch self {
    case .predictTime: "a condition can be predicted: PREDICT did purchase IN NEXT 30 DAYS"
    case .predictBy: "WITH features = (country) lets the model tell groups apart"
    case .predictAnchor: "the users for whom it happened lately: SEGMENT users WHERE did loan_approved IN LAST 30 DAYS"
    case .recommendModel: "RECOMMEND trains by itself: SEGMENT users RECOMMEND 10"
    case .predictMethod: "USING logistic, tree, forest, boosting, mbgnbd, bgnbd or paretonbd"
    case .evaluateOther: "EVALUATE judges models of PREDICT, and segments with AGAINST did .. IN NEXT 30 DAYS"
    case .forecast: "the history alone: end the statement after AGGREGATE"
    case .absence: "as a condition: did not event IN LAST 60 DAYS"
    case .saveEvent: "DEFINE EVENT name AS event[condition]"
    case .campaign: "SNAPSHOT AS name keeps the users"
    case .link: "map the identity when importing: MAP user = .."
    case .retain, .redact: "FORGET USER erases one user"
    case .consent: nil
    case .lookalikes: "RECOMMEND 200 USERS FOR ITEM 'x'"
    case .community: "USING hybrid learns from all users together"
    case .epsilon: "SET PRIVACY THRESHOLD 10 hides small groups"
    case .estimate: "criterion = on_or_before counts those who returned so far"
    case .jobs, .audit: nil
    case .chainAtOtherMoments: "a date works: IN name AT @2026-01-01"
    }
  }
}
