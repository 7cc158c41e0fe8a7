package import InstarPlan
import Synchronization

/// What lasts from statement to statement for one user of a store: the definitions of LET.
package final class Session: Sendable {
  private let state = Mutex(SessionDefinitions())

  package init() {}

  package var definitions: SessionDefinitions { state.withLock { $0 } }

  func define(_ name: String, _ entry: SessionDefinitions.Entry) { state.withLock { $0.entries[name] = entry } }
}

/// The reins of one running statement: cancellation, and word of how far it is.
package final class StatementControl: Sendable {
  /// How far long work is.
  package struct Progress: Sendable {
    /// What is being done: "importing events.csv".
    package var activity: String
    /// From 0 to 1, or `nil` where the end is not known.
    package var fraction: Double?
    /// "3,100,000 rows".
    package var detail: String
  }

  private let cancelled = Atomic<Bool>(false)
  /// Called now and then from any thread.
  package let onProgress: (@Sendable (Progress) -> Void)?

  package init(onProgress: (@Sendable (Progress) -> Void)? = nil) { self.onProgress = onProgress }

  /// Stops the statement at its next batch. From any thread, also a signal handler's.
  package func cancel() { cancelled.store(true, ordering: .relaxed) }

  package var isCancelled: Bool { cancelled.load(ordering: .relaxed) }
}
