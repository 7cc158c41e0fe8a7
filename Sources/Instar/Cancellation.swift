internal import Dispatch
internal import InstarExecution
internal import Synchronization

/// How far a long statement is: an import, a training, a compaction.
public struct Progress: Sendable {
  /// What is being done: "importing events.csv".
  public var activity: String
  /// From 0 to 1, or `nil` where the end is not known.
  public var fraction: Double?
  /// "3,100,000 rows".
  public var detail: String

  package init(activity: String, fraction: Double?, detail: String) {
    self.activity = activity
    self.fraction = fraction
    self.detail = detail
  }
}

/// Stops a running statement from another thread.
///
/// ```swift
/// let stop = Cancellation()
/// button.onClick { stop.cancel() }
/// let table = try database.query(text, cancellation: stop)     // throws InstarError.cancelled
/// ```
///
/// A statement stops at its next batch of users and leaves the store as it was. The asynchronous functions need none:
/// they end when their task is cancelled.
public final class Cancellation: Sendable {
  private let state = Mutex<(isCancelled: Bool, controls: [StatementControl])>((false, []))

  public init() {}

  /// Stops what runs with this object now, and what will.
  public func cancel() {
    state.withLock { state in
      state.isCancelled = true
      for control in state.controls { control.cancel() }
    }
  }

  public var isCancelled: Bool { state.withLock { $0.isCancelled } }

  func attach(_ control: StatementControl) {
    state.withLock { state in
      state.controls.append(control)
      if state.isCancelled { control.cancel() }
    }
  }

  func detach(_ control: StatementControl) {
    state.withLock { state in state.controls.removeAll { $0 === control } }
  }
}

/// Stops a statement when its time is up.
final class Deadline: Sendable {
  private let hasPassed = Atomic<Bool>(false)
  private let timer: DeadlineTimer?

  init(_ timeout: Duration?, _ control: StatementControl) {
    guard let timeout else {
      timer = nil
      return
    }
    let box = DeadlineTimer()
    timer = box
    box.schedule(after: timeout) { [weak self] in
      self?.hasPassed.store(true, ordering: .relaxed)
      control.cancel()
    }
  }

  /// Whether it was the deadline that stopped the statement.
  var isOver: Bool { hasPassed.load(ordering: .relaxed) }

  func end() { timer?.cancel() }
}

/// A timer that can be called off.
private final class DeadlineTimer: Sendable {
  private let isOff = Mutex(false)

  func schedule(after timeout: Duration, _ body: @escaping @Sendable () -> Void) {
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(timeout.wholeMilliseconds)) { [weak self] in
      guard let self, !self.isOff.withLock({ $0 }) else { return }
      body()
    }
  }

  func cancel() { isOff.withLock { $0 = true } }
}
