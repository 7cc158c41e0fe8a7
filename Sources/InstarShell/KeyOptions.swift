import ArgumentParser
import Instar
import InstarEncryption

/// How an encrypted store is opened. A key never stands on the command line: lists of processes and histories show that.
struct KeyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The file with the store's key: 64 hexadecimal digits or 32 bytes. A store that is made is encrypted with it.",
      valueName: "file"),
    completion: .file())
  var keyFile: String?

  @Flag(help: "Ask for the store's passphrase. A store that is made is encrypted with it.")
  var passphrase = false

  mutating func validate() throws {
    if keyFile != nil, passphrase { throw ValidationError("a store has a key file or a passphrase") }
  }

  /// The key that the options give; `nil` without one.
  ///
  /// - Parameters:
  ///   - isNew: whether a store is made with it: a passphrase is asked for twice.
  ///   - store: the file, for the question.
  func key(isNew: Bool, store: String) throws -> EncryptionKey? {
    if let keyFile { return try .contents(FileInput.bytes(of: keyFile)) }
    return passphrase ? try KeyOptions.ask(isNew: isNew, store: store) : nil
  }

  /// Asks for a passphrase on the terminal.
  static func ask(isNew: Bool, store: String) throws -> EncryptionKey {
    let text = try PassphrasePrompt.ask("passphrase of \(store): ")
    if isNew, try PassphrasePrompt.ask("once more: ") != text {
      throw InstarError(InstarError.wrongKey, "the two passphrases differ", help: "nothing was made; try again")
    }
    return try .passphrase(text)
  }

  static var none: KeyOptions {
    var options = KeyOptions()
    options.keyFile = nil
    options.passphrase = false
    return options
  }
}
