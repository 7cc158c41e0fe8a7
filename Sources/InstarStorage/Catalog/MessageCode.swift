/// HMAC-SHA256 (RFC 2104, FIPS 198-1): a digest that only who has the key can make.
package struct MessageCode: Sendable {
  private let inner: [UInt8]
  private let outer: [UInt8]

  package init(key: [UInt8]) {
    var block = key.count > 64 ? SHA256.digest(key) : key
    block += [UInt8](repeating: 0, count: 64 - block.count)
    inner = block.map { $0 ^ 0x36 }
    outer = block.map { $0 ^ 0x5C }
  }

  package func digest(_ message: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(inner)
    hash.update(message)
    var whole = SHA256()
    whole.update(outer)
    whole.update(hash.finish())
    return whole.finish()
  }
}

/// Random numbers from a seed that is secret: HMAC-SHA256 of a counter.
///
/// The same seed gives the same numbers, and without it nobody can tell them from chance.
package struct SecretRandom: RandomNumberGenerator {
  private let code: MessageCode
  private var counter: UInt64 = 0
  private var words: [UInt64] = []

  package init(seed: [UInt8]) { code = MessageCode(key: seed) }

  package mutating func next() -> UInt64 {
    if words.isEmpty {
      var writer = ByteWriter()
      writer.integer(counter)
      counter += 1
      let bytes = code.digest(writer.bytes)
      words = (0..<4).map { bytes.littleEndian(at: 8 * $0, as: UInt64.self) }
    }
    return words.removeLast()
  }
}

extension Snapshot {
  /// A seed that follows from the question, the data at this commit, and the secret that the store got at its creation:
  /// the same question on the same data has the same noise.
  package borrowing func noiseSeed(for question: String) throws(StorageError) -> [UInt8] {
    let secret = try StoreFormat.read(transaction)
    var writer = ByteWriter()
    for word in [secret.hashKey.0, secret.hashKey.1, secret.storeID.0, secret.storeID.1] { writer.integer(word) }
    let code = MessageCode(key: writer.bytes)
    return code.digest(Array("noise".utf8) + schema.commit.digest + Array(question.utf8))
  }
}
