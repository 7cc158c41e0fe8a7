#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The files of the repository, by their paths from its root.
enum Tree {
  /// The folder that holds `Package.swift`.
  static let root: String = {
    let file = realpath(#filePath, nil)
    defer { free(file) }
    let path = file.map { String(cString: $0) } ?? #filePath
    return "/" + path.split(separator: "/").dropLast(3).joined(separator: "/")
  }()

  /// All files below `folder` that end in `suffix`, sorted. Hidden files and folders are left out.
  static func files(in folder: String, endingIn suffix: String = "") -> [String] {
    guard let directory = opendir(root + "/" + folder) else { return [] }
    defer { closedir(directory) }
    var found: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix(".") { continue }
      let path = folder + "/" + name
      if isFolder(path) {
        found += files(in: path, endingIn: suffix)
      } else if name.hasSuffix(suffix) {
        found.append(path)
      }
    }
    return found.sorted()
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(root + "/" + path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  static func exists(_ path: String) -> Bool { access(root + "/" + path, F_OK) == 0 }

  /// The text of a file; empty where there is none.
  static func read(_ path: String) -> String {
    guard let file = fopen(root + "/" + path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }

  /// Whether a file holds one of `words`: a quick look before its lines are read one by one.
  static func mentions(_ words: [String], _ path: String) -> Bool {
    read(path).withCString { text in words.contains { strstr(text, $0) != nil } }
  }

  static func lines(of path: String) -> [Substring] {
    read(path).split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The lines of a Swift file that are no comment, with their numbers from 1.
  static func code(of path: String) -> [(number: Int, text: Substring)] {
    lines(of: path).enumerated().compactMap { index, line in
      line.trimmed.hasPrefix("//") ? nil : (index + 1, line)
    }
  }

  /// The targets under `Sources`, sorted.
  static let targets: [String] = {
    Set(files(in: "Sources").map { String($0.split(separator: "/")[1]) }).sorted()
  }()

  static let swiftSources = files(in: "Sources", endingIn: ".swift")
  static let swiftTests = files(in: "Tests", endingIn: ".swift")

  /// The documents that people read.
  static let documents =
    files(in: "docs", endingIn: ".md") + ["README.md", "CHANGELOG.md"].filter(exists)
}

extension Substring {
  var trimmed: Substring {
    var text = self
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text
  }
}

extension StringProtocol {
  /// What stands between the first `opening` and the next `closing`, or `nil`.
  func between(_ opening: String, _ closing: String) -> SubSequence? {
    guard let start = firstRange(of: opening), let end = self[start.upperBound...].firstRange(of: closing) else {
      return nil
    }
    return self[start.upperBound..<end.lowerBound]
  }

  func firstRange(of text: String) -> Range<Index>? { ranges(of: text).first }

  /// The texts in double quotes, without escapes.
  var quotedTexts: [String] {
    split(separator: "\"", omittingEmptySubsequences: false).enumerated().compactMap { index, part in
      index % 2 == 1 ? String(part) : nil
    }
  }
}
