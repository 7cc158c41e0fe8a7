import ArgumentParser
import Instar

/// `instar check`: verifies every block of a store.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Verify every checksum, order and total of a store; changes nothing without --repair.")

  @Argument(help: "The store.", completion: .file())
  var store: String

  @Flag(help: "Rebuild what is derived from events and texts (totals, hashes of names), then verify.")
  var repair = false

  @OptionGroup(title: "Encryption")
  var key: KeyOptions

  func run() throws {
    let access = repair ? AccessOptions.standard : .readOnly
    let database = try StoreOpening(path: store, access: access, key: key, makesStore: false).open(errors: .text)
    let bar = ProgressBar()
    let total = max(1, try database.byteCount)
    let report: CheckReport
    do {
      defer { bar.end() }
      if repair { for line in try database.repair() { print(line) } }
      report = try database.check { bytes in
        bar.show(Progress(activity: "checking", fraction: Double(bytes) / Double(total), detail: ""))
      }
    } catch let error as InstarError {
      ErrorText(form: .text).write(error)
      throw ExitCode(1)
    }
    for problem in report.problems { print(problem) }
    guard report.isIntact else {
      let other = repair ? "" : "try --repair on a copy, "
      print("\(store) is damaged: \(other)restore a copy, or export what can still be read")
      throw ExitCode(1)
    }
    print("\(store) is intact: \(report.rows) events in \(report.blocks) blocks, \(report.bytes) bytes")
  }
}

extension AccessOptions {
  static var readOnly: AccessOptions {
    var options = standard
    options.readOnly = true
    return options
  }
}
