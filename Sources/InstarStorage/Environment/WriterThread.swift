#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// The one thread on which an environment's write transactions run.
///
/// LMDB ties its writer lock to the thread that took it: a transaction that is begun on one thread and committed on
/// another leaves the next writer waiting for ever. One thread for all of them rules that out.
///
/// `@unchecked Sendable`: the state is touched only while `condition` is locked.
final class WriterThread: @unchecked Sendable {
  private let condition = Condition()
  private var jobs: [any Job] = []
  private var stopped = false
  private var thread = Optional<pthread_t>.none

  init() { start() }

  /// Runs `body` on the writer thread and returns what it returned; callers wait their turn in order of arrival.
  /// - Precondition: not called from the writer thread itself, which would wait for itself.
  func run<R: Sendable>(_ body: @Sendable () throws -> R) throws -> R {
    precondition(!isCurrent, "a write transaction inside a write transaction")
    return try withoutActuallyEscaping(body) { body in
      let job = WriteJob(body)
      condition.lock()
      jobs.append(job)
      condition.wakeAll()
      condition.unlock()
      return try job.wait()
    }
  }

  /// Whether the caller is the writer thread.
  var isCurrent: Bool {
    condition.lock()
    defer { condition.unlock() }
    guard let thread else { return false }
    return pthread_equal(thread, pthread_self()) != 0
  }

  /// Ends the thread after the jobs that wait.
  func stop() {
    condition.lock()
    stopped = true
    condition.wakeAll()
    condition.unlock()
  }

  private func start() {
    var started = Optional<pthread_t>.none
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
    unsafe pthread_attr_setstacksize(&attributes, 4 << 20)
    let context = unsafe Unmanaged.passRetained(self).toOpaque()
    let code = unsafe createThread(&started, &attributes, context)
    precondition(code == 0, "the system refused another thread")
    unsafe pthread_attr_destroy(&attributes)
    condition.lock()
    thread = started
    condition.unlock()
  }

  fileprivate func work() {
    while true {
      condition.lock()
      while jobs.isEmpty, !stopped { condition.wait() }
      let batch = jobs
      jobs.removeAll()
      condition.unlock()
      if batch.isEmpty { return }
      for job in batch { job.execute() }
    }
  }
}

private protocol Job: AnyObject { func execute() }

/// A closure on its way to the writer thread, and its result on the way back.
///
/// `@unchecked Sendable`: `body` belongs to the writer thread, `value` is touched only while `condition` is locked.
private final class WriteJob<R>: Job, @unchecked Sendable {
  private let condition = Condition()
  private var body: (() throws -> R)?
  private var value: Result<R, any Error>?

  init(_ body: @escaping @Sendable () throws -> R) { self.body = body }

  func execute() {
    let result = evaluate()
    condition.lock()
    value = result
    condition.wakeAll()
    condition.unlock()
  }

  /// Runs the closure and lets go of it before the caller, who only lent it, goes on.
  private func evaluate() -> Result<R, any Error> {
    let run = body.take()!
    return Result { try run() }
  }

  func wait() throws -> R {
    condition.lock()
    defer { condition.unlock() }
    while value == nil { condition.wait() }
    return try value!.get()
  }
}

#if canImport(Glibc)
@unsafe private func createThread(
  _ thread: inout pthread_t?, _ attributes: inout pthread_attr_t, _ context: UnsafeMutableRawPointer
) -> CInt {
  var made = pthread_t()
  let code = unsafe pthread_create(&made, &attributes, { unsafe runWriter($0!) }, context)
  thread = made
  return code
}
#else
@unsafe private func createThread(
  _ thread: inout pthread_t?, _ attributes: inout pthread_attr_t, _ context: UnsafeMutableRawPointer
) -> CInt {
  unsafe pthread_create(&thread, &attributes, { unsafe runWriter($0) }, context)
}
#endif

@unsafe private func runWriter(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
  let writer = unsafe Unmanaged<WriterThread>.fromOpaque(context).takeRetainedValue()
  writer.work()
  return nil
}
