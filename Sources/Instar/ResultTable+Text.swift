package import InstarCalendar
package import InstarRendering

/// How a table is written as text.
public enum TextFormat: String, Sendable, CaseIterable {
  /// A drawn table for people.
  case box
  /// Comma-separated values with a header, as in RFC 4180.
  case csv
  /// Tab-separated values with a header.
  case tsv
  /// One JSON document: an array with an object for each row.
  case json
  /// JSON Lines: an object on each line.
  case jsonl
  /// A table of Markdown.
  case markdown
  /// One line for each cell.
  case line
  /// The picture that suits the result: funnel bars, a retention heat map, sparklines; a box where there is none.
  case chart
  /// A page that stands on its own: the picture of the result as SVG, its table, the receipt.
  case html

  package var output: OutputFormat { OutputFormat(rawValue: rawValue)! }
}

extension ResultTable {
  /// The table as text. Times are written in the time zone of the store.
  ///
  /// - Parameters:
  ///   - format: the form; programs read `csv`, `tsv`, `json` and `jsonl`.
  ///   - maxRows: the most rows that the forms for people show; what is left out is announced.
  public func text(_ format: TextFormat = .box, maxRows: Int? = nil) -> String {
    ResultRenderer(RenderOptions(format.output, zone: receipt.zone, maxRows: maxRows)).text(self)
  }
}

extension Receipt {
  /// The receipt in three lines, and a line for each note.
  public var text: String { lines(zone: zone).joined(separator: "\n") }

  /// The zone called ``timeZone``; UTC where this system does not know it.
  package var zone: Zone {
    do { return try Zone.named(timeZone) } catch { return .utc }
  }
}
