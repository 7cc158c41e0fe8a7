import InstarSyntax
import Testing

@Suite struct CompletionTests {
  /// Completes at the `|`.
  private func completions(_ text: String) -> Completions {
    let parts = text.split(separator: "|", omittingEmptySubsequences: false)
    return Parser.completions(parts.joined(), at: parts[0].utf8.count)
  }

  @Test(arguments: [
    ("SEGMENT |", [NameKind.segment]), ("SEGMENT users WHERE |", [.function, .property]),
    ("SEGMENT users WHERE did |", [.event]), ("SEGMENT users WHERE IN |", [.segment]),
    ("SEGMENT users WHERE sum(|", [.event, .property, .function]), ("FUNNEL OF |", [.funnel]),
    ("FUNNEL a THEN |", [.event]), ("PREDICT |", [.function, .model]), ("PROFILE USER |", [.user]),
    ("RECOMMEND 3 LIKE ITEM |", [.item]), ("RECOMMEND 3 USING |", [.method]), ("RECOMMEND 3 WITH |", [.option]),
    ("SET WEEK START |", [.settingValue]), ("SET TIMEZONE |", [.timezone]), ("IMPORT EVENTS FROM |", [.file]),
    ("EVALUATE CAMPAIGN |", [.campaign]), ("TABLE |", [.table]), ("IMPORT EVENTS FROM 'x' MAP |", [.role]),
    ("SHOW |", []), ("SEGMENT users; SEGMENT |", [.segment]),
  ])
  func kindsOfNames(_ text: String, _ kinds: [NameKind]) {
    #expect(completions(text).names == Set(kinds))
  }

  @Test func theWordBeingWrittenIsReplaced() {
    let found = completions("SEGMENT users WHERE loyalty > 0.7 RECO|")
    #expect(found.keywords == ["RECOMMEND"])
    #expect(found.range == SourceRange(34, 38))
    #expect(completions("seg|").keywords == ["SEGMENT"])
    #expect(completions("SEGMENT users WH| RECOMMEND 3").keywords == ["WHERE"])
  }

  @Test func theStepIsKnown() {
    #expect(completions("FUNNEL a THEN b WITH |").step == .funnel)
    #expect(completions("SEGMENT users RECOMMEND 3 WITH |").step == .recommend)
  }

  @Test func nothingInsideTextsAndComments() {
    #expect(completions("SEGMENT users WHERE country = 'T|").keywords == [])
    #expect(completions("SHOW EVENTS; -- S|").keywords == [])
  }

  @Test(arguments: [
    ("", true), ("-- nothing", true), ("SHOW EVENTS", false), ("SHOW EVENTS;", true), ("SHOW EVENTS; -- x", true),
    ("SHOW EVENTS -- ;", false), ("SEGMENT users WHERE a = 'x;", false), ("SEGMENT users WHERE a = 'x;';", true),
    ("SHOW EVENTS; SHOW", false),
  ])
  func aSemicolonCompletes(_ text: String, _ isComplete: Bool) {
    #expect(Parser.isComplete(text) == isComplete)
  }
}
