internal import InstarCalendar
internal import InstarColumns

/// Writes the cells of one column, for people or for programs.
///
/// Made once for a column: it looks at the rows that will be shown to choose decimals and the precision of times, so
/// that a column reads evenly.
struct CellWriter {
  let column: Column
  private let times: TimeFormatter
  private let decimals: Int

  /// What stands for a missing value where people read; empty text is empty.
  static let missingText = "·"

  /// - Parameter rows: the rows that will be written.
  init(_ column: Column, rows: Range<Int>, zone: Zone, forPrograms: Bool) {
    self.column = column
    guard !forPrograms else {
      times = TimeFormatter(zone: zone, precision: .automatic, style: .rfc3339)
      decimals = 0
      return
    }
    let precision = CellWriter.precision(column, rows, zone)
    times = TimeFormatter(zone: zone, precision: precision, style: .local)
    if case .reals(let reals) = column.values {
      decimals = NumberText.decimals(for: rows.lazy.filter { column.isPresent($0) }.map { reals[$0] })
    } else {
      decimals = 0
    }
  }

  /// Whether cells stand at the right of their column.
  var isRightAligned: Bool { column.type.isNumber || column.type == .duration }

  /// Appends a cell as people read it, in one line: control characters are written as escapes, so that no text moves
  /// the cursor or changes colours.
  func appendReadable(_ row: Int, to bytes: inout [UInt8]) {
    guard column.isPresent(row) else {
      bytes.append(contentsOf: CellWriter.missingText.utf8)
      return
    }
    switch column.values {
    case .booleans(let flags): bytes.append(contentsOf: (flags[row] != 0 ? "true" : "false").utf8)
    case .integers(let integers):
      switch column.type {
      case .time: times.append(integers[row], to: &bytes)
      case .duration: NumberText.appendDuration(integers[row], to: &bytes)
      default: NumberText.appendGrouped(integers[row], to: &bytes)
      }
    case .reals(let reals): NumberText.append(reals[row], decimals: decimals, to: &bytes)
    case .codes(let codes, let dictionary): CellWriter.appendVisible(dictionary.text(codes[row]), to: &bytes)
    case .texts(let texts): CellWriter.appendVisible(texts[row], to: &bytes)
    }
  }

  /// A cell as people read it.
  func readable(_ row: Int) -> String {
    var bytes: [UInt8] = []
    appendReadable(row, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends a present cell that is no text as programs read it. Returns `false`, and appends nothing, for reals that
  /// are no numbers, which stand for a missing value.
  func appendExact(_ row: Int, to bytes: inout [UInt8]) -> Bool {
    switch column.values {
    case .booleans(let flags): bytes.append(contentsOf: (flags[row] != 0 ? "true" : "false").utf8)
    case .integers(let integers):
      switch column.type {
      case .time: times.append(integers[row], to: &bytes)
      case .duration: NumberText.appendSeconds(integers[row], to: &bytes)
      default: bytes.append(contentsOf: String(integers[row]).utf8)
      }
    case .reals(let reals):
      guard reals[row].isFinite else { return false }
      bytes.append(contentsOf: String(reals[row]).utf8)
    case .codes, .texts: preconditionFailure("texts are quoted by their format")
    }
    return true
  }

  /// The text of a present cell of a text column, or `nil` for other types.
  func text(_ row: Int) -> String? {
    switch column.values {
    case .codes(let codes, let dictionary): dictionary.text(codes[row])
    case .texts(let texts): texts[row]
    default: nil
    }
  }

  /// Appends a text with control characters, line separators and marks of writing direction as visible escapes.
  static func appendVisible(_ text: String, to bytes: inout [UInt8]) {
    if text.utf8.allSatisfy({ $0 >= 32 && $0 < 127 }) {
      bytes.append(contentsOf: text.utf8)
      return
    }
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 9: bytes.append(contentsOf: "\\t".utf8)
      case 10: bytes.append(contentsOf: "\\n".utf8)
      case 13: bytes.append(contentsOf: "\\r".utf8)
      case 0..<32, 127..<160, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069:
        bytes.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".utf8)
      default: bytes.append(contentsOf: UTF8.encode(scalar)!)
      }
    }
  }

  /// The coarsest precision that shows every time of the rows.
  private static func precision(_ column: Column, _ rows: Range<Int>, _ zone: Zone) -> TimeFormatter.Precision {
    guard column.type == .time, case .integers(let times) = column.values else { return .automatic }
    var precision = TimeFormatter.Precision.days
    for row in rows where column.isPresent(row) {
      let local = zone.local(at: times[row])
      if local % 1000 != 0 { return .milliseconds }
      if local % 60_000 != 0 { precision = .seconds }
      if local % 86_400_000 != 0, precision == .days { precision = .minutes }
    }
    return precision
  }
}
