import CLineEditor
import Dispatch
import Instar
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Ctrl-C while a statement runs: the first stops the statement, the second the process.
final class Interrupts: Sendable {
  static let shared = Interrupts()

  private struct State {
    var running: Cancellation?
    var isWatching = false
    /// Whether Ctrl-C between statements ends the process; not at the prompt.
    var endsProcess = true
  }

  private let state = Mutex(State())

  /// Begins to listen.
  func watch(endsProcess: Bool) {
    let isFirst = state.withLock { state in
      state.endsProcess = endsProcess
      defer { state.isWatching = true }
      return !state.isWatching
    }
    guard isFirst, interrupt_install() else { return }
    DispatchQueue(label: "interrupts").async {
      while true {
        interrupt_wait()
        self.interrupt()
      }
    }
  }

  /// Runs `body` with an object that Ctrl-C cancels.
  func during<T>(_ body: (Cancellation) throws -> T) rethrows -> T {
    let cancellation = Cancellation()
    state.withLock { $0.running = cancellation }
    defer { state.withLock { $0.running = nil } }
    return try body(cancellation)
  }

  private func interrupt() {
    let (running, endsProcess) = state.withLock { ($0.running, $0.endsProcess) }
    switch running {
    case .some(let cancellation) where !cancellation.isCancelled: cancellation.cancel()
    case .some: _exit(130)
    case .none: if endsProcess { _exit(130) }
    }
  }
}
