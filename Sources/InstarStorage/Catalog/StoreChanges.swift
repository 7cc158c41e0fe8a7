internal import InstarColumns

/// What a write transaction decides about the store as a whole; written with its last act.
///
/// Confined to the writer thread for the time of one transaction.
package final class StoreChanges {
  private var loaded: Schema?
  private var changedProperties = false
  private var changedEventTypes = false
  private var changedRoles = false
  private var changedSettings = false
  /// Set when events, properties or dictionaries changed: what the next digest covers.
  private var dataDigest: SHA256?
  private var format: StoreFormat?
  /// Codes that this transaction looked up or added, by dictionary.
  var knownTerms: [UInt16: [String: UInt32]] = [:]
  /// The number of texts of the dictionaries that this transaction looked at.
  var termCounts: [UInt16: Int] = [:]
  /// Last pages of dictionaries with the texts that this transaction added, by dictionary.
  var openPages: [UInt16: [ArraySlice<UInt8>]] = [:]
  /// Whether the transaction belongs to a store; a bare environment has no commit record to keep.
  var keepsCommitRecord = false

  init() {}

  func schema(_ transaction: borrowing WriteTransaction) throws(StorageError) -> Schema {
    if let loaded { return loaded }
    let schema = try Schema.read(transaction)
    loaded = schema
    return schema
  }

  func format(_ transaction: borrowing WriteTransaction) throws(StorageError) -> StoreFormat {
    if let format { return format }
    let read = try StoreFormat.read(transaction)
    format = read
    return read
  }

  /// Has ``format(_:)`` read anew what this transaction has changed.
  func forgetFormat() { format = nil }

  func hasOpenPage(_ dictionary: UInt16) -> Bool { openPages[dictionary] != nil }
  func open(_ page: [ArraySlice<UInt8>], _ dictionary: UInt16) { openPages[dictionary] = page }

  /// Adds a text to the open page of its dictionary; returns whether the page is full.
  func append(_ text: ArraySlice<UInt8>, code: Int, _ dictionary: UInt16) -> Bool {
    openPages[dictionary]!.append(text)
    termCounts[dictionary] = code + 1
    return openPages[dictionary]!.count == TermPage.textsPerPage
  }

  enum Part { case properties, eventTypes, roles, settings, totals }

  func update(_ part: Part, _ transaction: borrowing WriteTransaction, _ body: (inout Schema) -> Void)
    throws(StorageError)
  {
    var schema = try schema(transaction)
    body(&schema)
    loaded = schema
    switch part {
    case .properties: changedProperties = true
    case .eventTypes: changedEventTypes = true
    case .roles: changedRoles = true
    case .settings: changedSettings = true
    case .totals: break
    }
  }

  /// Adds bytes to what the digest of this commit covers.
  func digest(_ bytes: [UInt8]) {
    var hash = dataDigest ?? SHA256()
    hash.update(bytes)
    dataDigest = hash
  }

  /// Writes what was decided. Called once, when the transaction is about to commit.
  func apply(_ transaction: borrowing WriteTransaction) throws(StorageError) {
    guard keepsCommitRecord else { return }
    try transaction.flushTerms()
    var schema = try schema(transaction)
    schema.commit.number += 1
    schema.commit.userCount = try transaction.termCount(DictionaryID.user)
    schema.commit.itemCount = try transaction.termCount(DictionaryID.item)
    if let dataDigest {
      var chained = SHA256()
      chained.update(schema.commit.digest)
      chained.update(dataDigest.finish())
      schema.commit.digest = chained.finish()
      schema.commit.dataNumber += 1
    }
    try transaction.put(MetaKey.commit, schema.commit.bytes, in: .meta)
    if changedProperties { try transaction.put(MetaKey.properties, schema.propertyBytes, in: .meta) }
    if changedEventTypes { try transaction.put(MetaKey.eventTypes, schema.eventTypeBytes, in: .meta) }
    if changedRoles { try transaction.put(MetaKey.roles, Schema.bytes(of: schema.roles), in: .meta) }
    if changedSettings { try transaction.put(MetaKey.settings, Schema.bytes(of: schema.settings), in: .meta) }
  }
}
