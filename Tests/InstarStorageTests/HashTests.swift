import InstarStorage
import Testing

@Suite struct SHA256Tests {
  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The examples of FIPS 180-4 and of NIST's test vectors.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ]) func publishedExamples(text: String, digest: String) {
    #expect(hex(SHA256.digest(Array(text.utf8))) == digest)
  }

  @Test func aMillionTimesTheLetterA() {
    var hash = SHA256()
    for _ in 0..<1000 { hash.update([UInt8](repeating: 97, count: 1000)) }
    #expect(hex(hash.finish()) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}

@Suite struct SipHashTests {
  /// From the vectors of the reference implementation (SipHash-2-4-128): key 00 01 ... 0f, message 00 01 ... (n-1).
  @Test(arguments: [
    (0, 0xE6A8_25BA_047F_81A3 as UInt64, 0x9302_55C7_1472_F66D as UInt64),
    (1, 0x44AF_996B_D8C1_87DA, 0x45FC_229B_1159_7634),
    (15, 0x11A8_B033_99E9_9354, 0xD9C3_CF97_0FEC_087E),
    (63, 0x4A83_502F_77D1_5051, 0x7CBD_3F97_9A06_3E50),
  ]) func publishedVectors(length: Int, first: UInt64, second: UInt64) {
    let message = (0..<length).map { UInt8($0) }
    let hash = SipHash.hash(message.span.bytes, key: (0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908))
    #expect(hash == (first, second))
  }
}
