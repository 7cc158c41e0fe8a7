/// Column names that mean a role, lower-case letters and digits only.
///
/// Strong names mean nothing else in a log; weak ones count where no strong name is there.
enum RoleNames {
  static func strong(_ role: Role) -> [String] {
    switch role {
    case .user:
      [
        "user", "userid", "uid", "customer", "customerid", "customerno", "customernumber", "client", "clientid",
        "member", "memberid", "visitor", "visitorid", "patient", "patientid", "distinctid", "useruuid", "actorid",
        "subscriberid", "accountid", "borrowerid",
      ]
    case .time:
      [
        "time", "timestamp", "ts", "datetime", "eventtime", "eventtimestamp", "occurredat", "eventdate", "invoicedate",
        "orderdate", "purchasedate", "transactiondate", "createdat",
      ]
    case .event: ["event", "eventtype", "eventname", "action", "behavior", "behaviour", "behaviortype", "activity"]
    case .item:
      [
        "item", "itemid", "product", "productid", "sku", "stockcode", "article", "articleid", "asin", "movieid",
        "trackid", "contentid", "goodsid", "isbn",
      ]
    case .order: ["order", "orderid", "orderno", "ordernumber", "invoice", "invoiceno", "invoiceid", "basketid"]
    case .amount: ["amount", "revenue", "totalprice", "totalamount", "orderamount", "turnover"]
    case .quantity: ["quantity", "qty"]
    case .id: ["id", "eventid", "uuid", "messageid", "insertid", "rowid"]
    case .title: ["title", "itemname", "itemtitle", "productname", "producttitle"]
    }
  }

  /// Names in files of users and items, which are about one thing: its id is `id`, and a time is no role but by name.
  static func strong(_ role: Role, in kind: RowKind) -> [String] {
    switch (role, kind) {
    case (.user, .users), (.item, .items): strong(role) + ["id"]
    case (.time, .users): ["changedat", "updatedat", "validfrom", "asof"]
    default: strong(role)
    }
  }

  static func weak(_ role: Role) -> [String] {
    switch role {
    case .user: ["person", "personid", "account", "subscriber", "buyer", "deviceid", "borrower"]
    case .time: ["date", "day", "created", "at", "when", "unixtime", "epoch", "changedat", "updatedat", "serverdate"]
    case .event: ["type", "name"]
    case .item: ["movie", "track", "content", "goods", "itemno", "productno"]
    case .order: ["transactionid", "receiptid", "receipt", "basket"]
    case .amount: ["total", "value", "sales", "paid", "price", "sum"]
    case .quantity: ["count", "units"]
    case .id: []
    case .title: ["description", "name"]
    }
  }

  /// Event types of many logs: a text column that holds some of them says what happened.
  static let eventTypes = [
    "view", "click", "cart", "purchase", "order", "visit", "login", "signup", "search", "impression", "rating",
    "page_view", "pageview", "add_to_cart", "addtocart", "buy", "pv", "fav", "transaction", "payment", "admission",
    "discharge", "return", "refund", "remove_from_cart", "checkout", "session_start",
  ]

  /// `Customer ID` and `customer_id` are `customerid`; of a path the last key counts alone, too.
  static func normalized(_ name: String) -> String {
    String(name.lowercased().filter { $0.isLetter || $0.isNumber })
  }
}
