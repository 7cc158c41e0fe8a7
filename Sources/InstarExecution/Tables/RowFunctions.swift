import InstarColumns
import InstarPlan

/// Functions over the rows of a table in their order: `previous`, `running`, `total`, `share`, `rank`, `ntile`.
enum RowFunctions {
  static func evaluate(_ function: RowFunction, _ arguments: [Vector], type: ValueType, count: Int) -> Vector {
    switch function {
    case .previous: return previous(arguments[0], by: offset(arguments, count), count)
    case .running: return running(arguments[0], type: type, count)
    case .total: return total(arguments[0], type: type, count)
    case .share: return share(arguments[0], count)
    case .rank: return rank(arguments[0], count)
    case .ntile: return ntile(arguments[0], parts: offset(arguments, count), count)
    }
  }

  private static func offset(_ arguments: [Vector], _ count: Int) -> Int {
    arguments.count > 1 && count > 0 ? Int(arguments[1].integerValue(0)) : 1
  }

  private static func previous(_ vector: Vector, by offset: Int, _ count: Int) -> Vector {
    let full = vector.expanded(count)
    var result = full.gathered((0..<count).map { max(0, $0 - offset) })
    var present = [UInt8](repeating: 1, count: count)
    for row in 0..<count { present[row] = row >= offset && full.isPresent(row - offset) ? 1 : 0 }
    result.present = present
    return result
  }

  private static func running(_ vector: Vector, type: ValueType, _ count: Int) -> Vector {
    if type == .real {
      var rows = vector.reals(count)
      var sum = 0.0
      for row in 0..<count {
        if vector.isPresent(row) { sum += rows[row] }
        rows[row] = sum
      }
      return Vector(.real, .reals(rows))
    }
    var rows = vector.integers(count)
    var sum: Int64 = 0
    for row in 0..<count {
      if vector.isPresent(row) { sum &+= rows[row] }
      rows[row] = sum
    }
    return Vector(type, .integers(rows))
  }

  private static func total(_ vector: Vector, type: ValueType, _ count: Int) -> Vector {
    let sums = running(vector, type: type, count)
    guard count > 0 else { return sums }
    return Vector(type, sums.gathered([count - 1]).values, isConstant: true)
  }

  private static func share(_ vector: Vector, _ count: Int) -> Vector {
    let all = total(vector, type: .real, count)
    return Combine.arithmetic(.divide, vector, all, type: .real, count)
  }

  /// 1 for the largest; equal values share the better rank.
  private static func rank(_ vector: Vector, _ count: Int) -> Vector {
    let rows = vector.reals(count)
    let order = (0..<count).filter(vector.isPresent).sorted { (rows[$0], $1) > (rows[$1], $0) }
    var ranks = [Int64](repeating: 0, count: count)
    var present = [UInt8](repeating: 0, count: count)
    for (position, row) in order.enumerated() {
      let tied = position > 0 && rows[order[position - 1]] == rows[row]
      ranks[row] = tied ? ranks[order[position - 1]] : Int64(position + 1)
      present[row] = 1
    }
    return Vector(.integer, .integers(ranks), present: present.contains(0) ? present : [])
  }

  /// Parts of equal size by ascending value: 1 holds the smallest, the first parts take the rows that are left over.
  private static func ntile(_ vector: Vector, parts: Int, _ count: Int) -> Vector {
    let rows = vector.reals(count)
    let order = (0..<count).filter(vector.isPresent).sorted { (rows[$0], $0) < (rows[$1], $1) }
    var tiles = [Int64](repeating: 0, count: count)
    var present = [UInt8](repeating: 0, count: count)
    let size = order.count / max(1, parts)
    let larger = order.count % max(1, parts)
    for (position, row) in order.enumerated() {
      let inLarger = larger * (size + 1)
      let tile = position < inLarger ? position / (size + 1) : larger + (position - inLarger) / max(1, size)
      tiles[row] = Int64(tile + 1)
      present[row] = 1
    }
    return Vector(.integer, .integers(tiles), present: present.contains(0) ? present : [])
  }
}
