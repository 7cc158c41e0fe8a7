internal import InstarColumns
internal import Synchronization

/// Finds which texts are still in use, so that those which only erased users had can go.
///
/// Runs inside the transaction that erases: a text that nobody has now cannot get a user before it is gone.
struct TextReferences {
  /// The texts that may be unused; those that are used are taken out.
  private(set) var unused: Set<TextCode>

  init(_ candidates: Set<TextCode>) { unused = candidates }

  /// - Precondition: there are no recent events; a run holds them.
  /// - Complexity: O(events) for the text columns that have candidates, O(users) for their properties.
  mutating func find(_ transaction: borrowing WriteTransaction) throws {
    guard !unused.isEmpty else { return }
    try findInEvents(transaction)
    let schema = try transaction.schema
    for property in schema.properties where property.type == .text && property.owner != .event {
      guard unused.contains(where: { $0.dictionary == property.dictionary }) else { continue }
      try findInPages(property, transaction)
      try findInHistory(property, transaction)
    }
    try findItems(schema, transaction)
  }

  private mutating func findInEvents(_ transaction: borrowing WriteTransaction) throws {
    let wanted = Set(unused.map(\.dictionary))
    let all = try transaction.schema.runColumns
    let places = all.numbers.indices.filter { place in
      all.types[place] == .text && wanted.contains(DictionaryID.of(EventColumn(number: all.numbers[place])))
    }
    let columns = RunColumns(numbers: places.map { all.numbers[$0] }, types: places.map { _ in .text })
    let dictionaries = columns.numbers.map { DictionaryID.of(EventColumn(number: $0)) }
    let marks = try ([DictionaryID.eventType] + dictionaries).map { dictionary in
      var marks = [Bool](repeating: false, count: try transaction.termCount(dictionary))
      for text in unused where text.dictionary == dictionary { marks[Int(text.code)] = true }
      return marks
    }
    let request = ScanRequest(columns: columns.numbers.map(EventColumn.init(number:)))
    var statistics = ScanStatistics()
    let parts = try EventScan.run(
      try transaction.wholeSource(columns), request, statistics: &statistics, makeState: { _ in Set<TextCode>() },
      body: { found, batch in
        Self.collect(batch.types, [], DictionaryID.eventType, marks[0], &found)
        for (place, dictionary) in dictionaries.enumerated() {
          Self.collect(
            batch.columns[place].codes, batch.columns[place].present, dictionary, marks[place + 1], &found)
        }
      })
    for part in parts { unused.subtract(part) }
  }

  private static func collect(
    _ codes: [UInt32], _ present: [UInt8], _ dictionary: UInt16, _ marks: [Bool], _ found: inout Set<TextCode>
  ) {
    var row = 0
    while row < codes.count {
      let code = Int(codes[row])
      if code < marks.count, marks[code], present.isEmpty || present[row] != 0 {
        found.insert(TextCode(dictionary: dictionary, code: codes[row]))
      }
      row += 1
    }
  }

  private mutating func findInPages(_ property: PropertyInfo, _ transaction: borrowing WriteTransaction)
    throws(StorageError)
  {
    guard let database = property.owner.database else { return }
    let prefix = Key().appending(property.id)
    var cursor = try transaction.cursor(database)
    var found = try cursor.seek(prefix)
    while found, cursor.hasPrefix(prefix) {
      if let page = PropertyPage(cursor.value) {
        for row in page.values.indices where page.present[row] != 0 { keep(page.values[row], property) }
      }
      found = try cursor.next()
    }
  }

  private mutating func findInHistory(_ property: PropertyInfo, _ transaction: borrowing WriteTransaction)
    throws(StorageError)
  {
    let prefix = Key().appending(property.id)
    var cursor = try transaction.cursor(.history)
    var found = try cursor.seek(prefix)
    while found, cursor.hasPrefix(prefix) {
      for layer in DatedValue(cursor.value).layers { if let bits = layer.bits { keep(bits, property) } }
      found = try cursor.next()
    }
  }

  private mutating func keep(_ value: Int64, _ property: PropertyInfo) {
    unused.remove(TextCode(dictionary: property.dictionary, code: UInt32(truncatingIfNeeded: value)))
  }

  /// An item that has a property belongs to the catalogue of the shop, whoever bought it.
  private mutating func findItems(_ schema: Schema, _ transaction: borrowing WriteTransaction) throws(StorageError) {
    for property in schema.properties(of: .item) {
      let prefix = Key().appending(property.id)
      var cursor = try transaction.cursor(.item)
      var found = try cursor.seek(prefix)
      while found, cursor.hasPrefix(prefix) {
        let first = cursor.key.bigEndian(at: 2, as: UInt32.self) * UInt32(PropertyPage.rowsPerPage)
        if let page = PropertyPage(cursor.value) {
          for row in page.present.indices where page.present[row] != 0 {
            unused.remove(TextCode(dictionary: DictionaryID.item, code: first + UInt32(row)))
          }
        }
        found = try cursor.next()
      }
    }
  }
}

extension WriteTransaction {
  /// Removes texts from their dictionaries; their codes stay taken.
  ///
  /// - Complexity: O(texts + 1,024 for each page of a dictionary that holds one).
  borrowing func eraseTexts(_ codes: some Sequence<TextCode>) throws(StorageError) {
    try flushTerms()
    let hashKey = try changes.format(self).hashKey
    let sorted = codes.sorted()
    var place = 0
    while place < sorted.count {
      let (dictionary, number) = (sorted[place].dictionary, Int(sorted[place].code) / TermPage.textsPerPage)
      var texts = try TermTable.page(number, dictionary, self).texts
      while place < sorted.count, sorted[place].dictionary == dictionary,
        Int(sorted[place].code) / TermPage.textsPerPage == number
      {
        let index = Int(sorted[place].code) % TermPage.textsPerPage
        if texts[index].first != ErasedText.mark {
          try delete(TermTable.key(Array(texts[index]), dictionary, hashKey), in: .term)
          texts[index] = ErasedText.bytes(sorted[place].code)[...]
        }
        place += 1
      }
      try put(TermTable.pageKey(number, dictionary), TermPage.encode(texts), in: .termtext)
      changes.knownTerms[dictionary] = nil
    }
    guard !sorted.isEmpty else { return }
    let types = sorted.filter { $0.dictionary == DictionaryID.eventType }.map { Int($0.code) }
    if !types.isEmpty {
      try changes.update(.eventTypes, self) { schema in
        for code in types where code < schema.eventTypes.count {
          schema.eventTypes[code] = schema.eventTypes[code].renamed("\(ErasedText.shown) \(code)")
        }
      }
    }
    noteData(Array("erase".utf8))
    try changes.update(.totals, self) { $0.commit.erasures += 1 }
  }
}

extension EventTypeInfo {
  fileprivate func renamed(_ name: String) -> EventTypeInfo {
    EventTypeInfo(code: code, name: name, count: count, first: first, last: last)
  }
}
