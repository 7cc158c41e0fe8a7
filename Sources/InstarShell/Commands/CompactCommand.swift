import ArgumentParser
import Instar

/// `instar compact`: joins what came bit by bit into one sorted whole.
struct CompactCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compact", abstract: "Join imports and single events into one sorted whole, which is read fastest.")

  @Argument(help: "The store.", completion: .file())
  var store: String

  @OptionGroup(title: "Encryption")
  var key: KeyOptions

  func run() throws {
    let database = try StoreOpening(path: store, access: .standard, key: key, makesStore: false).open(errors: .text)
    let bar = ProgressBar()
    do {
      defer { bar.end() }
      try database.compact { bar.show(Progress(activity: "compacting", fraction: $0, detail: "")) }
    } catch let error as InstarError {
      ErrorText(form: .text).write(error)
      throw ExitCode(1)
    }
    print("\(store) is compact: \(try database.byteCount) bytes in use")
  }
}
