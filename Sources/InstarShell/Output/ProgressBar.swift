import Dispatch
import Instar
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A bar with the time that is left, on standard error: only on a terminal, and only for work longer than half a second.
final class ProgressBar: Sendable {
  private struct State {
    var lastDrawn: UInt64 = 0
    var isShown = false
    var isOver = false
  }

  private let begin = DispatchTime.now().uptimeNanoseconds
  private let state = Mutex(State())
  private let isOn: Bool

  init(isOn: Bool = Terminal.errorIsTerminal) { self.isOn = isOn }

  func show(_ progress: Progress) {
    guard isOn else { return }
    let now = DispatchTime.now().uptimeNanoseconds
    state.withLock { state in
      guard !state.isOver, now - begin > 500_000_000, now - state.lastDrawn > 100_000_000 else { return }
      state.lastDrawn = now
      state.isShown = true
      write("\r" + line(progress, seconds: Double(now - begin) / 1e9) + "\u{1B}[K")
    }
  }

  /// Takes the bar away.
  func end() {
    state.withLock { state in
      state.isOver = true
      if state.isShown { write("\r\u{1B}[K") }
    }
  }

  private func line(_ progress: Progress, seconds: Double) -> String {
    var text = progress.activity
    if let fraction = progress.fraction {
      let share = min(max(fraction, 0), 1)
      let filled = Int(share * 24)
      text += " [" + String(repeating: "█", count: filled) + String(repeating: "·", count: 24 - filled) + "]"
      text += " \(Int(share * 100)) %"
      if share > 0.02 { text += ", \(Self.time(seconds * (1 - share) / share)) left" }
    }
    return progress.detail.isEmpty ? text : text + ", " + progress.detail
  }

  private static func time(_ seconds: Double) -> String {
    seconds < 90 ? "\(Int(seconds.rounded())) s" : "\(Int((seconds / 60).rounded())) min"
  }

  private func write(_ text: String) {
    let bytes = Array(text.utf8)
    try? ByteSink(STDERR_FILENO).write(bytes.span)
  }
}
