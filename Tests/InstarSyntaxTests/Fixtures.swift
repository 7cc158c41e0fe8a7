import InstarSyntax

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Files of the repository that the tests read.
enum Fixtures {
  /// The folder that holds `Package.swift`.
  static let root: String = {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/")
  }()

  /// The statements of the language's contract.
  static let statements = read("Tests/InstarSyntaxTests/Fixtures/statements.iq")

  /// The statements one by one, each with its `;`, without comments.
  static let sentences: [String] = {
    let text = Array(statements.utf8)
    return Parser.parse(statements).statements.map {
      String(decoding: text[$0.range.lowerBound..<$0.range.upperBound], as: UTF8.self) + ";"
    }
  }()

  /// The text of a file, by its path from the root.
  static func read(_ path: String) -> String {
    guard let file = fopen(root + "/" + path, "r") else { fatalError("cannot open \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The names of the files in a folder that end in `suffix`, sorted.
  static func files(in folder: String, endingIn suffix: String) -> [String] {
    guard let directory = opendir(root + "/" + folder) else { fatalError("cannot open \(folder)") }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(suffix) { names.append(name) }
    }
    return names.sorted()
  }

  /// Compares a generated file with what it should hold, or writes it where `RECORD=1` is set.
  static func matches(_ text: String, _ path: String) -> Bool {
    if let record = getenv("RECORD"), String(cString: record) == "1" {
      guard let file = fopen(root + "/" + path, "w") else { fatalError("cannot write \(path)") }
      let bytes = Array(text.utf8)
      fwrite(bytes, 1, bytes.count, file)
      fclose(file)
      return true
    }
    return access(root + "/" + path, F_OK) == 0 && read(path) == text
  }
}
