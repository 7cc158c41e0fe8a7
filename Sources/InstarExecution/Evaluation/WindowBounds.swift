import InstarCalendar
import InstarPlan

extension EvaluationContext {
  /// The half-open bounds of `window` seen from `moment`, or `nil` where they hang on the user's first event.
  func bounds(of window: Window, at moment: Int64) -> (from: Int64, to: Int64)? {
    if case .first = window { return nil }
    return bounds(of: window, at: moment, firstEvent: 0)
  }

  /// - Parameter firstEvent: the time of the user's first event of any type.
  func bounds(of window: Window, at moment: Int64, firstEvent: Int64) -> (from: Int64, to: Int64) {
    switch window {
    case .ever: (.min, moment)
    case .last(let duration): (calendar.adding(-duration, to: moment), moment)
    case .next(let duration): (moment, calendar.adding(duration, to: moment))
    case .this(let unit): (calendar.start(of: unit, containing: moment - 1), moment)
    case .previous(let count, let unit): half(calendar.previous(count, unit, before: moment - 1))
    case .first(let duration): (firstEvent, min(moment, calendar.adding(duration, to: firstEvent)))
    case .range(let from, let to): (from ?? .min, to ?? .max)
    }
  }
}

private func half(_ range: Range<Int64>) -> (from: Int64, to: Int64) { (range.lowerBound, range.upperBound) }
