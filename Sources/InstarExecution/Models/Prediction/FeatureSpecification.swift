import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// What the features of a model are made of: fixed when it is trained, and kept with it.
struct FeatureSpecification: Sendable, Hashable {
  /// A kind of event, or a value of a property.
  struct Code: Sendable, Hashable {
    var code: UInt32
    var name: String
  }

  /// A property of events with its most frequent values.
  struct Category: Sendable, Hashable {
    var property: UInt16
    var name: String
    var values: [Code]
  }

  /// Values of a text property of users, each a condition of its own.
  struct UserCategory: Sendable, Hashable {
    var property: UInt16
    var values: [String]
  }

  /// What only the data tell: which kinds and values are frequent, and whether a year has passed.
  struct Choice: Sendable, Hashable {
    var kinds: [Code] = []
    var categories: [Category] = []
    var userCategories: [UserCategory] = []
    /// Whether the time of the year is known: the anchors span most of one.
    var hasSeason = false
  }

  /// Numbers or conditions of users: properties with dates, and what the model's definition names.
  private(set) var expressions: [NamedExpression] = []
  let choice: Choice
  /// Whether events name items.
  let hasItems: Bool

  static let seasonNames = ["season_sin", "season_cos"]

  /// The features of `model`: rhythm of its events and dated properties of users by default. A property without dates
  /// may have been written after the anchor, so it enters only where the statement vouches for it.
  init(_ model: PredictionModel, schema: Schema, choice: Choice = Choice()) {
    self.choice = choice
    hasItems = schema.eventColumns.contains(.item)
    var taken = Set(namesOfEvents)
    func add(_ feature: NamedExpression) {
      // A name that another feature has is told apart by a number.
      var (name, number) = (feature.name, 2)
      while !taken.insert(name).inserted {
        name = "\(feature.name) \(number)"
        number += 1
      }
      expressions.append(NamedExpression(name, feature.expression))
    }
    for property in Self.properties(of: model, schema) where property.type.isNumber || property.type == .boolean {
      let value = Expression(.userProperty(property.id, at: .statement), type: property.type, level: .user)
      add(NamedExpression(property.name, value))
    }
    for category in choice.userCategories {
      let property = schema.properties[Int(category.property)]
      let value = Expression(.userProperty(property.id, at: .statement), type: .text, level: .user)
      for text in category.values {
        let literal = Expression(.literal(.text(text)), type: .text, level: .constant)
        let node = Expression.Node.binary(.equal, value, literal)
        add(NamedExpression("\(property.name) = \(text)", Expression(node, type: .boolean, level: .user)))
      }
    }
    for feature in model.options.features { add(feature) }
  }

  /// Properties of users that may be features.
  static func properties(of model: PredictionModel, _ schema: Schema) -> [PropertyInfo] {
    schema.properties(of: .user).filter { $0.isDated || model.options.timeless.contains($0.id) }
  }

  // MARK: - Names and places

  var kindsStart: Int { RhythmFeatures.names.count }
  var categoriesStart: Int { kindsStart + choice.kinds.count * SlotFeatures.numbersPerType }
  var itemsPlace: Int {
    categoriesStart + choice.categories.reduce(0) { $0 + $1.values.count } * SlotFeatures.numbersPerValue
  }
  var seasonStart: Int { itemsPlace + (hasItems ? 1 : 0) }
  var lifetimeStart: Int { seasonStart + (choice.hasSeason ? Self.seasonNames.count : 0) }
  var expressionsStart: Int { lifetimeStart + RhythmFeatures.lifetimeNames.count }

  private var namesOfEvents: [String] {
    var names = RhythmFeatures.names
    for kind in choice.kinds {
      names += SlotFeatures.windows.map { "\(kind.name)_\($0)" } + ["\(kind.name)_recency"]
    }
    for category in choice.categories {
      for value in category.values {
        names += ["last \(category.name) = \(value.name)", "share of \(category.name) = \(value.name)"]
      }
    }
    if hasItems { names.append("distinct_items") }
    if choice.hasSeason { names += Self.seasonNames }
    return names + RhythmFeatures.lifetimeNames
  }

  /// The names of the features, in the order of a row.
  var names: [String] { namesOfEvents + expressions.map(\.name) }
}

// MARK: - Bytes

extension FeatureSpecification {
  func write(to writer: inout ByteWriter) {
    func write(_ codes: [Code], _ writer: inout ByteWriter) {
      writer.integer(UInt32(codes.count))
      for code in codes {
        writer.integer(code.code)
        writer.text(code.name)
      }
    }
    write(choice.kinds, &writer)
    writer.integer(UInt32(choice.categories.count))
    for category in choice.categories {
      writer.integer(category.property)
      writer.text(category.name)
      write(category.values, &writer)
    }
    writer.integer(UInt32(choice.userCategories.count))
    for category in choice.userCategories {
      writer.integer(category.property)
      writer.integer(UInt32(category.values.count))
      for value in category.values { writer.text(value) }
    }
    writer.integer(UInt8(choice.hasSeason ? 1 : 0))
    writer.integer(UInt32(names.count))
    for name in names { writer.text(name) }
  }

  /// - Returns: `nil` where the bytes are damaged, or the store no longer has what the model reads.
  init?(_ reader: inout ByteReader, _ model: PredictionModel, _ schema: Schema) {
    var choice = Choice()
    choice.kinds = Self.codes(&reader)
    for _ in 0..<Self.count(&reader) {
      let (property, name) = (reader.integer(UInt16.self), reader.text())
      choice.categories.append(Category(property: property, name: name, values: Self.codes(&reader)))
    }
    for _ in 0..<Self.count(&reader) {
      let property = reader.integer(UInt16.self)
      var values: [String] = []
      for _ in 0..<Self.count(&reader) { values.append(reader.text()) }
      choice.userCategories.append(UserCategory(property: property, values: values))
    }
    choice.hasSeason = reader.integer(UInt8.self) == 1
    var names: [String] = []
    for _ in 0..<Self.count(&reader) { names.append(reader.text()) }
    let properties = choice.categories.map(\.property) + choice.userCategories.map(\.property)
    guard !reader.isDamaged, properties.allSatisfy({ Int($0) < schema.properties.count }) else { return nil }
    self.init(model, schema: schema, choice: choice)
    // A property that came later is no feature of this model.
    let known = Set(names)
    expressions.removeAll { !known.contains($0.name) }
    guard self.names == names else { return nil }
  }

  /// A number of things that follow, 0 where the bytes are damaged.
  private static func count(_ reader: inout ByteReader) -> Int {
    let count = Int(reader.integer(UInt32.self))
    return reader.isDamaged || count > 1 << 20 ? 0 : count
  }

  private static func codes(_ reader: inout ByteReader) -> [Code] {
    var codes: [Code] = []
    for _ in 0..<count(&reader) {
      let code = reader.integer(UInt32.self)
      codes.append(Code(code: code, name: reader.text()))
    }
    return codes
  }
}
