import InstarSyntax
import Testing

/// A slip in a keyword is named, also where the word was first taken for a name.
@Suite struct SpellingTests {
  @Test(
    arguments: [
      ("SEGMNT users;", "SEGMENT"), ("SEGMENT users WHER a > 1;", "WHERE"), ("SEGMENT users RECOMEND 10;", "RECOMMEND"),
      ("FUNEL a THEN b;", "FUNNEL"), ("FUNNEL a THNE b;", "THEN"), ("FUNNEL a THEN OPTINAL b THEN c;", "OPTIONAL"),
      ("FUNNEL a THEN b WITHN 7 DAYS;", "WITHIN"), ("FUNNEL a THEN b WITHIN 7 DAYZ;", "DAYS"),
      ("SEGMENT users WHERE did purchase AT LEST 3 TIMES;", "LEAST"),
      ("SEGMENT users WHERE did purchase IN LSAT 3 DAYS;", "LAST"), ("RETENTION FORM FIRST a RETURN b BY DAY;", "FROM"),
      ("SHOW EVENT;", "EVENTS"), ("SHOW SEGMENTZ;", "SEGMENTS"), ("SET TIMEZON 'UTC';", "TIMEZONE"),
      ("EVENTS a AGREGATE count();", "AGGREGATE"), ("SEGMENT users WHERE a IS MISING;", "MISSING"),
    ])
  func slips(_ text: String, _ keyword: String) {
    let diagnostics = Parser.parse(text).diagnostics
    #expect(diagnostics.count == 1)
    #expect(diagnostics.first?.help == "did you mean \(keyword)?")
  }
}
