import InstarEncryption
import InstarStorage
import Testing

/// Bytes written as hexadecimal digits.
func hex(_ text: String) -> [UInt8] {
  let digits = text.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}

extension GroupCipher {
  func seal(_ plain: [UInt8], nonce: [UInt8], additional: [UInt8] = []) -> [UInt8] {
    var sealed = [UInt8](repeating: 0, count: plain.count + 16)
    plain.withUnsafeBytes { plain in
      nonce.withUnsafeBytes { nonce in
        sealed.withUnsafeMutableBytes { seal(plain, nonce: nonce, additional: additional, into: $0) }
      }
    }
    return sealed
  }

  func open(_ sealed: [UInt8], nonce: [UInt8], additional: [UInt8] = []) -> [UInt8]? {
    var plain = [UInt8](repeating: 0, count: sealed.count - 16)
    let isOpen = sealed.withUnsafeBytes { sealed in
      nonce.withUnsafeBytes { nonce in
        plain.withUnsafeMutableBytes { open(sealed, nonce: nonce, additional: additional, into: $0) }
      }
    }
    return isOpen ? plain : nil
  }
}

/// The primitives against published vectors, and that nothing but what was sealed opens.
@Suite struct CipherTests {
  /// McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, test cases 13 to 16: AES-256.
  @Test(arguments: [
    (
      "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "",
      "530f8afbc74536b9a963b4f1c4cb738b"
    ),
    (
      "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
      "00000000000000000000000000000000", "",
      "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
    ),
    (
      "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
      """
      d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657\
      ba637b39
      """, "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      """
      522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a\
      bcc9f66276fc6ece0f4e1768cddf8853bb2d551b
      """
    ),
  ])
  func galoisCounterMode(key: String, nonce: String, plain: String, additional: String, sealed: String) {
    let cipher = OwnerKeys.any.cipher(key: hex(key))
    #expect(cipher.seal(hex(plain), nonce: hex(nonce), additional: hex(additional)) == hex(sealed))
    #expect(cipher.open(hex(sealed), nonce: hex(nonce), additional: hex(additional)) == hex(plain))
  }

  @Test func everyFlippedBitIsRejected() {
    let cipher = OwnerKeys.any.cipher(key: [UInt8](repeating: 7, count: 32))
    let nonce = [UInt8](repeating: 1, count: 12)
    let plain = Array("nine rows of a column".utf8)
    let sealed = cipher.seal(plain, nonce: nonce, additional: [1, 2, 3])
    for bit in 0..<sealed.count * 8 {
      var changed = sealed
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(cipher.open(changed, nonce: nonce, additional: [1, 2, 3]) == nil)
    }
    #expect(cipher.open(sealed, nonce: nonce, additional: [1, 2, 4]) == nil)
    #expect(cipher.open(sealed, nonce: [UInt8](repeating: 2, count: 12), additional: [1, 2, 3]) == nil)
    #expect(cipher.open(sealed, nonce: nonce, additional: [1, 2, 3]) == plain)
  }

  /// RFC 5869, A.3: no salt and no info; the first 32 of its 42 bytes.
  @Test func derivation() {
    #expect(
      OwnerKeys.any.derive(from: [UInt8](repeating: 0x0b, count: 22), salt: [], purpose: "")
        == hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"))
  }

  @Test func anEnvelopeOpensWithItsKeyInItsStoreAlone() {
    let secret = [UInt8](0..<48)
    let key = OwnerKeys.key(3)
    let envelope = key.wrap(secret, context: [9])
    #expect(key.unwrap(envelope, context: [9]) == secret)
    #expect(key.unwrap(envelope, context: [8]) == nil)
    #expect(OwnerKeys.key(4).unwrap(envelope, context: [9]) == nil)
    #expect(OwnerKeys.passphrase("a").unwrap(envelope, context: [9]) == nil)
    #expect(key.wrap(secret, context: [9]) != envelope, "a fresh salt each time")
    for byte in envelope.indices {
      var changed = envelope
      changed[byte] ^= 1
      #expect(key.unwrap(changed, context: [9]) == nil, "byte \(byte)")
    }
  }

  @Test func aPassphraseIsComparedByteByByte() {
    let envelope = OwnerKeys.passphrase("correct horse").wrap([1, 2, 3], context: [])
    #expect(OwnerKeys.passphrase("correct horse").unwrap(envelope, context: []) == [1, 2, 3])
    #expect(OwnerKeys.passphrase("Correct horse").unwrap(envelope, context: []) == nil)
    // Costs that no machine bears are refused before memory is asked for.
    var greedy = envelope
    greedy[2] = 63
    #expect(OwnerKeys.passphrase("correct horse").unwrap(greedy, context: []) == nil)
  }
}
