import InstarBehavior
import InstarCalendar
import InstarColumns
import InstarPlan
import InstarStorage
struct RetentionOperator {
  struct State {}
  init(_ plan: RetentionPlan, _ builder: inout ProgramBuilder, calendar: Calendar, range: Range<Int64>, moment: Int64) throws {}
  func makeState() -> State { State() }
  func update(_ state: inout State, _ evaluator: BatchEvaluator, users: [UInt8]) {}
  func finish(_ states: [State]) -> (table: Table, incomplete: Int) { (Table(columns: []), 0) }
}
struct ExportWriter { var environment: QueryEnvironment; var options: [String: Value]
  func write(_ t: Table, to path: String) throws -> Int { 0 } }
