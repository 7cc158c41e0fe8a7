/// What is written about the items: texts, categories and prices, collected term by term.
///
/// Each item's terms are the words of its texts, one term for each (field, value) such as category = "shoes", and one
/// for the band of each of its numbers.
package struct ItemDocuments {
  package let itemCount: Int
  private var codes: [String: UInt32] = [:]
  private var names: [String] = []
  /// (item, term) pairs in order of arrival; a term that stands twice counts twice.
  private var pairs: [(item: UInt32, term: UInt32)] = []
  private var numbers: [(field: String, item: UInt32, value: Double)] = []

  package init(itemCount: Int) { self.itemCount = itemCount }

  /// Adds the words of `text`: runs of letters and digits in lower case.
  package mutating func add(text: String, to item: UInt32) {
    for word in text.lowercased().split(whereSeparator: { !($0.isLetter || $0.isNumber) }) {
      add(term: String(word), to: item)
    }
  }

  /// Adds a property whose values are names and not texts: `category`, `brand`.
  package mutating func add(field: String, value: String, to item: UInt32) {
    add(term: "\(field)=\(value)", to: item)
  }

  /// Adds a number, which becomes one of a few bands of equally many items: a price.
  package mutating func add(field: String, number: Double, to item: UInt32) {
    precondition(item < itemCount, "item code beyond the catalogue")
    if number.isFinite { numbers.append((field, item, number)) }
  }

  private mutating func add(term: String, to item: UInt32) {
    precondition(item < itemCount, "item code beyond the catalogue")
    if let code = codes[term] {
      pairs.append((item, code))
    } else {
      let code = UInt32(names.count)
      codes[term] = code
      names.append(term)
      pairs.append((item, code))
    }
  }

  /// Items by terms with the number of times each term stands, after numbers became bands.
  consuming func termCounts(bands: Int) -> (counts: SparseMatrix, terms: [String]) {
    addBands(bands)
    pairs.sort { ($0.item, $0.term) < ($1.item, $1.term) }
    var starts = [Int](repeating: 0, count: itemCount + 1)
    var columns: [UInt32] = []
    var values: [Float] = []
    var previous: (item: UInt32, term: UInt32)?
    for pair in pairs {
      if let previous, previous == pair {
        values[values.count - 1] += 1
      } else {
        columns.append(pair.term)
        values.append(1)
        starts[Int(pair.item) + 1] += 1
      }
      previous = pair
    }
    for item in 0..<itemCount { starts[item + 1] += starts[item] }
    return (SparseMatrix(columnCount: names.count, starts: starts, columns: columns, values: values), names)
  }

  /// Equal numbers get the same band: 1 + floor(bands (midrank - 1/2) / n).
  private mutating func addBands(_ bands: Int) {
    let byField = Dictionary(grouping: numbers, by: \.field).sorted { $0.key < $1.key }
    for (field, entries) in byField {
      let sorted = entries.sorted { ($0.value, $0.item) < ($1.value, $1.item) }
      var first = 0
      while first < sorted.count {
        var end = first
        while end < sorted.count && sorted[end].value == sorted[first].value { end += 1 }
        let midrank = Double(first + end + 1) / 2
        let band = 1 + Int(Double(bands) * (midrank - 0.5) / Double(sorted.count))
        for entry in sorted[first..<end] { add(term: "\(field)#\(band)", to: entry.item) }
        first = end
      }
    }
  }
}
