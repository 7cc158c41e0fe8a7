import ArgumentParser
import Instar
import InstarSyntax

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// `instar demo`: a sample shop and a tour of ten sentences.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Make a sample shop, import it and take a tour of ten sentences.",
    discussion: """
      Writes three CSV files beside the store, imports them, and runs each sentence of the tour. A second time it only
      takes the tour.
      """)

  @Argument(help: "The store to make.", completion: .file())
  var store = "shop.instar"

  @Flag(help: "Make and import the shop, without the tour.")
  var importOnly = false

  func run() throws {
    let access = AccessOptions.standard
    var options = OutputOptions.standard
    options.format = nil
    let isThere = FileInput.exists(store)
    let shell = try Shell(
      opening: StoreOpening(path: store, access: access, makesStore: true), output: options, access: access)
    shell.output.maxRows = 20
    shell.output.isGuided = true
    do {
      if isThere, try holdsShop(shell) {
        try say("\(store) holds the sample shop already.\n")
      } else {
        try build(shell)
      }
      if !importOnly { try tour(shell) }
    } catch let error as InstarError {
      shell.errors.write(error)
      throw ExitCode(1)
    } catch is BrokenPipe {
      throw ExitCode.success
    }
  }

  /// Whether the store holds the sample shop; a store with anything else is left alone.
  private func holdsShop(_ shell: Shell) throws -> Bool {
    let events = try shell.database.query("SHOW EVENTS")
    if events.rowCount == 0 { return false }
    let users = try shell.database.query("SEGMENT users AGGREGATE users() AS n")
    let names = Set(events.column("event")?.texts ?? [])
    if users.rows.first?["n"] == .integer(Int64(DemoShop.userCount)), names.contains("cart") { return true }
    throw InstarError(
      InstarError.Code(rawValue: "E0621"), "'\(store)' holds other data; the sample shop was not imported into it",
      help: "give the shop a store of its own: instar demo sample.instar")
  }

  private func build(_ shell: Shell) throws {
    let files = DemoFiles(besideStore: store)
    let shop = DemoShop()
    try files.write(shop)
    try say(
      """
      A sample shop of \(DemoShop.userCount) users, \(shop.catalogue.items.count) items and \(shop.events.count) events:
      \(files.items), \(files.users), \(files.events)

      """)
    let statements = [
      "IMPORT ITEMS FROM \(Identifier.text(files.items));",
      "IMPORT USERS FROM \(Identifier.text(files.users));",
      "IMPORT EVENTS FROM \(Identifier.text(files.events));",
    ]
    for statement in statements {
      try say(statement)
      shell.showsReceipt = false
      try shell.runOrExit(statement)
      try say("")
    }
  }

  private func tour(_ shell: Shell) throws {
    for (number, stop) in DemoTour.stops.enumerated() {
      try say("\(number + 1). \(stop.why)")
      try say("instar> \(stop.statement)")
      shell.showsReceipt = number + 1 == DemoTour.stops.count
      try shell.runOrExit(stop.statement)
      try say("")
    }
    try say(
      """
      Now it is your turn:

        \(program) \(store)
        \(program) \(store) -c "SEGMENT left_in_cart RECOMMEND 3"
      """)
  }

  /// The program as it was called.
  private var program: String { CommandLine.arguments.first ?? "instar" }

  private func say(_ text: String) throws { try ByteSink(STDOUT_FILENO).write(line: text) }
}

extension OutputOptions {
  /// The options as nobody changed them.
  static var standard: OutputOptions {
    var options = OutputOptions()
    options.format = nil
    options.color = .auto
    options.receipt = nil
    options.errors = .text
    options.timing = false
    return options
  }
}
