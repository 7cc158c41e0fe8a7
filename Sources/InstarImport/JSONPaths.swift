/// The paths of all values in the lines of a sample, in order of first appearance.
enum JSONPaths {
  /// More columns than anybody names; keys beyond (ids used as keys) are left out.
  static let limit = 1_000

  static func discover(_ buffer: RecordBuffer) -> [[String]] {
    var paths: [[String]] = []
    var known = Set<[String]>()
    for line in 0..<buffer.separators {
      let (start, end) = (Int(buffer.positions[line] &+ 1), Int(buffer.positions[line + 1]))
      var cursor = JSONCursor(buffer, from: start, to: end)
      var found: [[String]] = []
      // A line that is no object is rejected when it is read; what came before the fault does not count.
      guard collect(&cursor, prefix: [], &found, depth: 0) else { continue }
      for path in found where paths.count < limit && known.insert(path).inserted { paths.append(path) }
    }
    return paths
  }

  private static func collect(
    _ cursor: inout JSONCursor, prefix: [String], _ found: inout [[String]], depth: Int
  ) -> Bool {
    guard depth < JSONLineScanner.deepestNesting, cursor.take(UInt8(ascii: "{")) else { return false }
    if cursor.take(UInt8(ascii: "}")) { return true }
    repeat {
      guard let key = cursor.string(), cursor.take(UInt8(ascii: ":")) else { return false }
      let bytes = UnsafeBufferPointer(start: cursor.bytes + key.start, count: key.end - key.start)
      let path = prefix + [String(decoding: bytes, as: UTF8.self)]
      cursor.skipSpace()
      if cursor.peek == UInt8(ascii: "{") {
        if !collect(&cursor, prefix: path, &found, depth: depth + 1) { return false }
      } else if cursor.skipValue(depth: depth) == nil {
        return false
      } else {
        found.append(path)
      }
    } while cursor.take(UInt8(ascii: ","))
    return cursor.take(UInt8(ascii: "}"))
  }
}
