/// A transition at a position of its path, packed: position, node and next node.
struct TransitionKey: Equatable, Sendable {
  /// Bits 56 on are the position, the 28 below it the node, the lowest 28 the next node + 1, or 0 where the user left.
  let bits: UInt64

  init(bits: UInt64) { self.bits = bits }

  /// - Parameter to: ``PathDefinition/left`` where the user left.
  @inline(__always)
  init(_ position: Int, _ from: UInt32, _ to: UInt32) {
    precondition(from <= PathDefinition.left && to <= PathDefinition.left, "a node is below 2^28")
    let next = UInt64(to &+ 1) & 0xFFF_FFFF
    bits = UInt64(truncatingIfNeeded: position) &<< 56 | UInt64(from) &<< 28 | next
  }

  var position: Int { Int(bits >> 56) }
  var from: UInt32 { UInt32(truncatingIfNeeded: bits >> 28) & 0xFFF_FFFF }
  var to: UInt32 { (UInt32(truncatingIfNeeded: bits) &- 1) & PathDefinition.left }

  /// Whether position and nodes are below 16, so that ``place`` tells the key from all others.
  @inline(__always)
  var isSmall: Bool { bits & ~(0xF &<< 56 | 0xF &<< 28 | 0xF) == 0 }

  @inline(__always)
  var place: Int {
    Int(truncatingIfNeeded: (bits &>> 48) & 0xF00 | (bits &>> 24) & 0xF0 | bits & 0xF)
  }
}

/// Numbers the transitions that occur, in order of first appearance: an open-addressing hash table.
struct TransitionTable: Sendable {
  private(set) var keys: [TransitionKey] = []
  private(set) var groups: [UInt32] = []
  /// Number + 1 of the key in each slot, 0 for none; a power of two, at most half full.
  private var slots = [Int32](repeating: 0, count: 256)
  /// Number + 1 of the small keys of group 0, by their places: most logs have few types.
  private var direct = [Int32](repeating: 0, count: 16 * 16 * 16)

  /// The number of a transition, or −1 where it was not added.
  @inline(__always)
  func find(_ key: TransitionKey, in group: UInt32) -> Int {
    if group == 0 && key.isSmall { return Int(direct[key.place]) &- 1 }
    return search(key, in: group)
  }

  private func search(_ key: TransitionKey, in group: UInt32) -> Int {
    var slot = Self.slot(key, group, slots.count)
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if keys[number] == key && groups[number] == group { return number }
      slot = (slot + 1) & (slots.count - 1)
    }
    return -1
  }

  /// Gives the next number to a transition that has none.
  mutating func add(_ key: TransitionKey, in group: UInt32) {
    keys.append(key)
    groups.append(group)
    if group == 0 && key.isSmall {
      direct[key.place] = Int32(keys.count)
    } else {
      insert(number: keys.count - 1)
      if keys.count * 2 > slots.count { grow() }
    }
  }

  private mutating func insert(number: Int) {
    var slot = Self.slot(keys[number], groups[number], slots.count)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = Int32(number + 1)
  }

  private mutating func grow() {
    slots = [Int32](repeating: 0, count: slots.count * 2)
    for number in keys.indices where groups[number] != 0 || !keys[number].isSmall { insert(number: number) }
  }

  private static func slot(_ key: TransitionKey, _ group: UInt32, _ count: Int) -> Int {
    let mixed = (key.bits ^ (UInt64(group) &* 0xC2B2_AE3D_27D4_EB4F)) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 32) & (count - 1)
  }
}
