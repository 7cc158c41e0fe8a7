import InstarCalendar
import InstarColumns
import InstarImport

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A folder of its own for one test, removed with everything in it.
final class TemporaryFolder {
  let path: String
  private var files: [String] = []

  init() {
    var template = Array("/tmp/instar-import-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  deinit {
    for file in files { unlink(file) }
    rmdir(path)
  }

  func write(_ name: String, _ text: String) -> String { write(name, Array(text.utf8)) }

  func write(_ name: String, _ bytes: [UInt8]) -> String {
    let file = path + "/" + name
    let handle = fopen(file, "w")!
    _ = bytes.withUnsafeBufferPointer { fwrite($0.baseAddress, 1, $0.count, handle) }
    fclose(handle)
    files.append(file)
    return file
  }
}

/// What an import of a few rows gave, in order of arrival.
struct ImportedRows {
  var rows: [[Value]] = []
  var rejects: [ImportReject] = []
  var arrivals: [Int] = []
}

extension ImportReader {
  /// All rows and rejects, put in order by the numbers of their chunks.
  func readRows(workers: Int = 2) throws -> ImportedRows {
    typealias Part = (sequence: Int, imported: ImportedRows)
    let parts = try read(workers: workers, makeState: { _ in [Part]() }) { parts, chunk in
      var imported = ImportedRows(rejects: chunk.rejects)
      for row in 0..<chunk.rowCount {
        imported.rows.append(chunk.columns.indices.map { chunk.value(column: $0, row: row) })
        imported.arrivals.append(chunk.firstArrival + row)
      }
      parts.append((chunk.sequence, imported))
    }
    var all = ImportedRows()
    for part in parts.flatMap({ $0 }).sorted(by: { $0.sequence < $1.sequence }) {
      all.rows += part.imported.rows
      all.rejects += part.imported.rejects
      all.arrivals += part.imported.arrivals
    }
    return all
  }
}

extension ImportChunk {
  func value(column: Int, row: Int) -> Value {
    let values = columns[column]
    guard values.isPresent(row) else { return .missing }
    switch values.type {
    case .boolean: return .boolean(values.flags[row] != 0)
    case .integer: return .integer(values.integers[row])
    case .time: return .time(values.integers[row])
    case .real: return .real(values.reals[row])
    default: return .text(text(column: column, row: row)!)
    }
  }
}

/// Sniffs and reads a whole file with the detected types.
func importDetected(_ path: String, chunkBytes: Int = 1 << 20, workers: Int = 2) throws -> ImportedRows {
  let source = try ImportSource(path)
  let format = try Sniffer.sniff(source)
  let requests = format.columns.indices.map {
    ColumnRequest(column: $0, conversion: format.columns[$0].conversion)
  }
  var options = ImportReader.Options()
  options.chunkBytes = chunkBytes
  return try ImportReader(source, format: format, requests: requests, options: options).readRows(workers: workers)
}

/// The import error that `body` throws, or `nil`.
func importError(_ body: () throws -> Void) -> ImportError? {
  do {
    try body()
    return nil
  } catch {
    return error as? ImportError
  }
}
