/// Finds the values of wanted paths in lines of JSON, without building objects.
///
/// Values become slices of the line: numbers, `true`, `false`, nested arrays and objects as they stand, texts without
/// their quotes (unescaped ones in the arena), `null` and absent keys as missing. Keys are compared by their bytes as
/// written. Of a key that stands twice the last value counts.
struct JSONLineScanner {
  /// Wanted keys as a tree; node 0 is the line's object.
  private var nodes = [Node()]
  private let columnCount: Int

  private struct Node {
    var keys: [[UInt8]] = []
    var children: [Int] = []
    /// Columns that take the value itself.
    var columns: [Int] = []
  }

  static let deepestNesting = 64

  init(paths: [[String]]) {
    columnCount = paths.count
    for (column, path) in paths.enumerated() {
      var node = 0
      for key in path { node = child(of: node, Array(key.utf8)) }
      nodes[node].columns.append(column)
    }
  }

  private mutating func child(of node: Int, _ key: [UInt8]) -> Int {
    if let known = nodes[node].keys.firstIndex(of: key) { return nodes[node].children[known] }
    nodes.append(Node())
    nodes[node].keys.append(key)
    nodes[node].children.append(nodes.count - 1)
    return nodes.count - 1
  }

  /// Lists the lines of `buffer` as rows and cuts their values; lines that are no JSON objects are broken.
  func scan(_ buffer: RecordBuffer, _ rows: inout RecordRows, _ slices: inout [FieldSlices]) {
    rows.reset()
    rows.stride = 1
    for column in 0..<columnCount {
      resize(&slices[column].starts, buffer.separators)
      resize(&slices[column].lengths, buffer.separators)
    }
    for line in 0..<buffer.separators {
      let (start, end) = (Int(buffer.positions[line] &+ 1), Int(buffer.positions[line + 1]))
      let row = rows.count
      for column in 0..<columnCount {
        slices[column].starts[row] = 0
        slices[column].lengths[row] = FieldSlices.missing
      }
      var cursor = JSONCursor(buffer, from: start, to: end)
      cursor.skipSpace()
      if cursor.isAtEnd { continue }
      if readObject(&cursor, node: 0, row, &slices, depth: 0) && cursor.endsCleanly() {
        rows.bases.append(UInt32(line))
      } else {
        rows.broken.append(.init(base: UInt32(line), fields: 1, reason: .badJSON))
      }
    }
    for column in 0..<columnCount { slices[column].finish(rows.count) }
  }

  private func readObject(
    _ cursor: inout JSONCursor, node: Int, _ row: Int, _ slices: inout [FieldSlices], depth: Int
  ) -> Bool {
    guard depth < JSONLineScanner.deepestNesting, cursor.take(UInt8(ascii: "{")) else { return false }
    if cursor.take(UInt8(ascii: "}")) { return true }
    // Objects of one file mostly have their keys in the same order.
    var guess = 0
    repeat {
      guard let key = cursor.string(), cursor.take(UInt8(ascii: ":")) else { return false }
      if let place = find(cursor, key, in: node, &guess) {
        let child = nodes[node].children[place]
        if !readValue(&cursor, node: child, row, &slices, depth: depth) { return false }
      } else if cursor.skipValue(depth: depth) == nil {
        return false
      }
    } while cursor.take(UInt8(ascii: ","))
    return cursor.take(UInt8(ascii: "}"))
  }

  private func readValue(
    _ cursor: inout JSONCursor, node: Int, _ row: Int, _ slices: inout [FieldSlices], depth: Int
  ) -> Bool {
    cursor.skipSpace()
    if !nodes[node].children.isEmpty && cursor.peek == UInt8(ascii: "{") {
      let start = cursor.offset
      guard readObject(&cursor, node: node, row, &slices, depth: depth + 1) else { return false }
      for column in nodes[node].columns { slices[column].set(row, start, cursor.offset) }
      return true
    }
    if cursor.peek == UInt8(ascii: "\"") {
      guard let range = cursor.string() else { return false }
      if nodes[node].columns.isEmpty { return true }
      guard let text = cursor.unescaped(range) else { return false }
      for column in nodes[node].columns { slices[column].set(row, text.start, text.end) }
      return true
    }
    guard let range = cursor.skipValue(depth: depth) else { return false }
    if cursor.bytes[range.start] == UInt8(ascii: "n") { return true }
    for column in nodes[node].columns { slices[column].set(row, range.start, range.end) }
    return true
  }

  private func find(_ cursor: JSONCursor, _ key: JSONCursor.Range, in node: Int, _ guess: inout Int) -> Int? {
    let keys = nodes[node].keys
    for step in keys.indices {
      var place = guess + step
      if place >= keys.count { place -= keys.count }
      if cursor.matches(key, keys[place]) {
        guess = place + 1 == keys.count ? 0 : place + 1
        return place
      }
    }
    return nil
  }
}

extension FieldSlices {
  fileprivate mutating func set(_ row: Int, _ start: Int, _ end: Int) {
    starts[row] = UInt32(start)
    lengths[row] = UInt32(end - start)
  }

  /// Cuts the arrays to the rows and counts the missing values.
  fileprivate mutating func finish(_ count: Int) {
    resize(&starts, count)
    resize(&lengths, count)
    missingCount = lengths.reduce(0) { $0 + ($1 == FieldSlices.missing ? 1 : 0) }
  }
}
