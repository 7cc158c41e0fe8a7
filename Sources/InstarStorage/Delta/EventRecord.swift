package import InstarColumns

/// One event as an application tells it.
package struct EventRecord: Sendable {
  package var user: String
  package var type: String
  /// Milliseconds since 1970-01-01T00:00Z.
  package var time: Int64
  package var item: String?
  package var order: String?
  package var amount: Double?
  package var quantity: Double?
  /// Further properties by name; a new name becomes a property of events with the type of its first value.
  package var properties: [String: Value]

  package init(
    user: String, type: String, time: Int64, item: String? = nil, order: String? = nil, amount: Double? = nil,
    quantity: Double? = nil, properties: [String: Value] = [:]
  ) {
    self.user = user
    self.type = type
    self.time = time
    self.item = item
    self.order = order
    self.amount = amount
    self.quantity = quantity
    self.properties = properties
  }
}

/// The events of one commit, or a part of at most 4,096, as one value of `delta`.
///
/// ```
/// 0          8       12         16
/// +----------+-------+----------+------------------------------------------------------------+
/// | checksum | count | reserved | rows: user u32, type u32, time i64, flags u8, then by flag |
/// +----------+-------+----------+ item u32, order u32, amount f64, quantity f64; property     |
///                               | count u16, for each: number u16, value u64                   |
///                               +------------------------------------------------------------+
/// ```
/// Flags: 1 item, 2 order, 4 amount, 8 quantity. Text is a code, a real its bit pattern.
struct DeltaRecord {
  static let rowsPerRecord = 4096
  enum Offset {
    static let checksum = 0
    static let count = 8
    static let rows = 16
  }
  enum Flag {
    static let item: UInt8 = 1
    static let order: UInt8 = 2
    static let amount: UInt8 = 4
    static let quantity: UInt8 = 8
  }

  private var rows = ByteWriter()
  private(set) var count = 0

  mutating func add(_ row: DeltaRow) {
    rows.integer(row.user)
    rows.integer(row.type)
    rows.integer(row.time)
    var flags: UInt8 = 0
    if row.item != nil { flags |= Flag.item }
    if row.order != nil { flags |= Flag.order }
    if row.amount != nil { flags |= Flag.amount }
    if row.quantity != nil { flags |= Flag.quantity }
    rows.integer(flags)
    if let item = row.item { rows.integer(item) }
    if let order = row.order { rows.integer(order) }
    if let amount = row.amount { rows.real(amount) }
    if let quantity = row.quantity { rows.real(quantity) }
    rows.integer(UInt16(row.properties.count))
    for (id, bits) in row.properties {
      rows.integer(id)
      rows.integer(bits)
    }
    count += 1
  }

  var bytes: [UInt8] {
    var body = ByteWriter()
    body.integer(UInt32(count))
    body.integer(UInt32(0))
    body.bytes(rows.bytes)
    let checked = body.bytes
    var whole = ByteWriter()
    whole.integer(unsafe checked.withUnsafeBytes { unsafe TextHash.hash($0) })
    return whole.bytes + checked
  }

  /// The rows of a stored record, or `nil` when it is damaged.
  static func rows(_ stored: RawSpan) -> [DeltaRow]? {
    guard stored.byteCount >= Offset.rows else { return nil }
    let checked = stored.extracting(Offset.count..<stored.byteCount)
    guard TextHash.hash(checked) == stored.littleEndian(at: Offset.checksum) else { return nil }
    let count = Int(stored.littleEndian(at: Offset.count, as: UInt32.self))
    var reader = ByteReader(stored.extracting(Offset.rows..<stored.byteCount))
    var rows: [DeltaRow] = []
    while rows.count < count, !reader.isDamaged {
      var row = DeltaRow(user: reader.integer(), type: reader.integer(), time: reader.integer())
      let flags = reader.integer(UInt8.self)
      if flags & Flag.item != 0 { row.item = reader.integer() }
      if flags & Flag.order != 0 { row.order = reader.integer() }
      if flags & Flag.amount != 0 { row.amount = reader.real() }
      if flags & Flag.quantity != 0 { row.quantity = reader.real() }
      let properties = reader.integer(UInt16.self)
      for _ in 0..<properties where !reader.isDamaged { row.properties.append((reader.integer(), reader.integer())) }
      rows.append(row)
    }
    return reader.isDamaged || !reader.isAtEnd ? nil : rows
  }
}

/// An event with codes in place of texts.
struct DeltaRow {
  var user: UInt32
  var type: UInt32
  var time: Int64
  var item: UInt32?
  var order: UInt32?
  var amount: Double?
  var quantity: Double?
  /// Number of the property, and its value as 64 bits.
  var properties: [(UInt16, Int64)] = []

  /// The order of a scan: by user, then time.
  func isBefore(_ other: DeltaRow) -> Bool { user != other.user ? user < other.user : time < other.time }
}
