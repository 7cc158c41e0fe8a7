import Dispatch
import InstarColumns
import InstarPlan
import InstarStorage

/// EXPLAIN: the meaning of a statement in sentences, then the plan. EXPLAIN ANALYZE runs it and shows what it did.
struct Explanation {
  let runner: StatementRunner
  let catalog: StoreCatalog

  func table(_ plan: LogicalPlan, analyze: Bool, in snapshot: borrowing Snapshot) throws -> ResultTable {
    let improved = Optimizer.standard.optimize(plan)
    var rows = Meaning(catalog).sentences(plan).map { Row(part: "meaning", text: $0) }
    rows += try ScanNotes.lines(plan, in: snapshot).map { Row(part: "meaning", text: $0) }
    var receipt = Receipt()
    receipt.asOf = plan.moment
    receipt.defaults = plan.defaults
    if analyze {
      let begin = DispatchTime.now().uptimeNanoseconds
      let (outcome, log) = try runner.outcome(of: plan, in: snapshot)
      let total = Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e6
      rows += outcome.stages.reversed().flatMap { [row($0)] + columnRows($0) }
      rows.append(Row(part: "total", text: "", rows: outcome.table.rowCount, milliseconds: total))
      receipt.population = outcome.population
      receipt.models = log.lines
      receipt.notes = outcome.notes
    } else {
      rows += PlanText(catalog).lines(improved).map { Row(part: "plan", text: $0) }
      rows.append(Row(part: "plan", text: "over \(catalog.userCount) users, \(catalog.eventCount) events"))
    }
    return ResultTable(columns: columns(rows, analyze: analyze), receipt: receipt, shape: .message)
  }

  private struct Row {
    var part: String
    var text: String
    var rows: Int?
    var milliseconds: Double?
    var statistics: ScanStatistics?
    /// Of one column.
    var bytes: Int?
    var blocks: Int?
  }

  private func row(_ stage: StageReport) -> Row {
    Row(part: "ran", text: stage.name, rows: stage.rows, milliseconds: stage.milliseconds, statistics: stage.statistics)
  }

  /// The columns that a scan read, each with what was read of it: however many parts of the statement look at a column,
  /// each of its blocks counts once.
  private func columnRows(_ stage: StageReport) -> [Row] {
    guard let statistics = stage.statistics else { return [] }
    return zip(stage.columns.indices, stage.columns).compactMap { slot, name in
      guard slot < statistics.columnBytes.count, statistics.columnBlocks[slot] > 0 else { return nil }
      return Row(
        part: "read", text: name, bytes: statistics.columnBytes[slot], blocks: statistics.columnBlocks[slot])
    }
  }

  private func columns(_ rows: [Row], analyze: Bool) -> [Column] {
    var columns = [
      Column("part", type: .text, values: .texts(rows.map(\.part))),
      Column("text", type: .text, values: .texts(rows.map(\.text))),
    ]
    guard analyze else { return columns }
    func integers(_ name: String, unit: String? = nil, _ value: (Row) -> Int?) -> Column {
      let values = rows.map(value)
      return Column(
        name, type: .integer, unit: unit, values: .integers(values.map { Int64($0 ?? 0) }),
        present: values.map { $0 == nil ? 0 : 1 })
    }
    let times = rows.map(\.milliseconds)
    columns.append(integers("rows") { $0.rows })
    columns.append(
      Column(
        "time", type: .real, unit: "ms", values: .reals(times.map { (($0 ?? 0) * 100).rounded() / 100 }),
        present: times.map { $0 == nil ? 0 : 1 }))
    columns.append(integers("events_read") { $0.statistics?.rows })
    columns.append(integers("bytes") { $0.statistics?.bytes ?? $0.bytes })
    columns.append(integers("blocks_read") { $0.statistics?.blocksRead ?? $0.blocks })
    columns.append(integers("blocks_skipped") { $0.statistics?.blocksSkipped })
    columns.append(integers("merged_rows") { $0.statistics?.mergedRows })
    return columns
  }
}
