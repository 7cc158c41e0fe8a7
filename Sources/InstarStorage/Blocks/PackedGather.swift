/// Single values of a packed payload, where few of many are wanted.
@safe struct PackedGather {
  private let source: UnsafeRawPointer
  private let width: Int
  private let count: Int

  /// - Precondition: `source` is the payload of a block column, with the header in front of it.
  init(_ source: UnsafeRawPointer, width: UInt8, count: Int) {
    unsafe self.source = unsafe source
    self.width = Int(width)
    self.count = count
  }

  func gather(_ places: [Int], base: Int64, scale: Int64, into target: inout [Int64]) {
    gatherGeneric(places, base, scale, &target)
  }

  func gather(_ places: [Int], base: UInt32, scale: UInt32, into target: inout [UInt32]) {
    gatherGeneric(places, base, scale, &target)
  }

  func gather(_ places: [Int], base: UInt8, scale: UInt8, into target: inout [UInt8]) {
    gatherGeneric(places, base, scale, &target)
  }

  @inline(__always)
  private func gatherGeneric<Value: FixedWidthInteger>(
    _ places: [Int], _ base: Value, _ scale: Value, _ target: inout [Value]
  ) {
    precondition(target.count == places.count, "a place for each value")
    var row = 0
    if width == 0 {
      while row < places.count {
        target[row] = base
        row &+= 1
      }
    } else if width < 8 {
      let mask = UInt8(truncatingIfNeeded: (1 << width) - 1)
      while row < places.count {
        let place = places[row]
        precondition(place >= 0 && place < count, "a row of the block")
        let bit = place &* width
        let byte = unsafe source.load(fromByteOffset: bit &>> 3, as: UInt8.self)
        target[row] =
          base &+ scale &* Value(truncatingIfNeeded: byte &>> UInt8(truncatingIfNeeded: bit & 7) & mask)
        row &+= 1
      }
    } else {
      let step = width / 8
      let shift = UInt64(64 - width)
      while row < places.count {
        let place = places[row]
        precondition(place >= 0 && place < count, "a row of the block")
        // The eight bytes that end with the value: in front of the first one lies the header.
        let word = unsafe UInt64(
          littleEndian: source.loadUnaligned(fromByteOffset: place &* step &+ step &- 8, as: UInt64.self))
        target[row] = base &+ scale &* Value(truncatingIfNeeded: word &>> shift)
        row &+= 1
      }
    }
  }
}
