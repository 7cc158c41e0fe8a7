/// How a column of a file writes its times.
///
/// A format fixes what cannot be read from one value: the order of day and month, the unit of a number. Separators,
/// fractions and offsets are read as they come.
package enum TimeFormat: Sendable, Hashable {
  /// `2026-01-31`, `2026-01-31 10:15`, `2026-01-31T10:15:30.250+03:00`, `2026/1/31 10:15`, `20260131`,
  /// `20260131T101530Z`: RFC 3339, ISO 8601 and their relatives.
  case yearFirst
  /// `31/01/2026 10:15`, `31.01.2026`, `31-1-26`.
  case dayFirst
  /// `1/31/2026`, `12/1/2010 8:26`, `01-31-2026 8:26:00 AM`. Not with dots: where dates have dots the day comes first.
  case monthFirst
  /// A number counted from 1970-01-01T00:00Z.
  case epoch(EpochUnit)

  /// The unit of an epoch number.
  package enum EpochUnit: String, Sendable, Hashable, CaseIterable {
    case seconds, milliseconds, microseconds, nanoseconds
  }

  /// The formats in the order in which they are named to a user.
  package static let all: [TimeFormat] = [.yearFirst, .dayFirst, .monthFirst] + EpochUnit.allCases.map { .epoch($0) }

  /// What stands in `WITH time_format = '..'`.
  package var name: String {
    switch self {
    case .yearFirst: "yyyy-mm-dd"
    case .dayFirst: "dd/mm/yyyy"
    case .monthFirst: "mm/dd/yyyy"
    case .epoch(let unit): "epoch \(unit.rawValue)"
    }
  }

  /// The format called `name`, or `nil`.
  package init?(name: some StringProtocol) {
    let lowered = name.lowercased()
    guard let match = TimeFormat.all.first(where: { $0.name == lowered }) else { return nil }
    self = match
  }
}

/// Finds the time format of a column from samples of its values.
///
/// A format is counted for every sample that it can read; numbers count where they lie between 1971 and 2200, which
/// tells the epoch units apart. Day and month first are often both possible, and then the verdict says so.
package struct TimeSniffer: Sendable {
  /// What the samples show.
  package enum Verdict: Sendable, Hashable {
    /// No format reads a sample, or there were none.
    case noTime
    /// The format that reads most of the samples.
    case format(TimeFormat)
    /// These formats read the samples equally well: only the user can tell.
    case ambiguous([TimeFormat])
  }

  private var parsers = TimeFormat.all.map { TimeParser($0) }
  private var matches = [Int](repeating: 0, count: TimeFormat.all.count)
  /// Samples that were not empty.
  package private(set) var sampleCount = 0

  package init() {}

  /// Adds a value. Empty ones and those of blanks are passed over.
  package mutating func add(_ bytes: Span<UInt8>) {
    guard bytes.indices.contains(where: { bytes[$0] > 32 }) else { return }
    sampleCount += 1
    for index in parsers.indices {
      guard let time = parsers[index].parse(bytes) else { continue }
      if case .epoch = TimeFormat.all[index], !TimeSniffer.plausible.contains(time) { continue }
      matches[index] += 1
    }
  }

  /// Adds a value.
  package mutating func add(_ text: String) {
    let bytes = Array(text.utf8)
    add(bytes.span)
  }

  /// How many samples `format` reads; compare with ``sampleCount``.
  package func matchCount(of format: TimeFormat) -> Int {
    TimeFormat.all.firstIndex(of: format).map { matches[$0] } ?? 0
  }

  package var verdict: Verdict {
    let best = matches.max() ?? 0
    guard best > 0 else { return .noTime }
    let formats = TimeFormat.all.indices.filter { matches[$0] == best }.map { TimeFormat.all[$0] }
    return formats.count == 1 ? .format(formats[0]) : .ambiguous(formats)
  }

  /// 1971-01-01 to 2200-01-01: the same digits never lie in it in two units.
  private static let plausible: Range<Int64> = 31_536_000_000..<7_258_118_400_000
}
