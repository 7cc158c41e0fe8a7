package import InstarColumns

/// What an import brings, besides user, time and event type.
package struct LoadPlan: Sendable {
  /// A column of events, by its role or its name.
  package enum Column: Sendable, Hashable {
    case item, order, amount, quantity
    /// A property of events, defined by the import when the store does not know it.
    case property(String, ValueType)

    /// The canonical type of the column.
    package var type: ValueType {
      switch self {
      case .item, .order: .text
      case .amount, .quantity: .real
      case .property(_, let type): type
      }
    }
  }

  /// The columns that every chunk carries, in this order; no column twice.
  package var columns: [Column]
  package var duplicates: Duplicates
  /// Threads that sort and encode; the store does not depend on it.
  package var threads: Int
  /// The number that the rows keep of the import that brought them, so that it can be taken back; `nil` keeps none.
  package var importNumber: UInt32?

  /// What happens to rows that are there already.
  package enum Duplicates: Sendable {
    case keep
    /// A row that equals an earlier one of the same user in every column is left out.
    case skip
    /// A row whose value in column `columns[n]` equals that of an earlier row of the same user is left out; rows without
    /// a value are kept.
    case skipByID(column: Int)
  }

  package init(
    columns: [Column], duplicates: Duplicates = .keep, threads: Int = ScanRequest.processorCount,
    importNumber: UInt32? = nil
  ) {
    self.columns = columns
    self.duplicates = duplicates
    self.threads = threads
    self.importNumber = importNumber
  }
}

/// One chunk of parsed events, in order of arrival, on its way to the store.
///
/// Texts are codes of a builder that belongs to the chunk, so that parsers number texts side by side and the loader only
/// looks at the texts that are new to a chunk.
package struct LoadChunk: Sendable {
  package var users: LoadTexts
  /// Milliseconds since 1970.
  package var times: [Int64]
  package var types: LoadTexts
  /// As in the plan. A text column has its codes in `buffer.codes`.
  package var columns: [LoadColumn]

  package init(users: LoadTexts, times: [Int64], types: LoadTexts, columns: [LoadColumn] = []) {
    self.users = users
    self.times = times
    self.types = types
    self.columns = columns
  }
}

/// Texts of a chunk as codes of a builder.
package struct LoadTexts: Sendable {
  package var codes: [UInt32]
  package var dictionary: DictionaryBuilder

  package init(codes: [UInt32], dictionary: DictionaryBuilder) {
    self.codes = codes
    self.dictionary = dictionary
  }

  /// The same text in every row.
  package init(repeating text: String, count: Int) {
    dictionary = DictionaryBuilder()
    codes = Array(repeating: dictionary.code(of: text), count: count)
  }

  /// For tests and small loads.
  package init(_ texts: [String]) {
    dictionary = DictionaryBuilder()
    codes = []
    for text in texts { codes.append(dictionary.code(of: text)) }
  }
}

/// One further column of a chunk; `dictionary` belongs to text.
package struct LoadColumn: Sendable {
  package var buffer: EventColumnBuffer
  package var dictionary: DictionaryBuilder?

  package init(_ buffer: EventColumnBuffer, dictionary: DictionaryBuilder? = nil) {
    precondition((buffer.type == .text) == (dictionary != nil), "text, and only text, has a dictionary")
    self.buffer = buffer
    self.dictionary = dictionary
  }
}

/// What an import did.
package struct LoadReport: Sendable, Equatable {
  /// Events that are in the store now.
  package var rows = 0
  /// Events left out because they were there already.
  package var duplicates = 0
  /// Users with events in this import, and those of them that the store did not know.
  package var users = 0
  package var newUsers = 0
  /// First and last time; meaningless while `rows` is 0.
  package var firstTime = Int64.max
  package var lastTime = Int64.min

  package init() {}
}
