import Instar
import InstarSyntax
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Completion at the prompt: the keywords that the grammar allows next, and the names of the store that fit there.
final class NameCompletion: Sendable {
  static let shared = NameCompletion()

  private struct State {
    var database: Database?
    var names = StoreNames()
    /// The lines of the statement before the one being written.
    var before = ""
  }

  private let state = Mutex(State())

  func use(_ database: Database) {
    state.withLock { $0.database = database }
    refresh()
  }

  /// Reads the names of the store anew.
  func refresh() {
    guard let database = state.withLock({ $0.database }), let names = try? database.names() else { return }
    state.withLock { $0.names = names }
  }

  func precede(with lines: String) {
    state.withLock { $0.before = lines.isEmpty ? "" : lines + "\n" }
  }

  /// What may stand at byte `cursor` of `line`: the start of the word that is replaced, and the candidates.
  func candidates(_ line: String, cursor: Int) -> (start: Int, candidates: [String]) {
    let (before, names) = state.withLock { ($0.before, $0.names) }
    if before.isEmpty, line.hasPrefix(".") { return dotCommands(line, cursor: cursor) }
    let offset = before.utf8.count
    let found = Parser.completions(before + line, at: offset + cursor)
    let start = max(0, found.range.lowerBound - offset)
    let word = String(decoding: Array(line.utf8)[start..<min(cursor, line.utf8.count)], as: UTF8.self)
    let fitting = names.names(for: found).filter { $0.hasPrefix(word) && !found.keywords.contains($0.uppercased()) }
    return (start, fitting.map(Self.written) + found.keywords)
  }

  /// A name as it is written where a name may stand: a word needs no quotes there, even one that is a keyword elsewhere.
  private static func written(_ name: String) -> String {
    let isWord = name.first?.isNumber == false && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    return isWord ? name : Identifier.quoted(name)
  }

  private func dotCommands(_ line: String, cursor: Int) -> (start: Int, candidates: [String]) {
    if line.hasPrefix(".mode "), cursor >= 6 {
      let word = String(decoding: Array(line.utf8)[6..<cursor], as: UTF8.self)
      return (6, (["auto"] + TextFormat.allCases.map(\.rawValue)).filter { $0.hasPrefix(word) })
    }
    let word = String(decoding: Array(line.utf8)[..<cursor], as: UTF8.self)
    return (0, DotCommand.names.filter { $0.hasPrefix(word) })
  }
}

/// What libedit's side calls.
func completeStatement(
  _ line: UnsafePointer<CChar>?, _ cursor: Int, _ start: UnsafeMutablePointer<Int>?
) -> UnsafeMutablePointer<CChar>? {
  guard let line, let start else { return nil }
  let found = NameCompletion.shared.candidates(String(cString: line), cursor: cursor)
  start.pointee = found.start
  guard !found.candidates.isEmpty else { return nil }
  return strdup(found.candidates.map { $0 + "\n" }.joined())
}
