import Instar
import Testing

struct RowDecodingTests {
  private struct Buyer: Decodable, Equatable {
    var user: String
    var orders: Int
    var spent: Double?
    var lastOrder: Timestamp?
    var nickname: String?
  }

  @Test func decodesRowsByColumnName() throws {
    let database = try TestShop.open()
    let table = try database.query(
      """
      SEGMENT users ADD orders = count(purchase), spent = sum(purchase.amount), last_order = last(purchase.time)
      KEEP user, orders, spent, last_order SORT BY user
      """)
    let buyers = try table.rows(as: Buyer.self)
    #expect(
      buyers.prefix(1) == [Buyer(user: "ada", orders: 2, spent: 15.5, lastOrder: TestShop.day(3), nickname: nil)])
    #expect(buyers.count == 3)
    #expect(buyers[1].orders == 0)
    #expect(buyers[1].lastOrder == nil)
  }

  @Test func decodesASingleColumn() throws {
    let table = try TestShop.open().query("SEGMENT users KEEP user SORT BY user")
    #expect(try table.rows(as: String.self) == ["ada", "bob", "cyd"])
  }

  @Test func saysWhichCellDoesNotFit() throws {
    struct Wrong: Decodable { var user: Int }
    struct Lacking: Decodable { var colour: String }
    let table = try TestShop.open().query("SEGMENT users KEEP user SORT BY user")
    let error = #expect(throws: InstarError.self) { try table.rows(as: Wrong.self) }
    #expect(error?.code == InstarError.decodingFailed)
    #expect(error?.message == "row 1: the column 'user' is text, not a whole number")
    let lacking = #expect(throws: InstarError.self) { try table.rows(as: Lacking.self) }
    #expect(lacking?.message == "the table has no column 'colour'")
  }

  @Test func readsColumnsWhole() throws {
    let table = try TestShop.open().query(
      "EVENTS purchase AGGREGATE sum(amount) AS revenue, count() AS n BY item SORT BY item")
    #expect(table.column("item")?.texts == ["cup", "tea"])
    #expect(table.column("revenue")?.reals == [5.5, 20])
    #expect(table.column("n")?.integers == [1, 2])
  }

  @Test func writesText() throws {
    let table = try TestShop.open().query("EVENTS purchase AGGREGATE sum(amount) AS revenue BY item SORT BY item")
    #expect(table.text(.csv).split(whereSeparator: \.isNewline) == ["item,revenue", "cup,5.5", "tea,20.0"])
    #expect(table.text(.jsonl) == "{\"item\":\"cup\",\"revenue\":5.5}\n{\"item\":\"tea\",\"revenue\":20.0}\n")
  }

  @Test func timestampsReadAndWrite() {
    #expect(Timestamp("2026-01-31T10:15:00Z")?.millisecondsSince1970 == 1_769_854_500_000)
    #expect(Timestamp("2026-01-31T10:15:00+03:00")?.description == "2026-01-31T07:15:00Z")
    #expect(Timestamp("yesterday") == nil)
  }
}
