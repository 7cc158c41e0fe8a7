import InstarEncryption
import InstarStorage

/// Keys for tests; the passphrases cost little.
enum OwnerKeys {
  static let any = key(1)
  static func key(_ byte: UInt8) -> any StoreKey { OwnerKey(.key([UInt8](repeating: byte, count: 32))) }
  static func passphrase(_ text: String) -> any StoreKey {
    OwnerKey(.passphrase(text), cost: OwnerKey.Cost(log2Rounds: 4))
  }
}

extension [UInt8] {
  /// Where a text begins in the bytes.
  func places(of text: String) -> [Int] {
    let needle = Array(text.utf8)
    guard count >= needle.count else { return [] }
    return (0...count - needle.count).filter { self[$0] == needle[0] && self[$0..<$0 + needle.count] == needle[...] }
  }
}
