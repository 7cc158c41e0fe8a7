/// The one place where stored bytes of blocks are sealed and opened.
///
/// Today a value carries a checksum under its key; a cipher would stand here and nowhere else.
package enum BlockCodec {
  /// Completes a value whose header and payload are written.
  static func seal(_ value: UnsafeMutableRawBufferPointer, key: BlockKey) {
    let sum = unsafe checksum(UnsafeRawBufferPointer(value), key: key)
    unsafe value.storeBytes(of: sum.littleEndian, toByteOffset: BlockLayout.checksumOffset, as: UInt64.self)
  }

  /// Checks that `value` is what was sealed under `key`.
  package static func verify(_ value: UnsafeRawBufferPointer, key: BlockKey) throws(BlockDamage) {
    guard value.count >= BlockLayout.headerByteCount else { throw .tooShort }
    guard unsafe checksum(value, key: key) == storedChecksum(value) else { throw .checksum }
  }

  static func storedChecksum(_ value: UnsafeRawBufferPointer) -> UInt64 {
    unsafe UInt64(littleEndian: value.loadUnaligned(fromByteOffset: BlockLayout.checksumOffset, as: UInt64.self))
  }

  /// The checksum of everything but the eight bytes that hold it.
  private static func checksum(_ value: UnsafeRawBufferPointer, key: BlockKey) -> UInt64 {
    let header = unsafe Checksum.of(
      UnsafeRawBufferPointer(rebasing: value[..<BlockLayout.checksumOffset]), seed: key.checksumSeed)
    return unsafe Checksum.of(UnsafeRawBufferPointer(rebasing: value[BlockLayout.headerByteCount...]), seed: header)
  }
}
