/// The words of the language, in any case of letters.
///
/// The one table of words: the lexer marks tokens with it, the parser asks for its cases, completion and highlighting list
/// it, and a test compares it with `grammar/`. A keyword is contextual: where no keyword can stand, the same word is a name.
package enum Keyword: UInt8, Sendable, Hashable, CaseIterable {
  case add, after, against, aggregate, analytics, analyze, and, any, `as`, asc, assert, at, attribute, attributes
  case audit, auto, before, between, budget, by, campaign, campaigns, `case`, catalog, clock, cluster, compare, consent
  case consumes, contains, day, days, define, desc, describe, did, directly, drop, during, each, `else`, end, ends
  case evaluate, event, events, ever, every, exactly, excluding, explain, export, `false`, first, `for`, forecast
  case forget, from, funnel, funnels, future, goal, hour, hours, `import`, imports, `in`, into, `is`, item, items
  case jobs, join, keep, known, last, least, `let`, lifecycle, lifecycles, like, limit, link, links, map, matches
  case minute, minutes, missing, model, models, month, months, most, next, no, not, nothing, noun, now, of, on
  case only, optional, or, order, paths, per, pivot, predict, previous, privacy, profile, promote, properties
  case quarter, quarters, recommend, redact, required, retain, retention, `return`, revokes, rfm, rules, run, same
  case save, second, seconds, segment, segments, session, sessions, set, settings, show, since, snapshot, sort
  case stage, start, starts, stickiness, table, tables, then, this, threshold, time, timeline, times, timezone, to
  case train, transitions, `true`, unknown, unlink, user, users, using, week, weeks, weight, when, `where`, why
  case with, withdraw, within, without, year, years

  /// In small letters.
  package var text: String { Keyword.texts[Int(rawValue)] }

  /// In capitals, as the formatter and the messages write it.
  package var capitals: String { text.uppercased() }

  private static let texts: [String] = allCases.map { String(describing: $0) }

  /// The keyword that the bytes spell, in any case of letters.
  ///
  /// - Complexity: O(1); no allocation.
  static func spelled(by bytes: borrowing Span<UInt8>, from start: Int, to end: Int) -> Keyword? {
    guard let key = PackedWord(bytes, from: start, to: end) else { return nil }
    return bySpelling[key]
  }

  /// The keyword that `word` spells, in any case of letters.
  package static func spelled(_ word: String) -> Keyword? {
    let bytes = Array(word.utf8)
    return spelled(by: bytes.span, from: 0, to: bytes.count)
  }

  private static let bySpelling: [PackedWord: Keyword] = {
    var table: [PackedWord: Keyword] = [:]
    for keyword in allCases {
      let bytes = Array(keyword.text.utf8)
      if let key = PackedWord(bytes.span, from: 0, to: bytes.count) { table[key] = keyword }
    }
    precondition(table.count == allCases.count, "two keywords are spelled alike or one is longer than 16 bytes")
    return table
  }()
}

/// Up to 16 bytes of a word in small letters, so that looking one up allocates nothing.
private struct PackedWord: Hashable {
  var high: UInt64 = 0
  var low: UInt64 = 0

  init?(_ bytes: borrowing Span<UInt8>, from start: Int, to end: Int) {
    guard end - start <= 16 else { return nil }
    var position = start
    while position < end {
      let byte = bytes[position]
      let isCapital = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
      high = high << 8 | low >> 56
      low = low << 8 | UInt64(isCapital ? byte | 0x20 : byte)
      position += 1
    }
  }
}

extension Keyword {
  /// The unit that the word names, in the singular or the plural.
  package var timeUnit: TimeUnit? {
    switch self {
    case .second, .seconds: .second
    case .minute, .minutes: .minute
    case .hour, .hours: .hour
    case .day, .days: .day
    case .week, .weeks: .week
    case .month, .months: .month
    case .quarter, .quarters: .quarter
    case .year, .years: .year
    default: nil
    }
  }

  static let timeUnits: [Keyword] = allCases.filter { $0.timeUnit != nil }

  /// Words that start a source.
  static let sources: [Keyword] = [
    .segment, .events, .items, .table, .compare, .train, .evaluate, .profile, .timeline, .show, .describe,
  ]

  /// Words that start a step.
  static let steps: [Keyword] = [
    .where, .add, .keep, .sort, .limit, .pivot, .assert, .join, .save, .snapshot, .export, .aggregate, .funnel,
    .retention, .paths, .stickiness, .lifecycle, .sessions, .rfm, .cluster, .rules, .recommend, .predict, .forecast,
  ]

  /// Words that start a statement which is no chain.
  static let management: [Keyword] = [
    .define, .let, .promote, .drop, .set, .import, .forget, .redact, .retain, .consent, .withdraw, .link, .unlink, .run,
  ]
}
