import InstarSyntax
import Testing

/// Sentences with one thing wrong: each is refused once, at the word that is wrong (`""` is the end).
@Suite struct DamagedSentenceTests {
  private static let clauseOrder: [(String, String)] = [
    ("FUNNEL a THEN b DURING LAST 30 DAYS WITHIN 7 DAYS;", "WITHIN"),
    ("FUNNEL a THEN b WITHIN 7 DAYS SAME item;", "SAME"),
    ("FUNNEL a THEN b SAME item WITHOUT c;", "WITHOUT"),
    ("FUNNEL a THEN b WITHIN 7 DAYS WITHIN 8 DAYS;", "WITHIN"),
    ("FUNNEL a THEN b WITH entry = first BY device;", "BY"),
    ("RETENTION FROM FIRST a RETURN b FOR 12 WEEKS BY WEEK;", "FOR"),
    ("RETENTION FROM FIRST a RETURN b BY WEEK USING calendar FOR 12 WEEKS;", "FOR"),
    ("RETENTION RETURN b FROM FIRST a BY WEEK;", "RETURN"),
    ("STICKINESS OF visit DAYS PER MONTH DURING @2026 BY MONTH;", "BY"),
    ("PREDICT TIME TO purchase USING kaplan_meier BY country;", "BY"),
    ("PREDICT did purchase IN NEXT 30 DAYS USING auto AS p;", "AS"),
    ("PREDICT did purchase IN NEXT 30 DAYS WHY 3 WITH seed = 1;", "WITH"),
    ("RECOMMEND 10 USING hybrid EXCLUDING purchase;", "EXCLUDING"),
    ("RECOMMEND 10 WITH diversity = 0.3 USING hybrid;", "USING"),
    ("RECOMMEND 10 AT MOST 2 PER category ITEMS[stock > 0];", "ITEMS"),
    ("EVALUATE CAMPAIGN spring DURING @2026 AGAINST did purchase IN NEXT 30 DAYS;", "AGAINST"),
    ("IMPORT EVENTS FROM 'x.csv' WITH event = 'purchase' MAP user = id;", "MAP"),
    ("EVENTS purchase AGGREGATE count() DURING @2026 BY country;", "BY"),
  ]

  private static let wholeWords: [(String, String)] = [
    ("SEGMENT users WHERE stage at_risk;", "at_risk"),
    ("SEGMENT users WHERE loyalty > 0.7 ORDER BY loyalty;", "ORDER"),
    ("SEGMENT users LIMITED 10;", "LIMITED"),
  ]

  private static let filtersAndMoments: [(String, String)] = [
    ("SEGMENT vip[country = 'TR'] RECOMMEND 10;", "["),
    ("SEGMENT vip AT @2026-01-01 COMPARE vip WITH users ON country;", "AT"),
    ("COMPARE vip WITH vip ON country AT;", ";"),
    ("SEGMENT users WHERE did purchase[] IN LAST 30 DAYS;", "]"),
    ("SEGMENT users WHERE did purchase WHERE amount > 3 AND;", ";"),
    ("SEGMENT users WHERE did purchase IN 30 DAYS;", "IN"),
    ("SEGMENT users WHERE did purchase IN LAST DAYS;", "DAYS"),
    ("SEGMENT users WHERE did purchase IN LAST 30;", ";"),
    ("SEGMENT users WHERE did purchase AT LEAST TIMES IN LAST 30 DAYS;", "TIMES"),
    ("SEGMENT users WHERE country IN ();", ")"),
    ("SEGMENT users WHERE country IN $list;", "IN"),
    ("SEGMENT users WHERE stage AT;", ";"),
    ("SEGMENT users WHERE loyalty > ;", ";"),
    ("SEGMENT users WHERE loyalty 0.7 RECOMMEND 10;", "0.7"),
    ("SEGMENT users WHERE (loyalty > 0.7 RECOMMEND 10;", "RECOMMEND"),
    ("SEGMENT users WHERE loyalty > 0.7) RECOMMEND 10;", ")"),
    ("SEGMENT users WHERE email LIKE '%x%';", "LIKE"),
    ("SEGMENT users WHERE country == 'TR';", "="),
    ("SEGMENT users WHERE country <> 'TR';", "<>"),
    ("SEGMENT users WHERE country = 'TR;", "'TR"),
  ]

  private static let sequencesAndEvents: [(String, String)] = [
    ("FUNNEL THEN a THEN b;", "a"),
    ("FUNNEL a THEN THEN b;", "b"),
    ("FUNNEL a;", ";"),
    ("FUNNEL (a OR ) THEN b;", ")"),
    ("FUNNEL ANY ORDER (a) THEN b;", ")"),
    ("DEFINE EVENT stopped AS NO event;", ";"),
    ("EVENTS $name AGGREGATE count();", "$name"),
  ]

  private static let recommendAndPredict: [(String, String)] = [
    ("RECOMMEND ITEMS;", "ITEMS"),
    ("RECOMMEND $n DAYS;", "DAYS"),
    ("RECOMMEND 10 EXCLUDING;", ";"),
    ("RECOMMEND 10 SAVE AS spring;", "spring"),
    ("RECOMMEND 10 LIKE vip;", "vip"),
    ("EVALUATE CAMPAIGN;", ";"),
    ("PREDICT did purchase IN NEXT 30 DAYS WITH features = ();", ")"),
    ("PREDICT did purchase IN NEXT 30 DAYS WITH features = (recency, );", ")"),
    ("PREDICT TIME purchase USING cox;", "purchase"),
    ("DEFINE MODEL m AS SEGMENT users WHERE did visit;", ";"),
    ("DROP churn;", "churn"),
    ("EVENTS purchase AGGREGATE count() BY WEEK FORECAST WEEKS;", "WEEKS"),
  ]

  private static let settingsAndImport: [(String, String)] = [
    ("SET GOAL purchase;", "purchase"),
    ("SET NOUN patients users;", "patients"),
    ("SET FUTURE LIMIT 2;", ";"),
    ("SET CONSENT REQUIRED FOR marketing;", "marketing"),
    ("SET PRIVACY THRESHOLD 10 DAYS;", "DAYS"),
    ("CONSENT USER 'u42' FROM recommend;", "FROM"),
    ("CONSENT ITEM 'B00X' TO recommend;", "ITEM"),
    ("WITHDRAW USER 'u42' recommend;", "recommend"),
    ("IMPORT EVENTS FROM 'x.csv' MAP Quantity * UnitPrice = amount;", "*"),
    ("IMPORT EVENTS FROM 'x.csv' MAP event = CASE WHEN q < 0 THEN 'return' ELSE 'purchase';", ";"),
    ("IMPORT TABLE FROM 'spend.csv' MAP a = b;", "'spend.csv'"),
    ("SHOW ME;", "ME"),
    ("FORGET vip;", "vip"),
    ("EXPORT 'x.csv';", "'x.csv'"),
    ("LIMIT 10 PER;", ";"),
  ]

  private static let whatPeopleBringFromElsewhere: [(String, String)] = [
    ("SELECT * FROM users;", "SELECT"),
    ("EVENTS purchase AGGREGATE count(*) BY country;", "*"),
    ("EVENTS purchase GROUP BY country;", "GROUP"),
    ("SEGMENT users ORDER BY loyalty;", "ORDER"),
    ("SEGMENT users | RECOMMEND 10;", "|"),
  ]

  @Test(arguments: clauseOrder)
  func clauseOrderIsChecked(_ sentence: String, _ word: String) { refuse(sentence, at: word) }

  @Test(arguments: wholeWords)
  func wholeWordsIsChecked(_ sentence: String, _ word: String) { refuse(sentence, at: word) }

  @Test(arguments: filtersAndMoments)
  func filtersAndMomentsIsChecked(_ sentence: String, _ word: String) { refuse(sentence, at: word) }

  @Test(arguments: sequencesAndEvents)
  func sequencesAndEventsIsChecked(_ sentence: String, _ word: String) { refuse(sentence, at: word) }

  @Test(arguments: recommendAndPredict)
  func recommendAndPredictIsChecked(_ sentence: String, _ word: String) { refuse(sentence, at: word) }

  @Test(arguments: settingsAndImport)
  func settingsAndImportIsChecked(_ sentence: String, _ word: String) { refuse(sentence, at: word) }

  @Test(arguments: whatPeopleBringFromElsewhere)
  func whatPeopleBringFromElsewhereIsChecked(_ sentence: String, _ word: String) { refuse(sentence, at: word) }

  private func refuse(_ sentence: String, at word: String) {
    let parsed = Parser.parse(sentence)
    #expect(parsed.statements == [])
    #expect(parsed.diagnostics.count == 1)
    guard let place = parsed.diagnostics.first?.range else { return }
    let rest = String(decoding: Array(sentence.utf8)[place.lowerBound...], as: UTF8.self)
    #expect(word.isEmpty ? rest.isEmpty : rest.hasPrefix(word), "refused at '\(rest)'")
  }
}
