import InstarColumns
import InstarStorage

/// `IMPORT .. WITH pseudonymise = true, key_file = 'key'`: users get names that only the key leads back to.
///
/// The name is the first half of HMAC-SHA256 over the identifier, as 32 hexadecimal digits. The same key and identifier
/// give the same name, so further imports join. The key lies in a file outside the store: once it is destroyed, nobody
/// can tell who a name was, not even by trying all identifiers.
struct Pseudonyms: Sendable {
  private let code: MessageCode

  static let shortestKey = 16

  /// The pseudonyms that the options ask for, or `nil`.
  ///
  /// - Throws: ``ExecutionError`` when the key is missing, short or cannot be read.
  init?(_ options: [String: Value]) throws {
    switch options["pseudonymise"] {
    case nil, .boolean(false)?: return nil
    case .boolean(true)?: break
    default:
      throw ExecutionError("E0727", "pseudonymise is true or false", help: "WITH pseudonymise = true, key_file = 'key'")
    }
    guard case .text(let path)? = options["key_file"] else {
      throw ExecutionError(
        "E0727", "pseudonymise needs a key, and key_file names none",
        help: "make one that nobody can guess, outside the store: head -c 32 /dev/urandom > key")
    }
    let key = try TextFile.bytes(path)
    guard key.count >= Self.shortestKey else {
      throw ExecutionError(
        "E0727", "the key in '\(path)' has \(key.count) bytes, and fewer than \(Self.shortestKey) can be guessed",
        help: "make one outside the store: head -c 32 /dev/urandom > key")
    }
    code = MessageCode(key: key)
  }

  func name(of identifier: String) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let half = code.digest(Array(identifier.utf8)).prefix(16)
    return String(decoding: half.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// A dictionary of names in place of one of identifiers, with the same codes.
  func names(of dictionary: DictionaryBuilder) -> DictionaryBuilder {
    let names = DictionaryBuilder(capacity: dictionary.count)
    for code in 0..<UInt32(dictionary.count) {
      let own = names.code(of: name(of: dictionary.text(code)))
      precondition(own == code, "two identifiers with one name need 2^64 of them")
    }
    return names
  }
}
