import InstarSyntax
import Testing

/// Sentences as people first write them: the code and what the message tells to write.
@Suite struct HintTests {
  @Test(arguments: [
    ("SEGMENT users WHERE signup > 2026-01-01;", "E0004", "write @2026-01-01"),
    ("AS OF 2026 SEGMENT vip;", "E0004", "write @2026"),
    ("SEGMENT users WHERE loyalty > 0,7;", "E0005", "write 0.7"),
    ("SEGMENT users WHERE loyalty > .7;", "E0005", "write 0.7"),
    ("SEGMENT users WHERE did visit AT LEAST 3 IN LAST 9 DAYS;", "E0015", "write 3 TIMES, or 3 DAYS for distinct days"),
    ("FUNNEL a THEN b WITHIN 7 DURING @2026;", "E0015", "write 7 DAYS, or another unit of time"),
    ("SEGMENT users WHERE visit AT LEAST 3 TIMES;", "E0215", "write did visit AT LEAST .."),
    ("SEGMENT users WHERE visit IN LAST 3 DAYS;", "E0215", "write did visit IN LAST .."),
    ("SEGMENT users WHERE visit[page = '/'];", "E0208", "write did visit[..], or count(visit[..]) > 1"),
    ("SEGMENT vip[country = 'TR'];", "E0208", "write SEGMENT vip WHERE country = 'TR'"),
    ("EVENTS a AGGREGATE sum(amount BY country;", "E0017", "write ) to close the ( before amount"),
    ("SEGMENT users WHERE country NOT LIKE 'T%';", "E0028", "write NOT country STARTS WITH 'T'"),
    ("SEGMENT users WHERE country LIKE '%a''b%';", "E0028", "write CONTAINS 'a''b'"),
    ("SEGMENT users WHERE country LIKE $p;", "E0028", "write CONTAINS $p"),
    ("EVENTS a GROUP BY country, device LIMIT 3;", "E0022", "write AGGREGATE count() BY country, device"),
    ("SEGMENT users ORDER BY a DESC LIMIT 3;", "E0023", "write SORT BY a DESC"),
    ("SEGMENT users WHERE a = 1 && b = 2;", "E0002", "write a > 1 AND b > 1"),
    (
      "SEGMENT users WHERE a = “x”;", "E0002",
      "text stands in straight single quotes: 'TR'; names may stand in straight double quotes"
    ),
    ("SEGMENT users；", "E0002", "write ; as an ASCII sign"),
  ])
  func whatToWriteInstead(_ text: String, _ code: String, _ help: String) {
    let diagnostics = Parser.parse(text).diagnostics
    #expect(diagnostics.map(\.code) == [code])
    #expect(diagnostics.first?.help == help)
  }
}
