import ArgumentParser
import Instar

/// `instar import`: the IMPORT statement for the shell.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Import a file of events, users or items; makes the store when there is none.",
    discussion: """
      Columns find their roles by name, type and values; the mapping is printed. --map says it where that is not enough:

        instar import shop.instar events.csv --map user=uid,time=ts,event=type
        instar import shop.instar retail.csv --map 'user=CustomerID,amount=Quantity * UnitPrice'
        instar import shop.instar items.csv --kind items
      """)

  enum Kind: String, ExpressibleByArgument, CaseIterable { case events, users, items, table }

  @Argument(help: "The store.", completion: .file())
  var store: String

  @Argument(help: "CSV, TSV or JSON Lines, also .gz; '*' and '?' stand for several files.", completion: .file())
  var file: String

  @Option(help: ArgumentHelp("role=column or role=expression, with commas between.", valueName: "roles"))
  var map: [String] = []

  @Option(help: ArgumentHelp("What the rows are: events, users, items or table.", valueName: "kind"))
  var kind: Kind = .events

  @Option(help: ArgumentHelp("The name of the table, for --kind table.", valueName: "name"))
  var name: String?

  @Option(
    name: .customLong("with"),
    help: ArgumentHelp("Options of IMPORT, such as timezone='Europe/Istanbul' or dry_run=true.", valueName: "options"))
  var options: [String] = []

  @OptionGroup(title: "Output")
  var output: OutputOptions

  @OptionGroup(title: "Encryption")
  var key: KeyOptions

  func validate() throws {
    if kind == .table, name == nil { throw ValidationError("--kind table needs --name") }
    if kind != .table, name != nil { throw ValidationError("--name is for --kind table") }
  }

  func run() throws {
    let access = AccessOptions.standard
    let isNew = !FileInput.exists(store)
    let shell = try Shell(
      opening: StoreOpening(path: store, access: access, key: key, makesStore: true), output: output, access: access)
    if shell.receipt == nil { shell.showsReceipt = Terminal.outputIsTerminal }
    do { try shell.runOrExit(try statement()) } catch {
      if isNew, shell.database.discardIfUnused() {
        Terminal.note("removed the store \(store) again: nothing was imported")
      }
      throw error
    }
  }

  /// The statement that the arguments stand for.
  func statement() throws -> String {
    var text = "IMPORT \(kind.rawValue.uppercased())"
    if let name { text += " \(Identifier.quoted(name))" }
    text += " FROM \(Identifier.text(file))"
    let mappings = try map.flatMap(ListArgument.parts).map { part in
      let (role, column) = try ListArgument.assignment(part, of: "--map")
      return "\(Identifier.quoted(role)) = \(ListArgument.column(column))"
    }
    if !mappings.isEmpty { text += " MAP " + mappings.joined(separator: ", ") }
    let settings = try options.flatMap(ListArgument.parts).map { part in
      let (name, value) = try ListArgument.assignment(part, of: "--with")
      return "\(name) = \(value)"
    }
    if !settings.isEmpty { text += " WITH " + settings.joined(separator: ", ") }
    return text
  }
}

/// Lists of assignments in one argument: `user=uid,amount=Quantity * UnitPrice`.
enum ListArgument {
  /// The parts between commas that stand in no bracket and no quotes.
  static func parts(_ text: String) -> [String] {
    var parts = [""]
    var depth = 0
    var quote: Character?
    for character in text {
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "'" || character == "\"" {
        quote = character
      } else if "([".contains(character) {
        depth += 1
      } else if ")]".contains(character) {
        depth -= 1
      } else if character == ",", depth == 0 {
        parts.append("")
        continue
      }
      parts[parts.count - 1].append(character)
    }
    return parts.map(trimmed).filter { !$0.isEmpty }
  }

  static func assignment(_ part: String, of option: String) throws -> (name: String, value: String) {
    guard let equals = part.firstIndex(of: "="), equals != part.startIndex else {
      throw ValidationError("\(option) takes name=value with commas between, not '\(part)'")
    }
    return (trimmed(String(part[..<equals])), trimmed(String(part[part.index(after: equals)...])))
  }

  /// A column whose name is no plain word gets its quotes, since the shell has taken them; an expression stays.
  static func column(_ text: String) -> String {
    let isName = text.allSatisfy { $0.isLetter || $0.isNumber || "_ -.#:".contains($0) }
    let isNumber = Double(text) != nil
    return isName && !isNumber ? Identifier.quoted(text) : text
  }

  private static func trimmed(_ text: String) -> String {
    let start = text.firstIndex { !$0.isWhitespace } ?? text.endIndex
    let end = text.lastIndex { !$0.isWhitespace }.map(text.index(after:)) ?? start
    return String(text[start..<end])
  }
}

extension AccessOptions {
  /// The options as nobody changed them, for commands that do not offer them.
  static var standard: AccessOptions {
    var options = AccessOptions()
    options.readOnly = false
    options.safe = false
    options.parameters = []
    options.threads = nil
    options.maxRows = nil
    options.maxSeconds = nil
    options.maxMegabytes = nil
    return options
  }
}
