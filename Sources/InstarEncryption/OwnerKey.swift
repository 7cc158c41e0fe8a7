import Crypto
import CryptoExtras
import InstarStorage

/// The key of a store's owner: 32 bytes of his own keeping, or a passphrase.
///
/// ```
/// 0         1      2         3        4        8      40      52         100   116
/// +---------+------+---------+--------+--------+------+-------+----------+-----+
/// | version | kind | log2(N) | r      | p, 0.. | salt | nonce | 48 bytes | tag |
/// +---------+------+---------+--------+--------+------+-------+----------+-----+
/// ```
///
/// The envelope's own key is derived with the fresh random salt: from a key by HKDF-SHA256, from a passphrase by scrypt
/// (RFC 7914) with the costs that stand in the envelope. What stands in front of the nonce is additional data.
package struct OwnerKey: StoreKey {
  package enum Material: Sendable {
    case key([UInt8])
    case passphrase(String)
  }

  private let material: Material
  private let cost: Cost

  /// The cost of a guess at a passphrase.
  package struct Cost: Sendable, Equatable {
    package var log2Rounds: UInt8
    package var blockSize: UInt8
    package var parallelism: UInt8

    /// - Parameter log2Rounds: the binary logarithm of scrypt's N.
    package init(log2Rounds: UInt8, blockSize: UInt8 = 8, parallelism: UInt8 = 1) {
      self.log2Rounds = log2Rounds
      self.blockSize = blockSize
      self.parallelism = parallelism
    }

    /// 128 MiB and a few tenths of a second.
    package static let standard = Cost(log2Rounds: 17)
    /// What an envelope may ask for: one that was tampered with must not exhaust the memory.
    var isBearable: Bool { (1...20).contains(log2Rounds) && (1...16).contains(blockSize) && parallelism == 1 }
  }

  private static let version: UInt8 = 1
  private static let headByteCount = 40
  private static let nonceByteCount = 12
  private static let tagByteCount = 16

  package init(_ material: Material, cost: Cost = .standard) {
    self.material = material
    self.cost = cost
  }

  private var kind: UInt8 {
    switch material {
    case .key: 1
    case .passphrase: 2
    }
  }

  package func wrap(_ secret: [UInt8], context: [UInt8]) -> [UInt8] {
    var head = [Self.version, kind, cost.log2Rounds, cost.blockSize, cost.parallelism, 0, 0, 0]
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<32 { head.append(.random(in: .min ... .max, using: &generator)) }
    let nonce = (0..<Self.nonceByteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    guard let cipher = envelopeCipher(salt: Array(head[8...]), cost) else {
      preconditionFailure("the standard cost is bearable")
    }
    var sealed = [UInt8](repeating: 0, count: secret.count + Self.tagByteCount)
    secret.withUnsafeBytes { secret in
      nonce.withUnsafeBytes { nonce in
        sealed.withUnsafeMutableBytes {
          cipher.seal(secret, nonce: nonce, additional: head + context, into: $0)
        }
      }
    }
    return head + nonce + sealed
  }

  package func unwrap(_ envelope: [UInt8], context: [UInt8]) -> [UInt8]? {
    let start = Self.headByteCount + Self.nonceByteCount
    guard envelope.count > start + Self.tagByteCount, envelope[0] == Self.version, envelope[1] == kind else {
      return nil
    }
    let head = Array(envelope[..<Self.headByteCount])
    let cost = Cost(log2Rounds: head[2], blockSize: head[3], parallelism: head[4])
    guard cost.isBearable, let cipher = envelopeCipher(salt: Array(head[8...]), cost) else { return nil }
    var secret = [UInt8](repeating: 0, count: envelope.count - start - Self.tagByteCount)
    let isOpen = envelope.withUnsafeBytes { envelope in
      secret.withUnsafeMutableBytes {
        cipher.open(
          UnsafeRawBufferPointer(rebasing: envelope[start...]),
          nonce: UnsafeRawBufferPointer(rebasing: envelope[Self.headByteCount..<start]), additional: head + context,
          into: $0)
      }
    }
    return isOpen ? secret : nil
  }

  package func derive(from secret: [UInt8], salt: [UInt8], purpose: String) -> [UInt8] {
    derivedKey(from: secret, salt: salt, purpose: purpose)
  }

  package func cipher(key: [UInt8]) -> any GroupCipher { AuthenticatedCipher(key: key) }

  private func envelopeCipher(salt: [UInt8], _ cost: Cost) -> AuthenticatedCipher? {
    switch material {
    case .key(let key):
      return AuthenticatedCipher(key: derivedKey(from: key, salt: salt, purpose: "instar envelope"))
    case .passphrase(let text):
      let key = try? KDF.Scrypt.deriveKey(
        from: Array(text.utf8), salt: salt, outputByteCount: 32, rounds: 1 << Int(cost.log2Rounds),
        blockSize: Int(cost.blockSize), parallelism: Int(cost.parallelism))
      return key.map { AuthenticatedCipher(key: $0.withUnsafeBytes { Array($0) }) }
    }
  }
}
