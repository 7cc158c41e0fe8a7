/// Verifies what the catalog keeps: texts and their hashes, property pages, objects, recent events, the audit.
///
/// Blocks are verified by their own check.
struct CatalogCheck {
  /// A sentence for each thing that is wrong.
  private(set) var findings: [String] = []
  private(set) var valuesChecked = 0

  mutating func run(_ snapshot: borrowing Snapshot) throws(StorageError) {
    try checkTexts(snapshot.transaction)
    try checkPages(.user, snapshot.transaction)
    try checkPages(.item, snapshot.transaction)
    try checkRecentEvents(snapshot)
    try checkObjects(snapshot)
    do throws(StorageError) {
      _ = try snapshot.audit()
    } catch {
      findings.append(error.message)
    }
  }

  /// Every page is intact, and every text that was not erased is found by its hash under its own code.
  private mutating func checkTexts(_ transaction: borrowing ReadTransaction) throws(StorageError) {
    let hashKey = try StoreFormat.read(transaction).hashKey
    var textCount = 0
    var cursor = try transaction.cursor(.termtext)
    var found = try cursor.first()
    while found {
      let dictionary = cursor.key.bigEndian(at: 0, as: UInt16.self)
      let first = cursor.key.bigEndian(at: 2, as: UInt32.self) * UInt32(TermPage.textsPerPage)
      valuesChecked += 1
      guard let page = TermPage(cursor.value) else {
        findings.append("texts \(first) and following of dictionary \(dictionary) are damaged")
        found = try cursor.next()
        continue
      }
      for (index, text) in page.texts.enumerated() where text.first != ErasedText.mark {
        textCount += 1
        let code = try transaction.get(TermTable.key(Array(text), dictionary, hashKey), in: .term)
        if code?.byteCount != 4 || code?.littleEndian(at: 0) != first + UInt32(index) {
          findings.append("text \(first + UInt32(index)) of dictionary \(dictionary) is not found by its hash")
        }
      }
      found = try cursor.next()
    }
    let entryCount = try transaction.entryCount(.term)
    if findings.isEmpty, entryCount != textCount {
      findings.append("the dictionaries hold \(textCount) texts and \(entryCount) hashes")
    }
  }

  private mutating func checkPages(_ database: NamedDatabase, _ transaction: borrowing ReadTransaction)
    throws(StorageError)
  {
    var cursor = try transaction.cursor(database)
    var found = try cursor.first()
    while found {
      valuesChecked += 1
      if PropertyPage(cursor.value) == nil {
        let property = cursor.key.bigEndian(at: 0, as: UInt16.self)
        findings.append("a page of property \(property) of \(database)s is damaged")
      }
      found = try cursor.next()
    }
  }

  private mutating func checkRecentEvents(_ snapshot: borrowing Snapshot) throws(StorageError) {
    var cursor = try snapshot.transaction.cursor(.delta)
    var found = try cursor.first()
    while found {
      valuesChecked += 1
      let sequence = cursor.key.bigEndian(at: 0, as: UInt64.self)
      if let rows = DeltaRecord.rows(cursor.value) {
        if sequence + UInt64(rows.count) > snapshot.schema.commit.nextSequence {
          findings.append("recent events from \(sequence) on have numbers that were not given out")
        }
      } else {
        findings.append("recent events from \(sequence) on are damaged")
      }
      found = try cursor.next()
    }
  }

  private mutating func checkObjects(_ snapshot: borrowing Snapshot) throws(StorageError) {
    for object in try snapshot.objects() {
      valuesChecked += 1
      var isSound = false
      do throws(StorageError) {
        isSound = try snapshot.object(object.kind, object.name, version: object.version) != nil
      } catch {}
      if !isSound { findings.append("\(object.kind) '\(object.name)' version \(object.version) is damaged") }
    }
  }
}

extension Snapshot {
  /// Verifies texts, properties, objects, recent events and the audit; returns a sentence for each finding.
  ///
  /// - Complexity: O(bytes of the catalog); a hash and a look-up for each text.
  package borrowing func checkCatalog() throws(StorageError) -> [String] {
    var check = CatalogCheck()
    try check.run(self)
    return check.findings
  }
}
