internal import InstarColumns

extension WriteTransaction {
  /// Turns the log of single events into a run, younger than all others.
  package borrowing func sealRecentEvents() throws {
    let recent = try recentEvents()
    guard recent.rowCount > 0 else { return }
    let schema = try schema
    let columns = schema.runColumns
    let batch = EventBatch()
    batch.users = recent.users
    batch.starts = recent.starts
    batch.times = recent.times
    batch.types = recent.types
    batch.columns = zip(columns.numbers, columns.types).map { recent.column(EventColumn(number: $0), type: $1) }

    var record = RunRecord(id: try nextRun(), state: .visible)
    record.age = try nextAge()
    var totals = RunTotals()
    totals.add(batch)
    record.set(totals)
    var blocks = EncodedBlocks()
    var builder = RunBuilder(run: record.id, columns: columns, boundary: BlockLayout.usersPerChunk)
    builder.add(batch, to: &blocks)
    builder.finish(to: &blocks)
    try put(blocks, blocks.entries.indices)
    try put(record)
    try removeRecentEvents()
  }
}

extension Schema {
  /// The further columns that events of the store may have.
  var runColumns: RunColumns {
    let columns = eventColumns.union(marksImports ? [.importNumber] : []).sorted { $0.number < $1.number }
    return RunColumns(numbers: columns.map(\.number), types: columns.map { type(of: $0) })
  }
}

extension Store {
  /// Has a full log of single events turned into a run by the commit that filled it.
  func sealWhenFull() {
    appends.seal.withLock { seal in
      seal = { [weak self] transaction in
        try transaction.sealRecentEvents()
        self?.compactInBackground()
      }
    }
  }
}
