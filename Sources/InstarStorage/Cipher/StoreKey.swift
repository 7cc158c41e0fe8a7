/// What opens an encrypted store, and the primitives that its values are sealed with.
///
/// The store decides what is sealed under which key and bound to what; how the bytes are turned is left to a library
/// that is looked after for that, in a target of its own. See docs/reference/encryption.md.
package protocol StoreKey: Sendable {
  /// Seals the secret of a store so that only this key opens it.
  ///
  /// - Parameter context: what the envelope belongs to; another context does not open it.
  func wrap(_ secret: [UInt8], context: [UInt8]) -> [UInt8]

  /// The secret in an envelope, or `nil` when this is not its key or the envelope was changed.
  func unwrap(_ envelope: [UInt8], context: [UInt8]) -> [UInt8]?

  /// A key for one purpose: HKDF-SHA256 (RFC 5869), 32 bytes.
  func derive(from secret: [UInt8], salt: [UInt8], purpose: String) -> [UInt8]

  /// The authenticated cipher under a key of 32 bytes.
  func cipher(key: [UInt8]) -> any GroupCipher
}

/// An authenticated cipher under one key: AES-256-GCM (NIST SP 800-38D).
package protocol GroupCipher: Sendable {
  /// Writes the ciphertext and its tag of 16 bytes.
  ///
  /// - Parameters:
  ///   - nonce: 12 bytes, never used before under this key.
  ///   - additional: is not stored, and must be the same to open the value.
  ///   - target: 16 bytes longer than `plain`.
  func seal(
    _ plain: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer, additional: [UInt8],
    into target: UnsafeMutableRawBufferPointer)

  /// Writes the plain bytes; returns `false` and writes nothing of use when a byte of value, nonce or `additional` is
  /// not what was sealed.
  ///
  /// - Parameter target: 16 bytes shorter than `sealed`.
  func open(
    _ sealed: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer, additional: [UInt8],
    into target: UnsafeMutableRawBufferPointer
  ) -> Bool
}
