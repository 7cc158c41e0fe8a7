/// Unsigned integers side by side at a fixed number of bits, the payload of every block column.
///
/// Widths of 1, 2 and 4 bits fill each byte from its low end; widths from 8 bits on are little-endian. Decoding adds
/// `base` and multiplies by `scale` on the way, with wrapping arithmetic: the encoder chose them so that the result is
/// the original bit pattern.
package enum PackedIntegers {
  package static func isWidth(_ width: UInt8) -> Bool {
    switch width {
    case 0, 1, 2, 4, 8, 16, 24, 32, 40, 48, 64: true
    default: false
    }
  }

  /// The smallest width that holds values up to `maximum`.
  package static func width(for maximum: UInt64) -> UInt8 {
    switch 64 - maximum.leadingZeroBitCount {
    case 0: 0
    case 1: 1
    case 2: 2
    case 3...4: 4
    case 5...8: 8
    case 9...16: 16
    case 17...24: 24
    case 25...32: 32
    case 33...40: 40
    case 41...48: 48
    default: 64
    }
  }

  /// The bytes that `count` values of `width` bits take.
  package static func byteCount(_ count: Int, width: UInt8) -> Int { (count * Int(width) + 7) / 8 }

  /// How many of the first of `count` values of `step` bytes have eight bytes from their beginning to the end of all.
  @inline(__always)
  private static func wholeRows(_ count: Int, step: Int) -> Int {
    count * step < 8 ? 0 : min(count, (count * step - 8) / step + 1)
  }

  // MARK: Packing

  /// Writes `values`, each below 2^`width`, to `target`, which has room for ``byteCount(_:width:)``.
  static func pack(_ values: UnsafeBufferPointer<UInt64>, width: UInt8, to target: UnsafeMutableRawPointer) {
    let count = values.count
    switch width {
    case 0: return
    case 1, 2, 4: unsafe packBits(values, width: Int(width), to: target)
    case 8: unsafe store(values, as: UInt8.self, to: target)
    case 16: unsafe store(values, as: UInt16.self, to: target)
    case 32: unsafe store(values, as: UInt32.self, to: target)
    case 64: unsafe store(values, as: UInt64.self, to: target)
    default:
      let step = Int(width) / 8
      // Each store of eight bytes runs over the next value, which is written after it; the last ones go bytewise.
      let whole = wholeRows(count, step: step)
      var row = 0
      while row < whole {
        unsafe target.storeBytes(of: values[row].littleEndian, toByteOffset: row &* step, as: UInt64.self)
        row &+= 1
      }
      while row < count {
        for byte in 0..<step {
          unsafe target.storeBytes(
            of: UInt8(truncatingIfNeeded: values[row] >> UInt64(8 * byte)), toByteOffset: row * step + byte,
            as: UInt8.self)
        }
        row += 1
      }
    }
  }

  @inline(__always)
  private static func store<Stored: FixedWidthInteger>(
    _ values: UnsafeBufferPointer<UInt64>, as type: Stored.Type, to target: UnsafeMutableRawPointer
  ) {
    var row = 0
    while row < values.count {
      unsafe target.storeBytes(
        of: Stored(truncatingIfNeeded: values[row]).littleEndian, toByteOffset: row &* MemoryLayout<Stored>.size,
        as: Stored.self)
      row &+= 1
    }
  }

  private static func packBits(_ values: UnsafeBufferPointer<UInt64>, width: Int, to target: UnsafeMutableRawPointer) {
    let perByte = 8 / width
    var row = 0
    var byte = 0
    while row < values.count {
      var packed: UInt64 = 0
      var slot = 0
      while slot < perByte, row < values.count {
        packed |= unsafe values[row] << UInt64(slot &* width)
        slot &+= 1
        row &+= 1
      }
      unsafe target.storeBytes(of: UInt8(truncatingIfNeeded: packed), toByteOffset: byte, as: UInt8.self)
      byte &+= 1
    }
  }

  // MARK: Unpacking

  /// Reads `count` values of `width` bits as `base + scale x packed`.
  ///
  /// - Precondition: `source` holds at least ``byteCount(_:width:)`` bytes; the caller has checked it.
  @inline(__always)
  private static func unpackGeneric<Value: FixedWidthInteger>(
    _ source: UnsafeRawPointer, width: UInt8, count: Int, base: Value, scale: Value,
    into target: UnsafeMutablePointer<Value>
  ) {
    switch width {
    case 0: unsafe target.update(repeating: base, count: count)
    case 1: unsafe unpackBits(source, width: 1, count: count, base, scale, target)
    case 2: unsafe unpackBits(source, width: 2, count: count, base, scale, target)
    case 4: unsafe unpackBits(source, width: 4, count: count, base, scale, target)
    case 8: unsafe load(source, as: UInt8.self, count: count, base, scale, target)
    case 16: unsafe load(source, as: UInt16.self, count: count, base, scale, target)
    case 32: unsafe load(source, as: UInt32.self, count: count, base, scale, target)
    case 64: unsafe load(source, as: UInt64.self, count: count, base, scale, target)
    case 24: unsafe unpackBytes(source, step: 3, count: count, base, scale, target)
    case 40: unsafe unpackBytes(source, step: 5, count: count, base, scale, target)
    default: unsafe unpackBytes(source, step: 6, count: count, base, scale, target)
    }
  }

  @inline(__always)
  private static func load<Stored: FixedWidthInteger, Value: FixedWidthInteger>(
    _ source: UnsafeRawPointer, as type: Stored.Type, count: Int, _ base: Value, _ scale: Value,
    _ target: UnsafeMutablePointer<Value>
  ) {
    let size = MemoryLayout<Stored>.size
    var row = 0
    if scale == 1 {
      while row < count {
        let packed = unsafe Stored(littleEndian: source.loadUnaligned(fromByteOffset: row &* size, as: Stored.self))
        unsafe target[row] = base &+ Value(truncatingIfNeeded: packed)
        row &+= 1
      }
    } else {
      while row < count {
        let packed = unsafe Stored(littleEndian: source.loadUnaligned(fromByteOffset: row &* size, as: Stored.self))
        unsafe target[row] = base &+ scale &* Value(truncatingIfNeeded: packed)
        row &+= 1
      }
    }
  }

  @inline(__always)
  private static func unpackBytes<Value: FixedWidthInteger>(
    _ source: UnsafeRawPointer, step: Int, count: Int, _ base: Value, _ scale: Value,
    _ target: UnsafeMutablePointer<Value>
  ) {
    let mask: UInt64 = ~0 >> UInt64(64 &- 8 &* step)
    // Rows whose eight bytes lie inside the payload; the one or two behind them are put together bytewise.
    let whole = wholeRows(count, step: step)
    var row = 0
    if scale == 1 {
      while row < whole {
        let word = unsafe UInt64(littleEndian: source.loadUnaligned(fromByteOffset: row &* step, as: UInt64.self))
        unsafe target[row] = base &+ Value(truncatingIfNeeded: word & mask)
        row &+= 1
      }
    } else {
      while row < whole {
        let word = unsafe UInt64(littleEndian: source.loadUnaligned(fromByteOffset: row &* step, as: UInt64.self))
        unsafe target[row] = base &+ scale &* Value(truncatingIfNeeded: word & mask)
        row &+= 1
      }
    }
    while row < count {
      var word: UInt64 = 0
      for byte in 0..<step {
        word |= unsafe UInt64(source.load(fromByteOffset: row * step + byte, as: UInt8.self)) << UInt64(8 * byte)
      }
      unsafe target[row] = base &+ scale &* Value(truncatingIfNeeded: word)
      row += 1
    }
  }

  @inline(__always)
  private static func unpackBits<Value: FixedWidthInteger>(
    _ source: UnsafeRawPointer, width: Int, count: Int, _ base: Value, _ scale: Value,
    _ target: UnsafeMutablePointer<Value>
  ) {
    let perByte = 8 / width
    let mask: UInt8 = 0xFF >> UInt8(8 - width)
    let whole = count / perByte
    var byte = 0
    while byte < whole {
      let packed = unsafe source.load(fromByteOffset: byte, as: UInt8.self)
      let at = unsafe target + byte &* perByte
      var slot = 0
      while slot < perByte {
        unsafe at[slot] = base &+ scale &* Value(truncatingIfNeeded: packed &>> UInt8(slot &* width) & mask)
        slot &+= 1
      }
      byte &+= 1
    }
    var row = whole * perByte
    while row < count {
      let packed = unsafe source.load(fromByteOffset: row / perByte, as: UInt8.self)
      unsafe target[row] =
        base &+ scale &* Value(truncatingIfNeeded: packed >> UInt8(row % perByte * width) & mask)
      row += 1
    }
  }

  // The concrete entries that decoders call once a column.

  static func unpack(
    _ source: UnsafeRawPointer, width: UInt8, count: Int, base: Int64, scale: Int64,
    into target: UnsafeMutablePointer<Int64>
  ) { unsafe unpackGeneric(source, width: width, count: count, base: base, scale: scale, into: target) }

  static func unpack(
    _ source: UnsafeRawPointer, width: UInt8, count: Int, base: UInt32, scale: UInt32,
    into target: UnsafeMutablePointer<UInt32>
  ) { unsafe unpackGeneric(source, width: width, count: count, base: base, scale: scale, into: target) }

  static func unpack(
    _ source: UnsafeRawPointer, width: UInt8, count: Int, base: UInt8, scale: UInt8,
    into target: UnsafeMutablePointer<UInt8>
  ) { unsafe unpackGeneric(source, width: width, count: count, base: base, scale: scale, into: target) }
}
