#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A lock with a condition to wait for: what `Mutex` of the standard library does not offer.
///
/// `@unchecked Sendable` because the two C objects are made for use from any thread, and never move.
@safe final class Condition: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  init() {
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(condition, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  func lock() { unsafe pthread_mutex_lock(mutex) }
  func unlock() { unsafe pthread_mutex_unlock(mutex) }

  /// Unlocks, sleeps until woken, locks again. May wake without cause: wait in a loop.
  func wait() { unsafe pthread_cond_wait(condition, mutex) }

  /// As ``wait()``, at most until `seconds` from now; returns whether it was woken before.
  func wait(seconds: Int) -> Bool {
    var end = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &end)
    end.tv_sec += seconds
    return unsafe pthread_cond_timedwait(condition, mutex, &end) == 0
  }

  func wakeAll() { unsafe pthread_cond_broadcast(condition) }
}

/// Counts open transactions, so that the map is resized only while none is open.
///
/// `@unchecked Sendable`: the counters are touched only while `condition` is locked.
final class TransactionGate: @unchecked Sendable {
  private let condition = Condition()
  private var open = 0
  private var closed = false

  /// Enters, waiting while a resize is under way.
  func enter() {
    condition.lock()
    while closed { condition.wait() }
    open += 1
    condition.unlock()
  }

  func leave() {
    condition.lock()
    open -= 1
    if open == 0 { condition.wakeAll() }
    condition.unlock()
  }

  /// Runs `body` while no transaction is open and none can begin; `nil` when readers did not end within `seconds`.
  func alone<R>(seconds: Int, _ body: () -> R) -> R? {
    condition.lock()
    defer { condition.unlock() }
    while closed { condition.wait() }
    closed = true
    defer {
      closed = false
      condition.wakeAll()
    }
    while open > 0 {
      if !condition.wait(seconds: seconds) { return nil }
    }
    return body()
  }
}
