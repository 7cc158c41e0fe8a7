#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Why a time zone could not be had.
package enum ZoneError: Error, Sendable, Hashable {
  /// No zone of that name; up to three names that come near.
  case unknown(name: String, suggestions: [String])
  /// The system has no zone files where they are looked for.
  case noDatabase(name: String, folders: [String])
  /// The zone's file cannot be read as a zone.
  case damaged(path: String)

  /// One plain sentence that says what to do.
  package var message: String {
    switch self {
    case .unknown(let name, let suggestions) where suggestions.isEmpty:
      "no time zone named '\(name)'; write an IANA name as 'Europe/Istanbul' or an offset as '+03:00'"
    case .unknown(let name, let suggestions):
      "no time zone named '\(name)'; did you mean \(suggestions.map { "'\($0)'" }.joined(separator: " or "))?"
    case .noDatabase(let name, let folders):
      "time zone '\(name)' needs the system's zone files, which are in none of \(folders.joined(separator: ", ")); "
        + "install the package tzdata, set TZDIR, or use 'UTC'"
    case .damaged(let path):
      "\(path) is not a time zone file that can be read; reinstall the package tzdata"
    }
  }
}

extension Zone {
  /// The zone of an IANA name ("Europe/Istanbul") from the system's zone files, "UTC", or an offset ("+03:00").
  ///
  /// "UTC" and offsets need no files. Names are case-sensitive. Looks in `TZDIR`, then where systems keep the files.
  package static func named(_ name: String) throws(ZoneError) -> Zone {
    if name == "UTC" || name == "Etc/UTC" || name == "Z" { return .utc }
    if let offset = fixedOffset(name) { return Zone(fixedOffset: offset) }
    let folders = ZoneDatabase.folders()
    guard folders.contains(where: { ZoneDatabase.isFolder($0) }) else {
      throw .noDatabase(name: name, folders: folders)
    }
    if ZoneDatabase.isSafe(name) {
      for folder in folders {
        let path = folder + "/" + name
        guard !ZoneDatabase.isFolder(path), let bytes = ZoneDatabase.contents(of: path) else { continue }
        guard let zone = Zone(name: name, fileContents: bytes) else { throw .damaged(path: path) }
        return zone
      }
    }
    throw .unknown(name: name, suggestions: ZoneDatabase.names(near: name, in: folders))
  }

  /// Milliseconds of "+03:00", "-0530" or "+03"; `nil` for anything else.
  private static func fixedOffset(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard let sign = bytes.first, sign == 43 || sign == 45 else { return nil }
    let digits = bytes.dropFirst().filter { $0 != 58 }
    guard digits.count == 2 || digits.count == 4, digits.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
    let values = digits.map { Int64($0) - 48 }
    let hours = values[0] * 10 + values[1]
    let minutes = values.count == 4 ? values[2] * 10 + values[3] : 0
    guard hours <= 18, minutes < 60 else { return nil }
    return (sign == 45 ? -1 : 1) * (hours * 60 + minutes) * 60_000
  }
}

/// The folders of zone files.
private enum ZoneDatabase {
  static func folders() -> [String] {
    let standard = ["/usr/share/zoneinfo", "/usr/share/zoneinfo.default", "/usr/lib/zoneinfo", "/etc/zoneinfo"]
    guard let variable = getenv("TZDIR") else { return standard }
    return [String(cString: variable)] + standard
  }

  /// Whether a name stays inside the folder and has only characters of zone names.
  static func isSafe(_ name: String) -> Bool {
    guard let first = name.utf8.first, first != UInt8(ascii: "/"), name.utf8.count < 64 else { return false }
    return !name.contains("..")
      && name.utf8.allSatisfy { byte in
        (byte | 0x20 >= 97 && byte | 0x20 <= 122) || (byte >= 48 && byte <= 57) || "/_+-".utf8.contains(byte)
      }
  }

  static func isFolder(_ path: String) -> Bool {
    guard let folder = opendir(path) else { return false }
    closedir(folder)
    return true
  }

  static func contents(of path: String) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// Up to three zone names that resemble `name`: a city of the same spelling first, then few typing errors.
  static func names(near name: String, in folders: [String]) -> [String] {
    let wanted = normalized(name)
    let limit = max(1, wanted.count / 3)
    var found: [(distance: Int, name: String)] = []
    for candidate in Set(folders.flatMap { allNames(in: $0, prefix: "") }) {
      let city = candidate.split(separator: "/").last.map(String.init) ?? candidate
      let distance = min(
        editDistance(wanted, normalized(candidate)),
        editDistance(wanted, normalized(city)) + (city == candidate ? 0 : 1))
      if distance <= limit { found.append((distance, candidate)) }
    }
    found.sort { ($0.distance, $0.name) < ($1.distance, $1.name) }
    return found.prefix(3).map(\.name)
  }

  private static func normalized(_ name: String) -> [UInt8] {
    name.lowercased().utf8.map { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
  }

  /// The names below a folder: paths of capitalised files ("Europe/Istanbul", "UTC"), which leaves out its lists.
  private static func allNames(in folder: String, prefix: String) -> [String] {
    guard let handle = opendir(folder) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let first = name.utf8.first, first >= 65, first <= 90, isSafe(name) else { continue }
      let path = folder + "/" + name
      let inner = isFolder(path) ? allNames(in: path, prefix: prefix + name + "/") : [prefix + name]
      names.append(contentsOf: inner)
    }
    return names
  }

  /// Insertions, deletions, replacements and swaps of neighbours that lead from `left` to `right` (optimal string
  /// alignment).
  private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for i in 1...left.count {
      var row = [i] + Array(repeating: 0, count: right.count)
      for j in 1...right.count {
        let replaced = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1)
        row[j] = min(replaced, last[j] + 1, row[j - 1] + 1)
        if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
          row[j] = min(row[j], beforeLast[j - 2] + 1)
        }
      }
      beforeLast = last
      last = row
    }
    return last[right.count]
  }
}
