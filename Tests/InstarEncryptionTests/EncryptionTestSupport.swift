import InstarEncryption
import InstarStorage

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Keys for tests; the passphrases cost little.
enum OwnerKeys {
  static let any = key(1)
  static func key(_ byte: UInt8) -> any StoreKey { OwnerKey(.key([UInt8](repeating: byte, count: 32))) }
  static func passphrase(_ text: String) -> any StoreKey {
    OwnerKey(.passphrase(text), cost: OwnerKey.Cost(log2Rounds: 4))
  }
}

/// A folder that goes with the object.
final class Folder {
  let path: String
  init() {
    var template = Array("/tmp/instar-sealed-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }
  deinit {
    for name in ["a", "a-lock", "b", "b-lock"] { unlink("\(path)/\(name)") }
    rmdir(path)
  }
  func file(_ name: String) -> String { "\(path)/\(name)" }
}

func bytes(of path: String) -> [UInt8] {
  let file = open(path, O_RDONLY)
  defer { close(file) }
  var bytes = [UInt8](repeating: 0, count: Int(lseek(file, 0, SEEK_END)))
  let count = bytes.count
  let read = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress, count, 0) }
  precondition(read == count)
  return bytes
}

func overwrite(_ path: String, _ bytes: [UInt8]) {
  let file = open(path, O_WRONLY)
  defer { close(file) }
  let written = bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
  precondition(written == bytes.count)
}

extension [UInt8] {
  /// Where a text begins in the bytes.
  func places(of text: String) -> [Int] {
    let needle = Array(text.utf8)
    guard count >= needle.count else { return [] }
    return (0...count - needle.count).filter { self[$0] == needle[0] && self[$0..<$0 + needle.count] == needle[...] }
  }
}
