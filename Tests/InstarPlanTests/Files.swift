#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

struct NoFile: Error { var path: String }

/// The folder of the package, found from this file.
let repositoryRoot = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

func readFile(_ path: String) throws -> String {
  guard let file = fopen(path, "r") else { throw NoFile(path: path) }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    if count == 0 { return String(decoding: bytes, as: UTF8.self) }
    bytes += buffer[..<count]
  }
}
