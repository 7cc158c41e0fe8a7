internal import InstarSyntax

/// A name where it is used. Built-in parts of a plan use names that no statement wrote.
struct Word {
  var text: String
  var isQuoted = false
  var range: SourceRange

  init(_ text: String, at range: SourceRange) {
    self.text = text
    self.range = range
  }

  init(_ name: Name) {
    text = name.text
    isQuoted = name.isQuoted
    range = name.range
  }
}

/// Words joined by dots, at least one.
struct WordPath {
  var names: [Word]
  var range: SourceRange

  init(_ names: [Word], at range: SourceRange) {
    self.names = names
    self.range = range
  }

  init(_ path: PropertyPath) {
    names = path.names.map(Word.init)
    range = path.range
  }

  var text: String { names.map(\.text).joined(separator: ".") }
}
