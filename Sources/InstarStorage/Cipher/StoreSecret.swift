/// What an encrypted store is read with: random at creation, kept in the file in an envelope that the owner's key opens.
///
/// A new key of the owner seals the same secret anew; a copy under a new secret is made by ``Store/copy(to:key:)``.
struct StoreSecret {
  /// 32 bytes, from which the keys of values are derived.
  let dataKey: [UInt8]
  /// Keys the hashes of texts in keys.
  let hashKey: (UInt64, UInt64)

  private static let dataKeyByteCount = 32
  private static let byteCount = 48

  static func random(hashKey: (UInt64, UInt64)? = nil) -> StoreSecret {
    StoreSecret(
      dataKey: randomBytes(dataKeyByteCount),
      hashKey: hashKey ?? (.random(in: .min ... .max), .random(in: .min ... .max)))
  }

  private init(dataKey: [UInt8], hashKey: (UInt64, UInt64)) {
    self.dataKey = dataKey
    self.hashKey = hashKey
  }

  /// The secret whose bytes an envelope held; `nil` when they are not as many.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    dataKey = Array(bytes[..<Self.dataKeyByteCount])
    hashKey = (
      bytes.littleEndian(at: Self.dataKeyByteCount), bytes.littleEndian(at: Self.dataKeyByteCount + 8)
    )
  }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.bytes(dataKey)
    writer.integer(hashKey.0)
    writer.integer(hashKey.1)
    return writer.bytes
  }

  /// Bytes of the system's random source.
  static func randomBytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }
}
