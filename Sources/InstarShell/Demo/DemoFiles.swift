import Instar
import InstarCalendar

/// The sample shop as CSV files, as a real shop would hand them over.
struct DemoFiles {
  let items: String
  let users: String
  let events: String

  /// Names beside the store: `shop.instar` has `shop-items.csv` and so on.
  init(besideStore path: String) {
    let stem = path.hasSuffix(".instar") ? String(path.dropLast(7)) : path
    items = stem + "-items.csv"
    users = stem + "-users.csv"
    events = stem + "-events.csv"
  }

  func write(_ shop: DemoShop) throws {
    try FileInput.write(Self.itemLines(shop), to: items)
    try FileInput.write(Self.userLines(shop), to: users)
    try FileInput.write(Self.eventLines(shop), to: events)
  }

  private static func itemLines(_ shop: DemoShop) -> String {
    var text = "item,title,category,brand,price\n"
    for item in shop.catalogue.items {
      let category = DemoCatalogue.categories[item.category].name
      text += "\(item.id),\(item.title),\(category),\(item.brand),\(money(item.price))\n"
    }
    return text
  }

  private static func userLines(_ shop: DemoShop) -> String {
    var text = "user,country,channel\n"
    for (number, user) in shop.users.enumerated() {
      text += "\(name(number)),\(DemoShop.countries[user.country]),\(DemoShop.channels[user.channel])\n"
    }
    return text
  }

  private static func eventLines(_ shop: DemoShop) -> String {
    let formatter = TimeFormatter(zone: .utc, style: .rfc3339)
    let start = Int64(CivilDate(year: 2024, month: 1, day: 1).dayNumber) * 86_400_000
    var text = "time,user,event,item,order,quantity,amount,device\n"
    text.reserveCapacity(shop.events.count * 72)
    for event in shop.events {
      text += formatter.text(start + Int64(event.time) * 1000)
      text += ",\(name(event.user)),\(event.type.rawValue),"
      if event.item >= 0 { text += shop.catalogue.items[event.item].id }
      text += event.order > 0 ? ",O\(event.order),\(event.quantity),\(money(event.amount))," : ",,,,"
      text += DemoShop.devices[event.device] + "\n"
    }
    return text
  }

  static func name(_ user: Int) -> String { "u" + DemoCatalogue.padded(user + 1, 4) }

  private static func money(_ cents: Int) -> String {
    let size = cents.magnitude
    return (cents < 0 ? "-" : "") + "\(size / 100)." + DemoCatalogue.padded(Int(size % 100), 2)
  }
}
