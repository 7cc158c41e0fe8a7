import InstarImport
import Synchronization

/// Counts rejected records by reason, keeps the first few for the report, and writes all to a file where one is named.
final class RejectLog: Sendable {
  private struct State {
    var counts: [String: Int] = [:]
    var examples: [String] = []
    var file: OutputFile?
    var failure: (any Error)?
  }

  private let state: Mutex<State>
  private let files: [String]

  /// - Parameters:
  ///   - files: the names of the import's files, as rejects number them.
  ///   - path: where to write the rejects, or `nil`.
  init(files: [String], path: String?) throws {
    self.files = files
    var initial = State()
    if let path {
      let file = try OutputFile(path)
      try file.write(Array("file,line,reason,column,detail,record\n".utf8).span)
      initial.file = file
    }
    state = Mutex(initial)
  }

  func add(_ rejects: [ImportReject]) {
    guard !rejects.isEmpty else { return }
    state.withLock { state in
      for reject in rejects {
        let reason = reject.column.map { "\(reject.reason.rawValue) in \($0)" } ?? reject.reason.rawValue
        state.counts[reason, default: 0] += 1
        if state.examples.count < 3 {
          state.examples.append("\(files[reject.file]):\(reject.line): \(reason) \(reject.detail)")
        }
        write(reject, &state)
      }
    }
  }

  /// Counts rows that the import itself turns away.
  func add(reason: String, count: Int) {
    guard count > 0 else { return }
    state.withLock { $0.counts[reason, default: 0] += count }
  }

  private func write(_ reject: ImportReject, _ state: inout State) {
    guard let file = state.file, state.failure == nil else { return }
    let fields = [
      files[reject.file], "\(reject.line)", reject.reason.rawValue, reject.column ?? "", reject.detail,
      String(decoding: reject.record, as: UTF8.self),
    ]
    let line = fields.map(Self.quoted).joined(separator: ",") + "\n"
    do { try file.write(Array(line.utf8).span) } catch { state.failure = error }
  }

  private static func quoted(_ field: String) -> String {
    guard field.contains(where: { ",\"\n\r".contains($0) }) else { return field }
    var result = "\""
    for character in field { result += character == "\"" ? "\"\"" : String(character) }
    return result + "\""
  }

  /// - Throws: when the file of rejects could not be written.
  func finish() throws {
    let (file, failure) = state.withLock { ($0.file, $0.failure) }
    if let failure { throw failure }
    try file?.finish()
  }

  var total: Int { state.withLock { $0.counts.values.reduce(0, +) } }

  /// "135,080 rejected: missing value in CustomerID" and the first few places.
  var lines: [String] {
    let (counts, examples) = state.withLock { ($0.counts, $0.examples) }
    let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    return sorted.map { "rejected \($0.value): \($0.key)" } + examples
  }
}
