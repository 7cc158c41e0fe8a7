import InstarColumns
import InstarPlan
import InstarStorage
import Synchronization

/// FORGET USER and FORGET SEGMENT: hides users at once and takes out what the store says of them.
struct ForgetStatement {
  let runner: StatementRunner

  func run(users names: [String]) throws -> ResultTable {
    // A name that nobody has is an error before anyone is forgotten.
    let users = try runner.engine.store.read { snapshot in try names.map { try Users.code(of: $0, in: snapshot) } }
    return try forget(users)
  }

  func run(members plan: LogicalPlan) throws -> ResultTable {
    let (outcome, _) = try runner.outcome(of: plan)
    return try forget(outcome.table.users ?? [])
  }

  /// Whom a statement forgets: the persons with all their identities.
  private struct Forgotten: Sendable {
    var persons: Int
    var users: [UInt32]
    var names: Set<String>
  }

  private func forget(_ users: [UInt32]) throws -> ResultTable {
    let store = runner.engine.store
    let forgotten = try store.read { snapshot in
      let identity = try snapshot.identity()
      let all = Set(users.flatMap(identity.identities(of:))).sorted()
      let dictionary = try snapshot.dictionary(DictionaryID.user)
      return Forgotten(
        persons: Set(users.map(identity.root(of:))).count, users: all, names: Set(all.map(dictionary.text)))
    }
    let cleaned = Mutex(Cleaned())
    let removed = Mutex(Cleaned())
    let report = try store.eraseUsers(forgotten.users, at: runner.engine.options.now()) { transaction in
      let done = try Self.clean(forgotten, transaction)
      cleaned.withLock { $0 = done }
    } removing: { transaction, texts in
      let done = try Self.remove(texts, transaction)
      removed.withLock { $0 = done }
    }
    let (done, values) = (cleaned.withLock { $0 }, removed.withLock { $0 })
    let named = try store.read { try Self.definitions(naming: forgotten.names, in: $0) }
    let people = forgotten.persons == 1 ? "1 user" : "\(forgotten.persons) users"
    return runner.message("forgot \(people)", notes: notes(forgotten, report, done, values, named))
  }

  // MARK: - Lists, tables and models

  /// What named the users, or a value that only they had, beside the log.
  private struct Cleaned: Sendable {
    var lists: [String] = []
    var campaigns: [String] = []
    var tables: [String] = []
    var models: [String] = []
  }

  /// Takes the users out of frozen lists and stored tables, and models that were kept without a name out of the store.
  private static func clean(_ forgotten: Forgotten, _ transaction: borrowing WriteTransaction) throws -> Cleaned {
    var cleaned = Cleaned()
    let users = Set(forgotten.users)
    for info in try transaction.objects(.snapshot) {
      guard let bytes = try transaction.object(.snapshot, info.name),
        let rest = StoredSnapshots.without(users, bytes)
      else { continue }
      try transaction.putObject(.snapshot, info.name, rest)
      cleaned.lists.append(info.name)
    }
    cleaned.campaigns = try transaction.removeExposures(of: users)
    try StoredModels.dropKept(in: transaction)
    for name in Set(try transaction.objects(.other).map(\.name)).sorted() {
      if let table = StoredTables.name(ofObject: name), let bytes = try transaction.object(.other, name),
        let rest = StoredTables.without(forgotten.names, bytes)
      {
        try transaction.putObject(.other, name, rest)
        cleaned.tables.append(table)
      }
    }
    return cleaned
  }

  /// Takes versions of models that hold a text which only the users had out of the store, and names the tables that hold
  /// one: they may be no sum of the log, so their rows are for their author to judge.
  private static func remove(_ texts: Set<String>, _ transaction: borrowing WriteTransaction) throws -> Cleaned {
    var cleaned = Cleaned()
    for name in Set(try transaction.objects(.other).map(\.name)).sorted() {
      if let table = StoredTables.name(ofObject: name), let bytes = try transaction.object(.other, name),
        StoredTables.without(texts, bytes) != nil
      {
        cleaned.tables.append(table)
      }
    }
    cleaned.models = try ModelVersions.drop(naming: texts, in: transaction)
    return cleaned
  }

  /// Definitions whose own words name one of the users: only their author can say what they should mean without him.
  private static func definitions(naming names: Set<String>, in snapshot: borrowing Snapshot) throws -> [String] {
    let quoted = names.map { "'\($0)'" }
    return try StoredDefinitions.all(in: snapshot).filter { entry in
      quoted.contains { entry.statement.contains($0) }
    }.map(\.name)
  }

  // MARK: - Report

  private func notes(
    _ forgotten: Forgotten, _ report: ErasureReport, _ cleaned: Cleaned, _ values: Cleaned, _ named: [String]
  ) -> [String] {
    var notes = ["\(report.events) events removed", "\(report.texts) texts removed that nobody else has"]
    if forgotten.users.count > forgotten.persons {
      notes.append("\(forgotten.users.count) identities, because linked ones are the same person")
    }
    if !cleaned.lists.isEmpty { notes.append("taken out of the lists \(cleaned.lists.joined(separator: ", "))") }
    if !cleaned.campaigns.isEmpty {
      notes.append("taken out of the campaigns \(cleaned.campaigns.joined(separator: ", "))")
    }
    if !cleaned.tables.isEmpty {
      notes.append(
        "rows that name them taken out of the tables \(cleaned.tables.joined(separator: ", ")); "
          + "sums in them may still count them, so save them again")
    }
    if !values.tables.isEmpty {
      notes.append(
        "the tables \(values.tables.joined(separator: ", ")) hold a value that nobody else has: save them again")
    }
    if !values.models.isEmpty {
      notes.append("removed \(values.models.joined(separator: ", ")), which knew a value that nobody else has")
    }
    notes.append("models are fitted anew at their next use; versions trained before are stale")
    let scrub = report.scrub
    notes.append(
      scrub.isPunched
        ? "freed pages of the file were given back to the file system"
        : "this file system cannot punch holes: freed pages were overwritten with zeros and keep their space")
    if scrub.pagesInUse > 0 {
      notes.append(
        "\(scrub.pagesInUse) pages are still seen by a reader of an older commit; compact, or the next FORGET, wipes them"
      )
    }
    if !named.isEmpty {
      notes.append("the definitions \(named.joined(separator: ", ")) name them in their own words: define them anew")
    }
    return notes
  }
}
