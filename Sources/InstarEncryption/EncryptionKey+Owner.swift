public import Instar

extension EncryptionKey {
  /// A key of 32 bytes of the application's keeping: in the keychain, in a secrets service, never in its source.
  ///
  /// - Throws: ``InstarError/wrongKey`` when it has not 32 bytes.
  public static func key(_ bytes: [UInt8]) throws -> EncryptionKey {
    guard bytes.count == 32 else {
      throw InstarError(
        InstarError.wrongKey, "a key has 32 bytes, and this one has \(bytes.count)",
        help: "make one with: openssl rand -hex 32 > store.key")
    }
    return EncryptionKey(OwnerKey(.key(bytes)))
  }

  /// A passphrase, compared byte by byte; opening takes a few tenths of a second and 128 MiB, so that guessing does too.
  ///
  /// - Throws: ``InstarError/wrongKey`` when it is empty.
  public static func passphrase(_ text: String) throws -> EncryptionKey {
    guard !text.isEmpty else {
      throw InstarError(InstarError.wrongKey, "the passphrase is empty", help: "give one, or open the store without")
    }
    return EncryptionKey(OwnerKey(.passphrase(text)))
  }

  /// The key in the text of a file: 64 hexadecimal digits with or without a line feed, or the 32 bytes themselves.
  ///
  /// - Throws: ``InstarError/wrongKey`` when it is neither.
  public static func contents(_ bytes: [UInt8]) throws -> EncryptionKey {
    if bytes.count == 32 { return try key(bytes) }
    let digits = bytes.filter { $0 != 10 && $0 != 13 && $0 != 32 }.map { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count == 64, !digits.contains(nil) else {
      throw InstarError(
        InstarError.wrongKey, "a key file holds 64 hexadecimal digits or 32 bytes",
        help: "make one with: openssl rand -hex 32 > store.key")
    }
    return try key((0..<32).map { UInt8(digits[2 * $0]! * 16 + digits[2 * $0 + 1]!) })
  }
}
