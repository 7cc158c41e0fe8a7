import InstarCalendar
import InstarColumns
import InstarPlan

/// Absences as rows: a silence that has lasted long enough is an event at the instant at which it has.
extension BatchEvaluator {
  /// The batch with a row for each absence, or `nil` where there is none. Of rows at one instant those of the log come
  /// first.
  func batchWithAbsences() -> EventBatch? {
    let found = program.absences.map { absenceTimes($0) }
    guard found.contains(where: { !$0.times.isEmpty }) else { return nil }
    let old = batch
    let result = EventBatch(columns: old.columns.map { EventColumnBuffer(type: $0.type) })
    result.users = old.users
    result.starts = [0]
    // For each row of the result the row of the log, or -1.
    var origins: [Int] = []
    for user in 0..<old.userCount {
      let silent = absences(of: user, found)
      var next = 0
      for row in old.starts[user]..<old.starts[user + 1] {
        while next < silent.count, silent[next].time < old.times[row] {
          append(silent[next], to: result, &origins)
          next += 1
        }
        result.times.append(old.times[row])
        result.types.append(old.types[row])
        origins.append(row)
      }
      for absence in silent[next...] { append(absence, to: result, &origins) }
      result.starts.append(result.times.count)
    }
    for index in result.columns.indices { result.columns[index] = spread(old.columns[index], origins) }
    return result
  }

  private struct AbsenceTimes {
    var type: UInt32
    var times: [Int64]
    /// Where those of each user begin.
    var starts: [Int]
  }

  private struct Silence {
    var time: Int64
    var type: UInt32
  }

  private func absenceTimes(_ absence: AbsenceNode) -> AbsenceTimes {
    let list = rows(of: absence.pattern).all
    var found = AbsenceTimes(type: absence.type, times: [], starts: [0])
    for user in 0..<batch.userCount {
      for place in list.starts[user]..<list.starts[user + 1] {
        let end = context.calendar.adding(absence.length, to: list.times[place])
        let isLast = place + 1 == list.starts[user + 1]
        if end < context.moment, isLast || list.times[place + 1] > end { found.times.append(end) }
      }
      found.starts.append(found.times.count)
    }
    return found
  }

  private func absences(of user: Int, _ found: [AbsenceTimes]) -> [Silence] {
    var silent: [Silence] = []
    for one in found {
      for place in one.starts[user]..<one.starts[user + 1] {
        silent.append(Silence(time: one.times[place], type: one.type))
      }
    }
    return silent.sorted { ($0.time, $0.type) < ($1.time, $1.type) }
  }

  private func append(_ absence: Silence, to batch: EventBatch, _ origins: inout [Int]) {
    batch.times.append(absence.time)
    batch.types.append(absence.type)
    origins.append(-1)
  }

  /// The values of the rows of the log; an absence has none.
  private func spread(_ column: EventColumnBuffer, _ origins: [Int]) -> EventColumnBuffer {
    func moved<Element>(_ values: [Element], _ none: Element) -> [Element] {
      values.isEmpty ? [] : origins.map { $0 < 0 ? none : values[$0] }
    }
    var result = EventColumnBuffer(type: column.type)
    result.integers = moved(column.integers, 0)
    result.reals = moved(column.reals, 0)
    result.codes = moved(column.codes, 0)
    result.flags = moved(column.flags, 0)
    result.present = origins.map { $0 < 0 ? 0 : column.present.isEmpty ? 1 : column.present[$0] }
    return result
  }
}

/// A dictionary with a few texts behind its own.
final class LongerDictionary: TextDictionary {
  private let first: any TextDictionary
  private let others: [String]

  init(_ first: any TextDictionary, _ others: [String]) {
    self.first = first
    self.others = others
  }

  var count: Int { first.count + others.count }

  func text(_ code: UInt32) -> String {
    Int(code) < first.count ? first.text(code) : others[Int(code) - first.count]
  }

  func code(of text: String) -> UInt32? {
    if let own = first.code(of: text) { return own }
    return others.firstIndex(of: text).map { UInt32(first.count + $0) }
  }
}
