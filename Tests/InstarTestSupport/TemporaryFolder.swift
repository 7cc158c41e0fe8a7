#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A folder that vanishes with the object.
package final class TemporaryFolder {
  package let root: String

  /// - Parameter inMemory: whether the folder lies in memory where the system has such a place.
  package init(inMemory: Bool = false) {
    let place = inMemory && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(place)/instar-test-XXXXXX".utf8CString)
    precondition(mkdtemp(&template) != nil, "no temporary folder")
    root = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  deinit {
    for name in Files.names(in: root) { unlink(root + "/" + name) }
    rmdir(root)
  }

  package func path(_ name: String) -> String { root + "/" + name }

  /// The names of what lies in it, in order.
  package var names: [String] { Files.names(in: root).filter { $0 != "." && $0 != ".." }.sorted() }

  /// Writes a file and returns its path.
  @discardableResult
  package func write(_ name: String, _ bytes: some Sequence<UInt8>) -> String {
    let path = path(name)
    Files.write(Array(bytes), to: path)
    return path
  }

  @discardableResult
  package func write(_ name: String, _ text: String) -> String { write(name, text.utf8) }
}

/// Whole files.
package enum Files {
  package static func folder(of path: String) -> String { String(path[..<path.lastIndex(of: "/")!]) }

  /// The names of what lies in a folder.
  package static func names(in path: String) -> [String] {
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

  package static func read(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { return [] }
    defer { fclose(file) }
    fseek(file, 0, SEEK_END)
    let count = ftell(file)
    rewind(file)
    return [UInt8](unsafeUninitializedCapacity: count) { $1 = fread($0.baseAddress, 1, count, file) }
  }

  package static func write(_ bytes: [UInt8], to path: String) {
    let file = fopen(path, "wb")
    precondition(file != nil && fwrite(bytes, 1, bytes.count, file) == bytes.count, "could not write \(path)")
    fclose(file)
  }

  /// Changes the first byte of `text` wherever it stands in a file, under the feet of whoever has it open; returns how
  /// often it stood there.
  package static func damage(_ path: String, everywhere text: String) -> Int {
    let (bytes, wanted) = (read(path), Array(text.utf8))
    let file = open(path, O_WRONLY)
    defer { close(file) }
    var count = 0
    for place in 0..<max(0, bytes.count - wanted.count)
    where bytes[place] == wanted[0] && bytes[place..<place + wanted.count].elementsEqual(wanted) {
      var changed = bytes[place] ^ 1
      count += pwrite(file, &changed, 1, off_t(place))
    }
    return count
  }

  /// Copies to a new file: one that is still mapped somewhere keeps its pages.
  package static func copy(_ source: String, to target: String) {
    unlink(target)
    unlink(target + "-lock")
    write(read(source), to: target)
  }
}
