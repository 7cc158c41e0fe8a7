import Dispatch
import InstarPlan
import Synchronization

/// Ends a statement that takes more time or memory than it may: looks a hundred times a second and cancels it.
///
/// Memory is that by which the process has grown since the statement began. Statements beside it count along, and memory
/// that an earlier one left to be used again does not.
final class LimitWatch {
  private let meter: LimitMeter
  private let timer: (any DispatchSourceTimer)?

  private static let interval = DispatchTimeInterval.milliseconds(10)

  init(_ limits: StatementLimits, _ control: StatementControl) {
    let meter = LimitMeter(limits, control)
    self.meter = meter
    guard limits.seconds > 0 || limits.megabytes > 0 else {
      timer = nil
      return
    }
    let timer = DispatchSource.makeTimerSource(queue: .global())
    timer.schedule(deadline: .now() + Self.interval, repeating: Self.interval)
    timer.setEventHandler { meter.look() }
    timer.resume()
    self.timer = timer
  }

  deinit { timer?.cancel() }

  /// What was taken too much of, if anything was.
  var excess: ExecutionError? { meter.excess }

  /// Looks once more, and throws when too much was taken: before what a statement found is told or written.
  func verify() throws {
    meter.look()
    if let excess { throw excess }
  }
}

/// What one statement has taken so far.
private final class LimitMeter: Sendable {
  private let control: StatementControl
  private let limits: StatementLimits
  private let beginMemory: Int
  private let beginTime = DispatchTime.now()
  private let found = Mutex<ExecutionError?>(nil)

  init(_ limits: StatementLimits, _ control: StatementControl) {
    (self.limits, self.control) = (limits, control)
    beginMemory = limits.megabytes > 0 ? ProcessMemory.byteCount : 0
  }

  var excess: ExecutionError? { found.withLock { $0 } }

  func look() {
    if limits.seconds > 0, DispatchTime.now() > beginTime + .seconds(limits.seconds) {
      end(
        ExecutionError(
          "E0802", "the statement ran longer than the \(limits.seconds) s that it may take",
          help: "narrow it with DURING or WHERE, or SET LIMIT seconds"))
    }
    if limits.megabytes > 0, (ProcessMemory.byteCount - beginMemory) >> 20 > limits.megabytes {
      end(
        ExecutionError(
          "E0809", "the statement took more than the \(limits.megabytes) MB of memory that it may",
          help: "narrow it with DURING or WHERE, keep fewer columns, or SET LIMIT megabytes"))
    }
  }

  private func end(_ error: ExecutionError) {
    found.withLock { if $0 == nil { $0 = error } }
    control.cancel()
  }
}

extension StatementLimits {
  /// Throws when a result has more rows than one may have.
  func check(rows count: Int) throws {
    guard rows > 0, count > rows else { return }
    throw ExecutionError(
      "E0808", "the result has \(count) rows, and it may have \(rows)",
      help: "end it with LIMIT \(rows), summarise it with AGGREGATE, or SET LIMIT rows")
  }
}
