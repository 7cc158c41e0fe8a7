import Instar
import InstarStorage

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A folder that vanishes with the object.
final class TemporaryFolder {
  let root: String

  /// - Parameter inMemory: whether the folder lies in memory where the system has such a place.
  init(inMemory: Bool = false) {
    let place = inMemory && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(place)/instar-trust-XXXXXX".utf8CString)
    precondition(mkdtemp(&template) != nil, "no temporary folder")
    root = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  deinit {
    for name in Files.names(in: root) { unlink(root + "/" + name) }
    rmdir(root)
  }

  func path(_ name: String) -> String { root + "/" + name }

  /// Writes a file and returns its path.
  @discardableResult
  func write(_ name: String, _ bytes: some Sequence<UInt8>) -> String {
    let path = path(name)
    Files.write(Array(bytes), to: path)
    return path
  }

  @discardableResult
  func write(_ name: String, _ text: String) -> String { write(name, text.utf8) }
}

/// Whole files.
enum Files {
  static func folder(of path: String) -> String { String(path[..<path.lastIndex(of: "/")!]) }

  /// The names of what lies in a folder.
  static func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names
  }

  static func read(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { return [] }
    defer { fclose(file) }
    fseek(file, 0, SEEK_END)
    let count = ftell(file)
    rewind(file)
    return [UInt8](unsafeUninitializedCapacity: count) { $1 = fread($0.baseAddress, 1, count, file) }
  }

  static func write(_ bytes: [UInt8], to path: String) {
    let file = fopen(path, "wb")
    precondition(file != nil && fwrite(bytes, 1, bytes.count, file) == bytes.count, "could not write \(path)")
    fclose(file)
  }

  /// Copies to a new file: one that is still mapped somewhere keeps its pages.
  static func copy(_ source: String, to target: String) {
    unlink(target)
    unlink(target + "-lock")
    write(read(source), to: target)
  }
}

/// A generator whose seed a failing test prints (SplitMix64: Steele, Lea and Flood, 2014).
struct TestRandom: RandomNumberGenerator {
  let seed: UInt64
  private var state: UInt64

  init(seed: UInt64 = .random(in: 0 ... .max)) {
    self.seed = seed
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// A number that the environment sets for a longer run.
func setting(_ name: String, default value: Int) -> Int {
  getenv(name).flatMap { Int(String(cString: $0)) } ?? value
}

extension Database {
  /// The rows of a table as text, one row a line, cells parted by blanks.
  func rows(_ statement: String) throws -> [String] {
    let table = try query(statement)
    return (0..<table.rowCount).map { row in table.columns.map { "\($0[row])" }.joined(separator: " ") }
  }

  /// One integer of a table of one row.
  func count(_ statement: String) throws -> Int {
    let table = try query(statement)
    guard case .integer(let number) = table.columns[0][0] else { return -1 }
    return Int(number)
  }
}

func quoted(_ path: String) -> String { "'\(path)'" }
