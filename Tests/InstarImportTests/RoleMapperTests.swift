import InstarCalendar
import InstarColumns
import InstarImport
import Testing

struct RoleMapperTests {
  private let folder = TemporaryFolder()

  private func map(
    _ text: String, _ explicit: [ExplicitMapping] = [], kind: RowKind = .events,
    options: RoleMapper.Options = .init()
  ) throws -> (format: FileFormat, mapping: RoleMapping) {
    let format = try Sniffer.sniff(ImportSource(folder.write("m.csv", text)))
    return (format, try RoleMapper.map(format, kind: kind, pattern: "m.csv", explicit: explicit, options: options))
  }

  private func names(_ result: (format: FileFormat, mapping: RoleMapping)) -> [String] {
    result.mapping.entries.map { entry in
      "\(entry.role.rawValue) = \(entry.column.map { result.format.columns[$0].name } ?? "expression")"
    }
  }

  @Test func aLogOfAShop() throws {
    let result = try map(
      """
      time,user,event,item,amount,country
      2026-01-01 00:00:00.123,u1,view,p1,9.50,DE
      2026-01-02 00:00:00.123,u1,cart,p2,1.25,DE
      """)
    #expect(names(result) == ["user = user", "time = time", "event = event", "item = item", "amount = amount"])
    #expect(result.mapping.properties.map { result.format.columns[$0].name } == ["country"])
    #expect(result.mapping.entry(.time)?.conversion == .time(.yearFirst))
    let requests = result.mapping.requests(result.format, expressions: [])
    #expect(requests.filter(\.isRequired).map { result.format.columns[$0.column].name } == ["user", "time"])
  }

  private let retail = """
    InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
    536365,85123A,HEART,6,12/1/2010 8:26,2.55,17850.0,United Kingdom
    536365,71053,LANTERN,6,12/1/2010 8:26,3.39,17850.0,United Kingdom
    C536379,D,Discount,-1,12/13/2010 9:41,27.50,14527.0,United Kingdom
    """

  @Test func orderLinesWithExpressions() throws {
    let result = try map(
      retail,
      [
        ExplicitMapping("amount", columns: ["Quantity", "UnitPrice"], isPlain: false),
        ExplicitMapping("event", columns: ["Quantity"], isPlain: false),
      ])
    #expect(
      names(result) == [
        "amount = expression", "event = expression", "user = CustomerID", "time = InvoiceDate", "order = InvoiceNo",
        "item = StockCode", "quantity = Quantity", "title = Description",
      ])
    #expect(result.mapping.entry(.user)?.conversion == .text(dropZeroFraction: true))
    #expect(result.mapping.entry(.time)?.conversion == .time(.monthFirst))
  }

  @Test func theStatementWins() throws {
    let text = "user,uid,ts,type\na,1,2026-01-01,x\nb,2,2026-01-02,y\n"
    #expect(
      names(try map(text, [ExplicitMapping("user", columns: ["UID"], isPlain: true)]))
        == ["user = uid", "time = ts", "event = type"])
  }

  @Test func twoCandidatesAreAnErrorWithAStatementToPaste() throws {
    let text = "user,uid,ts,type\na,1,2026-01-01,x\nb,2,2026-01-02,y\n"
    let error = try #require(importError { _ = try map(text) })
    #expect(error.code == .ambiguousRole)
    #expect(error.candidates == ["user", "uid"])
    #expect(error.help == "Choose one: IMPORT EVENTS FROM 'm.csv' MAP user = user, time = ts, event = type;")
  }

  @Test func aRoleWithoutColumnNamesTheColumns() throws {
    let text = "who,ts,type\na,2026-01-01,x\na,2026-01-02,y\n"
    let error = try #require(importError { _ = try map(text) })
    #expect(error.code == .missingRole)
    #expect(error.help == "Say which it is: IMPORT EVENTS FROM 'm.csv' MAP user = who, time = ts, event = type;")
  }

  @Test func oneEventTypeForAllRows() throws {
    let text = "user,ts\na,2026-01-01\nb,2026-01-02\n"
    #expect(importError { _ = try map(text) }?.help.hasSuffix("WITH event = 'purchase'") == true)
    var options = RoleMapper.Options()
    options.constantEvent = true
    #expect(try map(text, options: options).mapping.entry(.event)?.source == .option)
  }

  @Test func dayAndMonthAreNeverGuessed() throws {
    let text = "user,date,event\na,01/02/2026,view\nb,03/04/2026,cart\n"
    let error = try #require(importError { _ = try map(text) })
    #expect(error.code == .ambiguousTime)
    #expect(error.candidates == ["dd/mm/yyyy", "mm/dd/yyyy"])
    #expect(error.help.contains("WITH time_format = 'dd/mm/yyyy';"))
    var options = RoleMapper.Options()
    options.timeFormat = .dayFirst
    #expect(try map(text, options: options).mapping.entry(.time)?.conversion == .time(.dayFirst))
  }

  @Test func mixedTimeFormatsNameALine() throws {
    let text = "user,time,event\na,2026-01-31,view\nb,2026-01-30,cart\nc,31/01/2026,cart\nd,2026-01-29,view\n"
    let error = try #require(importError { _ = try map(text) })
    #expect(error.code == .mixedTimes)
    #expect(error.line == 4)
  }

  @Test func epochNumbersAreTimesInAColumnOfThatName() throws {
    let result = try map("user,ts,event\na,1769854500,view\nb,1769854600,view\n")
    #expect(result.mapping.entry(.time)?.conversion == .time(.epoch(.seconds)))
  }

  @Test func anIdNeverRepeats() throws {
    let unique = "user,ts,event,id\na,2026-01-01,view,1\nb,2026-01-02,view,2\n"
    #expect(try map(unique).mapping.entry(.id) != nil)
    let repeated = "user,ts,event,id\na,2026-01-01,view,1\nb,2026-01-02,view,1\n"
    #expect(try map(repeated).mapping.entry(.id) == nil)
  }

  @Test func linesOfOneOrderAreOffered() throws {
    let text =
      "user,ts,event,bon\n"
      + (0..<10).map { "u\($0),2026-01-0\($0 % 9 + 1),view,B\($0)\nu\($0),2026-01-0\($0 % 9 + 1),view,B\($0)\n" }
      .joined()
    #expect(try map(text).mapping.notes.contains { $0.contains("MAP order = bon") })
  }

  @Test func wrongTypesAndNames() {
    let text = "user,ts,event,note\na,2026-01-01,view,x\n"
    #expect(
      importError { _ = try map(text, [ExplicitMapping("amount", columns: ["note"], isPlain: true)]) }?.code
        == .wrongType)
    let missing = importError { _ = try map(text, [ExplicitMapping("amount", columns: ["nota"], isPlain: true)]) }
    #expect(missing?.code == .missingColumn)
    #expect(missing?.candidates == ["user", "ts", "event", "note"])
    let near = importError { _ = try map(text, [ExplicitMapping("user", columns: ["user_"], isPlain: true)]) }
    #expect(near?.help == "Did you mean user? The columns are: user, ts, event, note.")
  }

  @Test func filesOfUsersAndItems() throws {
    let users = "id,name,birthday,updated_at\n1,Ada,1990-01-01,2026-01-01\n2,Bo,1991-01-01,2026-01-02\n"
    #expect(names(try map(users, kind: .users)) == ["user = id", "time = updated_at"])
    let items = "id,title,price\np1,Lamp,9.5\np2,Chair,20\n"
    #expect(names(try map(items, kind: .items)) == ["item = id", "title = title"])
    #expect(try map("month,spend\n2026-01,5\n", kind: .table).mapping.entries.isEmpty)
  }

  @Test func localTimesAreSaidToBe() throws {
    let local = "user,ts,event\na,2026-01-01 10:00,view\n"
    #expect(try map(local).mapping.notes.contains { $0.contains("are read as UTC") })
    var options = RoleMapper.Options()
    options.timeZone = "Europe/Istanbul"
    #expect(
      try map(local, options: options).mapping.notes == ["times in ts are local times of Europe/Istanbul"])
    #expect(try map("user,ts,event\na,2026-01-01T10:00+03:00,view\n").mapping.notes.isEmpty)
  }
}
