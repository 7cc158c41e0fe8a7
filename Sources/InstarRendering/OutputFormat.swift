package import InstarCalendar

/// How a result is written.
package enum OutputFormat: String, Sendable, CaseIterable {
  /// A drawn table for people.
  case box
  /// Comma-separated values as in RFC 4180: a missing value is empty, an empty text is `""`.
  case csv
  /// Tab-separated values: a missing value is `\N`; tab, line feed and backslash in a text are `\t`, `\n` and `\\`.
  case tsv
  /// One JSON document: an array with an object for each row.
  case json
  /// JSON Lines: an object on each line.
  case jsonl
  /// A table of GitHub's Markdown.
  case markdown
  /// One line for each cell, an empty line between rows.
  case line
  /// The picture that suits the result: funnel bars, a retention heat map, sparklines; a box where there is none.
  case chart
  /// A page that stands on its own: the picture of the result as SVG, its table, the receipt.
  case html

  /// Whether programs read it: full precision, RFC 3339 times, durations as seconds.
  package var isForPrograms: Bool {
    switch self {
    case .csv, .tsv, .json, .jsonl: true
    case .box, .markdown, .line, .chart, .html: false
    }
  }
}

/// What a rendering may use and must not exceed.
package struct RenderOptions: Sendable {
  package var format: OutputFormat
  /// The zone that times are written in; the receipt names it.
  package var zone: Zone
  /// Columns of the terminal; `nil` for no limit.
  package var width: Int?
  /// Whether ANSI colours are allowed.
  package var color: Bool
  /// The most rows that a box, Markdown, line, chart or page shows; `nil` for all. What is left out is announced.
  package var maxRows: Int?
  /// Whether a page of HTML goes on: its head was written with an earlier result.
  package var continues = false

  package init(
    _ format: OutputFormat, zone: Zone = .utc, width: Int? = nil, color: Bool = false, maxRows: Int? = nil
  ) {
    self.format = format
    self.zone = zone
    self.width = width
    self.color = color
    self.maxRows = maxRows
  }
}

/// Takes the next piece of a rendering: UTF-8 bytes, valid during the call. Pieces may end anywhere between characters.
package typealias TextSink = (Span<UInt8>) throws -> Void
