import ArgumentParser
import Instar

/// `instar rekey`: another key for an encrypted store, or a copy under a new secret.
struct RekeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rekey", abstract: "Give an encrypted store another key, or copy a store, encrypted or plain.",
    discussion: """
      Without --to, the store's secret is sealed with the new key, at once: the old key opens the store no more. Who held
      the old key and a copy of the file can still read that copy, and what is added to the store if he kept its secret.
      With --to, everything is encrypted anew under a fresh secret, in a new file; remove the old one when it is done.

        instar rekey shop.instar --key-file old.key --new-key-file new.key
        instar rekey plain.instar --new-passphrase --to shop.instar
      """)

  @Argument(help: "The store.", completion: .file())
  var store: String

  @Option(help: ArgumentHelp("The file with the new key.", valueName: "file"), completion: .file())
  var newKeyFile: String?

  @Flag(help: "Ask for a new passphrase.")
  var newPassphrase = false

  @Flag(help: "With --to: the copy is not encrypted.")
  var plain = false

  @Option(name: .customLong("to"), help: ArgumentHelp("Write a copy instead.", valueName: "file"), completion: .file())
  var target: String?

  @OptionGroup(title: "Encryption")
  var key: KeyOptions

  func validate() throws {
    let choices = [newKeyFile != nil, newPassphrase, plain].count { $0 }
    guard choices == 1 else {
      throw ValidationError("say one of --new-key-file, --new-passphrase and, with --to, --plain")
    }
    if plain, target == nil { throw ValidationError("--plain is for a copy: say --to FILE") }
  }

  func run() throws {
    let access = target == nil ? AccessOptions.standard : .readOnly
    let database = try StoreOpening(path: store, access: access, key: key, makesStore: false).open(errors: .text)
    do {
      let new = try newKey()
      guard let target else {
        try database.rekey(to: new!)
        print("\(store) opens with the new key alone")
        return
      }
      let bytes = try database.copy(to: target, key: new)
      print("\(target) is a copy of \(store), \(plain ? "not encrypted" : "encrypted"): \(bytes) bytes")
    } catch let error as InstarError {
      ErrorText(form: .text).write(error)
      throw ExitCode(1)
    }
  }

  private func newKey() throws -> EncryptionKey? {
    if plain { return nil }
    var options = KeyOptions.none
    options.keyFile = newKeyFile
    options.passphrase = newPassphrase
    return try options.key(isNew: true, store: target ?? store)
  }
}
