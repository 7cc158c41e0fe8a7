/// The items of the sample shop: 12 categories of 50.
struct DemoCatalogue {
  struct Item {
    var id: String
    var title: String
    var category: Int
    var brand: String
    /// In cents.
    var price: Int
  }

  struct Category {
    var name: String
    var nouns: [String]
    /// In whole units of money.
    var prices: ClosedRange<Int>
    /// How many of a hundred bought lines come back.
    var returnPercent: Int
    /// Whether it sells mostly as a present in November and December.
    var isGift = false
  }

  static let itemsPerCategory = 50
  /// Items whose number in the category is one of these come with a partner: the next item.
  static let pairedEvery = 5

  static let categories = [
    Category(
      name: "coffee", nouns: ["Espresso Beans", "Filter Coffee", "Moka Pot", "Grinder", "Cup Set"], prices: 6...90,
      returnPercent: 2),
    Category(
      name: "tea", nouns: ["Green Tea", "Black Tea", "Herbal Tea", "Teapot", "Tea Tin"], prices: 4...60,
      returnPercent: 2),
    Category(
      name: "books", nouns: ["Novel", "Cookbook", "Atlas", "Biography", "Sketchbook"], prices: 8...45, returnPercent: 3),
    Category(
      name: "kitchen", nouns: ["Chef Knife", "Cast Iron Pan", "Cutting Board", "Mixing Bowl", "Kettle"],
      prices: 12...180, returnPercent: 4),
    Category(
      name: "garden", nouns: ["Seed Mix", "Watering Can", "Pruner", "Plant Pot", "Bird House"], prices: 3...75,
      returnPercent: 3),
    Category(
      name: "toys", nouns: ["Puzzle", "Wooden Train", "Board Game", "Kite", "Building Set"], prices: 7...95,
      returnPercent: 5, isGift: true),
    Category(
      name: "clothing", nouns: ["Rain Jacket", "Wool Sweater", "Linen Shirt", "Scarf", "Socks"], prices: 9...160,
      returnPercent: 18),
    Category(
      name: "shoes", nouns: ["Trail Shoe", "Leather Boot", "Sandal", "Slipper", "Sneaker"], prices: 25...190,
      returnPercent: 22),
    Category(
      name: "bath", nouns: ["Olive Soap", "Bath Towel", "Bath Salt", "Hand Cream", "Linen Robe"], prices: 4...85,
      returnPercent: 4),
    Category(
      name: "desk", nouns: ["Notebook", "Fountain Pen", "Desk Lamp", "Paper Tray", "Calendar"], prices: 3...140,
      returnPercent: 4),
    Category(
      name: "sport", nouns: ["Yoga Mat", "Jump Rope", "Water Bottle", "Day Pack", "Headlamp"], prices: 8...150,
      returnPercent: 7),
    Category(
      name: "candles", nouns: ["Pillar Candle", "Tea Lights", "Lantern", "Incense", "Wax Melt"], prices: 3...50,
      returnPercent: 2, isGift: true),
  ]

  private static let brands = [
    "Alder", "Birch", "Cedar", "Fennel", "Hazel", "Juniper", "Linden", "Maple", "Rowan", "Sorrel",
  ]
  private static let adjectives = [
    "Amber", "Blue", "Classic", "Daily", "Fine", "Green", "Highland", "Light", "Morning", "Quiet", "Red", "Rustic",
    "Simple", "Small", "Winter",
  ]

  let items: [Item]

  init(_ random: inout SplitMix64) {
    var items: [Item] = []
    for (category, description) in Self.categories.enumerated() {
      for number in 0..<Self.itemsPerCategory {
        let noun = description.nouns[number % description.nouns.count]
        let adjective = Self.adjectives[(number / description.nouns.count + category) % Self.adjectives.count]
        let span = description.prices.upperBound - description.prices.lowerBound
        // Cheap items are more frequent: the product of two numbers leans to the low end.
        let price = description.prices.lowerBound + span * random.below(101) * random.within(20...100) / 10_000
        items.append(
          Item(
            id: "P" + Self.padded(category * Self.itemsPerCategory + number + 1, 4), title: "\(adjective) \(noun)",
            category: category, brand: random.pick(Self.brands), price: price * 100 + random.pick([0, 49, 90, 99])))
      }
    }
    self.items = items
  }

  /// The item that most buyers of `item` want soon after, or `nil`.
  func partner(of item: Int) -> Int? {
    item % Self.itemsPerCategory % Self.pairedEvery == 0 ? item + 1 : nil
  }

  static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
