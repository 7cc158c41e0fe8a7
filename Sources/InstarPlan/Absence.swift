package import InstarCalendar
internal import InstarSyntax

/// `DEFINE EVENT stopped AS NO event FOR 60 DAYS`: an event that the log does not hold. It happens to a user when the
/// length has passed since one of the events and none has come in between, and lies before the moment.
package struct Absence: Sendable, Hashable {
  package var name: String
  /// What did not come.
  package var events: EventPattern
  package var length: CalendarDuration

  package init(name: String, events: EventPattern, length: CalendarDuration) {
    self.name = name
    self.events = events
    self.length = length
  }

  /// Absences of a statement are types of events from this code on, in the order of ``LogicalPlan/absences``: far above
  /// those of a store.
  package static let firstType: UInt32 = 1 << 30
}

extension EventPattern {
  var mentionsAbsence: Bool {
    alternatives.contains { $0.types?.contains { $0 >= Absence.firstType } ?? false }
  }
}

extension Expression {
  /// Whether the value depends on an absence.
  var mentionsAbsence: Bool { mentions(\.mentionsAbsence) }
}

extension Resolution {
  /// The event of a definition `AS NO .. FOR ..`.
  func absence(_ name: String, _ tree: EventReference, _ span: TimeSpan) throws(Failure) -> EventPattern {
    let events = try reference(tree)
    guard events.ordinal == nil, !events.mentionsAbsence else {
      throw fail(
        .sequenceShape, at: tree.range, "an absence is one of events of the log, without FIRST or LAST",
        help: "write NO purchase FOR 60 DAYS")
    }
    let length = try duration(span)
    guard length.approximateMilliseconds > 0 else {
      throw fail(.optionValue, at: span.range, "an absence lasts some time", help: "write FOR 60 DAYS")
    }
    let type = inventions.type(of: Absence(name: name, events: events, length: length))
    return EventPattern(alternatives: [.init(types: [type], filter: nil)], text: Names.quoted(name))
  }

  /// Absences and exposures stand among the events of a user, which what looks at neighbours would count.
  func checkNeighbours(at range: SourceRange) throws(Failure) {
    guard let place = inventions.neighbours else { return }
    let stranger =
      inventions.absences.first.map { "\(Names.quoted($0.name)) is an absence" }
      ?? inventions.exposure.map { "\(Names.quoted($0)) is what a campaign showed" }
    guard let stranger else { return }
    throw fail(
      .sequenceShape, at: range,
      "\(place) looks at all events of a user in their order, and \(stranger) and none of them",
      help: "keep the users first: .. SNAPSHOT AS name; SEGMENT name ..")
  }
}

/// The events that a statement made up, and what it has that would trip over them.
final class Inventions {
  private(set) var absences: [Absence] = []
  /// The name of the exposures that the statement asks for.
  private(set) var exposure: String?
  /// The first part of the statement that looks at events next to each other: "SESSIONS".
  var neighbours: String?

  func type(of absence: Absence) -> UInt32 {
    if let known = absences.firstIndex(of: absence) { return Absence.firstType + UInt32(known) }
    absences.append(absence)
    return Absence.firstType + UInt32(absences.count - 1)
  }

  func note(exposure name: String) { exposure = exposure ?? name }

  func note(_ place: String) {
    if neighbours == nil { neighbours = place }
  }
}
