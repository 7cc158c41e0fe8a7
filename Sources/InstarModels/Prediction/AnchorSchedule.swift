/// The past moments at which a target that looks into the future is known, and which of them may teach.
///
/// ```
/// first event                                                     moment
///      |--- a1 --- a2 --- a3 ------------------ h ------------------|
///                         taught: a + horizon <= h      h + horizon = moment
/// ```
///
/// A label needs the whole window of its anchor, so the newest anchor is one horizon before the moment. That one is
/// held out, and a gap of one horizon before it keeps the labels that teach apart from the features that are judged.
package struct AnchorSchedule: Sendable, Equatable {
  /// The length of the window that a label looks at, milliseconds.
  package let horizon: Int64
  /// Milliseconds since 1970, ascending; the last is the one that is held out.
  package let anchors: [Int64]

  private static let day: Int64 = 86_400_000

  /// The days that `loyalty` looks ahead: 180, or a third of the history where that is shorter.
  package static func loyaltyDays(firstEvent: Int64, moment: Int64) -> Int {
    max(1, min(180, Int((moment - firstEvent) / day) / 3))
  }

  /// - Parameters:
  ///   - firstEvent: time of the store's first event.
  ///   - moment: events at or after it are not seen.
  ///   - horizon: length of a label's window in milliseconds.
  ///   - step: distance between anchors; by default a third of the horizon and at least seven days.
  ///   - limit: the greatest number of anchors; the newest ones stay.
  /// - Throws: ``ModelError`` when no anchor has both a past and a whole window.
  package init(firstEvent: Int64, moment: Int64, horizon: Int64, step: Int64? = nil, limit: Int = 12) throws(ModelError)
  {
    let newest = moment - horizon
    try ModelError.check(horizon > 0 && limit > 0, "a horizon and a number of anchors must be positive")
    try ModelError.check(
      newest > firstEvent,
      "the horizon of \(Self.days(horizon)) days leaves no past to learn from: the history has "
        + "\(Self.days(moment - firstEvent)) days; use a horizon below that")
    let step = step ?? max(horizon / 3, 7 * Self.day)
    try ModelError.check(step > 0, "the step between anchors must be positive")
    var anchors: [Int64] = []
    var anchor = newest
    while anchors.count < limit && anchor > firstEvent {
      anchors.append(anchor)
      anchor -= step
    }
    self.horizon = horizon
    self.anchors = anchors.reversed()
  }

  private static func days(_ milliseconds: Int64) -> Int64 { milliseconds / day }

  /// The anchor that is held out.
  package var heldOut: Int64 { anchors[anchors.count - 1] }

  /// Whether the label of `anchor` is complete before the held-out anchor.
  package func mayTeach(_ anchor: Int64) -> Bool { anchor + horizon <= heldOut }
}
