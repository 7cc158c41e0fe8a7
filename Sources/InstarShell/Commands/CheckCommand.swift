import ArgumentParser
import Instar

/// `instar check`: verifies every block of a store.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Verify every checksum, order and total of a store; changes nothing.")

  @Argument(help: "The store.", completion: .file())
  var store: String

  func run() throws {
    let database = try StoreOpening(path: store, access: .readOnly, makesStore: false).open(errors: .text)
    let bar = ProgressBar()
    let total = max(1, try database.byteCount)
    let report: CheckReport
    do {
      defer { bar.end() }
      report = try database.check { bytes in
        bar.show(Progress(activity: "checking", fraction: Double(bytes) / Double(total), detail: ""))
      }
    } catch let error as InstarError {
      ErrorText(form: .text).write(error)
      throw ExitCode(1)
    }
    for problem in report.problems { print(problem) }
    guard report.isIntact else {
      print("\(store) is damaged: restore a copy, or export what can still be read")
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
