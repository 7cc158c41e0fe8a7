#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The bytes of whole records and where their fields end; filled by ``RecordSplitter``, read by one worker.
///
/// ```
/// bytes      records ......... | texts that needed unescaping ... | room
///            0          count              arenaEnd
/// positions  [0] one before the first record, then the separators outside quotes
/// ```
final class RecordBuffer {
  private(set) var capacity: Int
  private(set) var bytes: UnsafeMutablePointer<UInt8>
  private(set) var positions: UnsafeMutablePointer<UInt32>
  /// Bytes of whole records, each with a line feed at its end.
  var count = 0
  var arenaEnd = 0
  /// Positions behind `positions[0]` that belong to the records.
  var separators = 0
  var scan = SeparatorScan()
  var file = 0
  var sequence = 0
  /// Line of the first record in its file, from 1.
  var firstLine = 1
  /// Lines of all files before this buffer.
  var firstArrival = 0
  /// The first record names the columns.
  var beginsWithHeader = false
  /// Where the requested columns stand in this file.
  var layout = FileLayout(fieldCount: 0, places: [])

  /// Room behind the end for a line feed and for loads of whole words.
  static let padding = 64

  /// How often a text may be unescaped: once for each way in which its column is read.
  private let copies: Int

  init(capacity: Int, copies: Int = 1) {
    self.capacity = capacity
    self.copies = copies
    bytes = .allocate(capacity: (1 + copies) * capacity + 2 * RecordBuffer.padding)
    positions = .allocate(capacity: capacity + RecordBuffer.padding)
  }

  deinit {
    bytes.deallocate()
    positions.deallocate()
  }

  /// Makes room for twice as many bytes and keeps the first `used`.
  func grow(keeping used: Int) {
    let larger = UnsafeMutablePointer<UInt8>.allocate(
      capacity: (1 + copies) * 2 * capacity + 2 * RecordBuffer.padding)
    memcpy(larger, bytes, used)
    bytes.deallocate()
    bytes = larger
    positions.deallocate()
    capacity *= 2
    positions = .allocate(capacity: capacity + RecordBuffer.padding)
  }

  /// The fields of the first record as texts: the header, where there is one.
  func firstRecord() -> [String] {
    var fields: [String] = []
    for index in 1...separators {
      let (start, end) = (Int(positions[index - 1] &+ 1), Int(positions[index]))
      fields.append(fieldText(bytes + start, end - start))
      if bytes[end] == UInt8(ascii: "\n") { break }
    }
    return fields
  }
}

/// Where the requested columns stand in one file: files of one import may order their columns differently.
final class FileLayout: Sendable {
  /// Fields of a record.
  let fieldCount: Int
  /// For each request the index of its field.
  let places: [Int]

  init(fieldCount: Int, places: [Int]) {
    self.fieldCount = fieldCount
    self.places = places
  }
}
