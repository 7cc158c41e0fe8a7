/// The codes of what the lexer and the parser can say. Each has a heading in `docs/reference/errors.md`.
///
/// `E00..` are about characters and words, `E02..` about the structure of a sentence.
package enum SyntaxCode: String, Sendable, CaseIterable {
  case unterminatedText = "E0001"
  case strangeCharacter = "E0002"
  case emptyName = "E0003"
  case date = "E0004"
  case number = "E0005"
  case parameter = "E0006"
  case tooLong = "E0007"

  /// A word or sign that does not fit here.
  case unexpected = "E0010"
  /// The statement ends where something is missing.
  case unfinished = "E0011"
  case missingSemicolon = "E0012"
  case nesting = "E0013"
  /// A word that is nearly a keyword.
  case misspelt = "E0014"
  /// A number where a length of time is needed.
  case missingUnit = "E0015"
  case tooManyErrors = "E0016"
  /// A bracket that is not closed before the next step or the end.
  case openBracket = "E0017"

  case select = "E0021"
  case groupBy = "E0022"
  case orderBy = "E0023"
  case having = "E0024"
  case countStar = "E0025"
  case doubledEqual = "E0026"
  case lessGreater = "E0027"
  case like = "E0028"
  case pipe = "E0029"
  case null = "E0030"
  /// Any other word of SQL.
  case foreignWord = "E0031"

  /// Brackets behind a name that is no event and no item.
  case bracket = "E0208"
  case clauseOrder = "E0211"
  case repeatedClause = "E0212"
  /// A clause that this step does not have.
  case foreignClause = "E0213"
  /// A window without LAST, NEXT, THIS, PREVIOUS or FIRST.
  case window = "E0214"
  /// A condition on an event without `did`.
  case missingDid = "E0215"
}
