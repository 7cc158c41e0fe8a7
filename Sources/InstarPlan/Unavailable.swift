/// What the language has and this version does not run. Each entry gives one diagnostic, E0501; building a part means
/// deleting its entry.
package enum Unavailable: String, Sendable, Hashable, CaseIterable {
  case storedTime = "DEFINE MODEL and EVALUATE of PREDICT TIME TO"
  case retain = "RETAIN"
  case jobs = "SHOW JOBS"
  case chainAtOtherMoments = "AT for a segment that is an analysis"

  /// What can be written instead today.
  var instead: String? {
    switch self {
    case .storedTime: "it is fitted when it is asked: SEGMENT users PREDICT TIME TO purchase"
    case .retain: "FORGET USER erases one user"
    case .jobs: nil
    case .chainAtOtherMoments: "a date works: IN name AT @2026-01-01"
    }
  }
}
