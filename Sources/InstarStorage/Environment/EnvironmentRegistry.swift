internal import CLMDB

/// The environments that this process has open, one for each file.
///
/// LMDB's locks belong to the process: opening a file twice and closing it once would release the locks of both.
/// So opening again returns the open one, and opening waits while the last use of the same file is being closed.
///
/// `@unchecked Sendable`: `entries` is touched only while `condition` is locked.
final class EnvironmentRegistry: @unchecked Sendable {
  static let shared = EnvironmentRegistry()

  private struct Entry { weak var environment: Environment? }

  private let condition = Condition()
  private var entries: [FileIdentity: Entry] = [:]

  /// The open environment of the file, or the one that `make` opens.
  func open(_ identity: FileIdentity, make: () throws(StorageError) -> Environment) throws(StorageError) -> Environment
  {
    condition.lock()
    defer { condition.unlock() }
    while let entry = entries[identity] {
      if let environment = entry.environment { return environment }
      condition.wait()  // it is being closed on another thread
    }
    let environment = try make()
    entries[identity] = Entry(environment: environment)
    return environment
  }

  /// Runs `body` while nobody in this process can open the file; returns `nil` when somebody has it open.
  func ifClosed<R>(_ identity: FileIdentity, _ body: () -> R) -> R? {
    condition.lock()
    defer { condition.unlock() }
    while let entry = entries[identity] {
      if entry.environment != nil { return nil }
      condition.wait()  // it is being closed on another thread
    }
    return body()
  }

  /// Runs the closing of an environment and forgets it.
  func close(_ identity: FileIdentity, _ body: () -> Void) {
    condition.lock()
    body()
    entries[identity] = nil
    condition.wakeAll()
    condition.unlock()
  }
}
