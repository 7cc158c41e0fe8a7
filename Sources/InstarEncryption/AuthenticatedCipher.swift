import Crypto
import InstarStorage

/// AES-256-GCM of swift-crypto under one key.
struct AuthenticatedCipher: GroupCipher {
  private let key: SymmetricKey

  /// - Precondition: 32 bytes.
  init(key: [UInt8]) {
    precondition(key.count == 32, "AES-256 has keys of 32 bytes")
    self.key = SymmetricKey(data: key)
  }

  func seal(
    _ plain: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer, additional: [UInt8],
    into target: UnsafeMutableRawBufferPointer
  ) {
    do {
      let box = try AES.GCM.seal(plain, using: key, nonce: AES.GCM.Nonce(data: nonce), authenticating: additional)
      target.copyBytes(from: box.ciphertext)
      UnsafeMutableRawBufferPointer(rebasing: target[plain.count...]).copyBytes(from: box.tag)
    } catch {
      preconditionFailure("AES-GCM takes every message of a store: \(error)")
    }
  }

  func open(
    _ sealed: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer, additional: [UInt8],
    into target: UnsafeMutableRawBufferPointer
  ) -> Bool {
    let (bytes, tag) = (sealed.dropLast(16), sealed.suffix(16))
    do {
      let box = try AES.GCM.SealedBox(
        nonce: AES.GCM.Nonce(data: nonce), ciphertext: UnsafeRawBufferPointer(rebasing: bytes),
        tag: UnsafeRawBufferPointer(rebasing: tag))
      target.copyBytes(from: try AES.GCM.open(box, using: key, authenticating: additional))
      return true
    } catch {
      return false
    }
  }
}

/// HKDF with SHA-256 (RFC 5869), 32 bytes.
func derivedKey(from secret: [UInt8], salt: [UInt8], purpose: String) -> [UInt8] {
  let key = HKDF<Crypto.SHA256>.deriveKey(
    inputKeyMaterial: SymmetricKey(data: secret), salt: salt, info: Array(purpose.utf8), outputByteCount: 32)
  return key.withUnsafeBytes { Array($0) }
}
