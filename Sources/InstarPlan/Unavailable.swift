/// What the language has and this version does not run. Each entry gives one diagnostic, E0501; building a part means
/// deleting its entry.
package enum Unavailable: String, Sendable, Hashable, CaseIterable {
  case storedTime = "DEFINE MODEL and EVALUATE of PREDICT TIME TO"

  /// What can be written instead today.
  var instead: String? {
    switch self {
    case .storedTime: "it is fitted when it is asked: SEGMENT users PREDICT TIME TO purchase"
    }
  }
}
