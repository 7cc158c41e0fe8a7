internal import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

/// The options of one WITH clause, by name.
struct Options {
  let resolution: Resolution
  let step: String
  private var options: [String: Option] = [:]

  /// - Parameter allowed: the names that the step knows. Those of parts that are not built map to their entry.
  init(
    _ list: [Option], of step: String, allowed: [String], unavailable: [String: Unavailable] = [:],
    in resolution: Resolution
  ) throws(Failure) {
    self.resolution = resolution
    self.step = step
    for option in list {
      let name = option.name.text
      if let feature = unavailable[name] { throw resolution.unavailable(feature, at: option.range) }
      guard allowed.contains(name) else {
        let suggestion = Suggestions.sentence(for: name, among: allowed.map { NameCandidate($0) })
        throw resolution.fail(
          .unknownOption, at: option.name.range, "\(step) has no option \(Names.quoted(name))",
          help: suggestion ?? (allowed.isEmpty ? nil : "options: \(allowed.joined(separator: ", "))"))
      }
      options[name] = option
    }
  }

  func has(_ name: String) -> Bool { options[name] != nil }

  /// Where the option stands; the whole statement where it does not.
  func range(_ name: String) -> SourceRange { options[name]?.range ?? SourceRange(0, 0) }

  func expression(_ name: String) throws(Failure) -> Syntax.Expression? {
    guard let option = options[name] else { return nil }
    guard case .expression(let tree) = option.value else { throw wrong(name, "one value and no list") }
    return tree
  }

  /// One of the words of an enumeration, written as a name or as text.
  func word<T: RawRepresentable & CaseIterable>(_ name: String, _ type: T.Type) throws(Failure) -> T?
  where T.RawValue == String {
    guard let text = try word(name) else { return nil }
    guard let value = T(rawValue: text) else { throw wrong(name, Names.list(T.allCases.map(\.rawValue), word: "or")) }
    return value
  }

  func word(_ name: String) throws(Failure) -> String? {
    guard let tree = try expression(name) else { return nil }
    switch tree.kind {
    case .path(let path) where path.names.count == 1: return path.names[0].text
    case .literal(.text(let text)): return text
    case .literal(.boolean(let flag)): return flag ? "true" : "false"
    case .parameter(let parameter):
      if case .text(let text) = try resolution.value(of: parameter) { return text }
      throw wrong(name, "a word")
    default: throw wrong(name, "a word")
    }
  }

  func number(_ name: String, in range: ClosedRange<Double>) throws(Failure) -> Double? {
    guard let value = try value(name) else { return nil }
    guard let number = value.number, range.contains(number) else {
      throw wrong(name, "a number from \(Self.short(range.lowerBound)) to \(Self.short(range.upperBound))")
    }
    return number
  }

  /// A whole number.
  func whole(_ name: String, in range: ClosedRange<Int>) throws(Failure) -> Int? {
    guard let value = try value(name) else { return nil }
    guard case .integer(let number) = value, let whole = Int(exactly: number), range.contains(whole) else {
      throw wrong(name, "a whole number from \(range.lowerBound) to \(Names.grouped(range.upperBound))")
    }
    return whole
  }

  /// A list of numbers, or one.
  func numbers(_ name: String) throws(Failure) -> [Double]? {
    guard let values = try constants(name) else { return nil }
    return try resolution.each(values) { value throws(Failure) in
      guard let number = value?.number else { throw wrong(name, "a list of numbers") }
      return number
    }
  }

  /// A list of texts, or one.
  func texts(_ name: String) throws(Failure) -> [String]? {
    guard let values = try constants(name) else { return nil }
    return try resolution.each(values) { value throws(Failure) in
      guard case .text(let text) = value else { throw wrong(name, "a list of texts") }
      return text
    }
  }

  /// The constants of a list, or the one.
  private func constants(_ name: String) throws(Failure) -> [Value?]? {
    guard let option = options[name] else { return nil }
    let trees: [Syntax.Expression]
    switch option.value {
    case .expression(let tree): trees = [tree]
    case .list(let list): trees = list
    }
    return try resolution.each(trees) { tree throws(Failure) in
      try resolution.expression(tree, in: Scope(rows: .table, columns: [], hasUser: false)).constant
    }
  }

  /// Milliseconds.
  func length(_ name: String) throws(Failure) -> Int64? {
    guard let value = try value(name) else { return nil }
    guard case .duration(let length) = value, length >= 0 else { throw wrong(name, "a length such as 2 SECONDS") }
    return length
  }

  func value(_ name: String) throws(Failure) -> Value? {
    guard let tree = try expression(name) else { return nil }
    guard let value = try resolution.expression(tree, in: Scope(rows: .table, columns: [], hasUser: false)).constant
    else { throw wrong(name, "a constant") }
    return value
  }

  func wrong(_ name: String, _ wanted: String) -> Failure {
    resolution.fail(.optionValue, at: options[name]?.range, "\(name) of \(step) is \(wanted)")
  }

  private static func short(_ number: Double) -> String {
    number == number.rounded() ? String(Int(number)) : String(number)
  }
}

extension Resolution {
  /// The options of EXPORT, IMPORT and RUN: constants, words as text.
  func constants(_ list: [Option], of step: String) throws(Failure) -> [String: Value] {
    var values: [String: Value] = [:]
    let options = try Options(list, of: step, allowed: list.map(\.name.text), in: self)
    for option in list {
      let name = option.name.text
      if let tree = try options.expression(name), case .path(let path) = tree.kind, path.names.count == 1 {
        values[name] = .text(path.names[0].text)
      } else {
        values[name] = try options.value(name)
      }
    }
    return values
  }
}
