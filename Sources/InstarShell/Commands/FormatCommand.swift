import ArgumentParser
import Instar
import InstarSyntax

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// `instar fmt`: statements in their one canonical form.
struct FormatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt", abstract: "Print the statements of files in canonical form; comments stay.")

  @Argument(help: "Files of statements; '-' or none for standard input.", completion: .file())
  var files: [String] = []

  @Flag(name: [.customShort("i"), .long], help: "Rewrite the files.")
  var inPlace = false

  @Flag(help: "Print nothing; exit code 1 when a file is not in canonical form.")
  var check = false

  func validate() throws {
    if inPlace, files.isEmpty || files.contains("-") { throw ValidationError("--in-place needs files") }
    if inPlace, check { throw ValidationError("--in-place and --check do not go together") }
  }

  func run() throws {
    var isFine = true
    for path in files.isEmpty ? ["-"] : files {
      let text = try TextInput.file(path)
      let formatted = Formatter.format(script: text)
      ErrorText(form: .text).write(formatted.diagnostics)
      guard let result = formatted.text else { throw ExitCode(1) }
      if check {
        if result != text {
          Terminal.note("\(path) is not in canonical form; 'instar fmt -i \(path)' rewrites it")
          isFine = false
        }
      } else if inPlace {
        if result != text { try FileInput.write(result, to: path) }
      } else {
        let bytes = Array(result.utf8)
        try ByteSink(STDOUT_FILENO).write(bytes.span)
      }
    }
    if !isFine { throw ExitCode(1) }
  }
}
