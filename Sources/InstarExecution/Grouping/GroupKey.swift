import InstarColumns

/// Values as 64 bits that are equal exactly when the values are: what groups, joins and distinct counts compare.
enum GroupKey {
  /// The key of a missing value, beside a presence byte that no value shares.
  static let missing: UInt64 = 0x7FF8_DEAD_0000_0000

  /// One key for each row. Text that has no codes is numbered in order of appearance by `texts`.
  static func bits(of vector: Vector, count: Int, texts: inout TextNumbers) -> [UInt64] {
    var result: [UInt64]
    switch vector.values {
    case .booleans(let rows): result = rows.map { UInt64($0) }
    case .integers(let rows): result = rows.map { UInt64(bitPattern: $0) }
    case .reals(let rows): result = rows.map { $0 == 0 ? 0 : $0.bitPattern }
    case .codes(let rows, _): result = rows.map { UInt64($0) }
    case .texts(let rows): result = rows.map { UInt64(texts.number(of: $0)) }
    }
    if vector.isConstant { result = [UInt64](repeating: result[0], count: count) }
    let present = vector.presence(count)
    if !present.isEmpty {
      for row in 0..<count where present[row] == 0 { result[row] = missing }
    }
    return result
  }

  static func bits(of vector: Vector, count: Int) -> [UInt64] {
    var texts = TextNumbers()
    return bits(of: vector, count: count, texts: &texts)
  }
}

/// Texts numbered in order of appearance.
struct TextNumbers {
  private(set) var texts: [String] = []
  private var numbers: [String: Int] = [:]

  mutating func number(of text: String) -> Int {
    if let known = numbers[text] { return known }
    numbers[text] = texts.count
    texts.append(text)
    return texts.count - 1
  }
}
