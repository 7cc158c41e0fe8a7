import InstarStorage

/// What statements WITH epsilon have spent of the budget of the store.
///
/// ```
/// 0       4
/// +-------+--------------------------------------------------------------+
/// | count | each: question 32 bytes, epsilon in millionths i64, time i64 .. |
/// +-------+--------------------------------------------------------------+
/// ```
/// A question on data that have not changed has the answer that it had, so it is paid once.
enum PrivacyLedger {
  private static let object = "privacy ledger"
  /// What the store gives away of any user in all, while no setting says otherwise.
  static let defaultBudget = 10
  static let setting = "privacy_budget"

  private struct Entry {
    var question: [UInt8]
    var epsilon: Int64
    var time: Int64
  }

  /// Millionths.
  static func budget(_ schema: Schema) -> Int {
    (schema.settings[setting].flatMap { Int($0) } ?? defaultBudget) * 1_000_000
  }

  /// What has been spent, in millionths, and whether this question is among it.
  static func spent(on question: [UInt8], in snapshot: borrowing Snapshot) throws -> (total: Int, isPaid: Bool) {
    let entries = decode(try snapshot.object(.other, object) ?? [])
    return (entries.reduce(0) { $0 + Int($1.epsilon) }, entries.contains { $0.question == question })
  }

  /// Spends `epsilon` millionths on a question, in the transaction without which its answer is not told.
  ///
  /// - Throws: ``ExecutionError`` E0135 when the budget does not have them any more.
  static func spend(_ epsilon: Int, on question: [UInt8], at time: Int64, in transaction: borrowing WriteTransaction)
    throws
  {
    var entries = decode(try transaction.object(.other, object) ?? [])
    guard !entries.contains(where: { $0.question == question }) else { return }
    let (total, budget) = (entries.reduce(0) { $0 + Int($1.epsilon) }, budget(try transaction.schema))
    guard total + epsilon <= budget else {
      throw ExecutionError(
        "E0135",
        "the privacy budget has \(text(max(0, budget - total))) left of \(text(budget)), and this takes \(text(epsilon))",
        help: "ask with a smaller epsilon, or repeat a question of before: its answer is known and costs nothing")
    }
    entries.append(Entry(question: question, epsilon: Int64(epsilon), time: time))
    try transaction.putObject(.other, object, encode(entries))
    try transaction.appendAudit("spent epsilon \(text(epsilon)) of the privacy budget", at: time)
  }

  static func text(_ millionths: Int) -> String { "\(Double(millionths) / 1e6)" }

  private static func encode(_ entries: [Entry]) -> [UInt8] {
    var writer = ByteWriter()
    writer.integer(UInt32(entries.count))
    for entry in entries {
      writer.bytes(entry.question)
      writer.integer(entry.epsilon)
      writer.integer(entry.time)
    }
    return writer.bytes
  }

  private static func decode(_ bytes: [UInt8]) -> [Entry] {
    var reader = ByteReader(bytes.span.bytes)
    let count = reader.integer(UInt32.self)
    var entries: [Entry] = []
    for _ in 0..<count where !reader.isDamaged {
      entries.append(Entry(question: reader.bytes(32), epsilon: reader.integer(), time: reader.integer()))
    }
    return entries
  }
}
