#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// 512 KiB, the least that a thread of an app gets. Frames are about four times as large without optimisation.
#if DEBUG
private let stackByteCount = 2 << 20
#else
private let stackByteCount = 512 << 10
#endif

/// Runs `body` on a thread with a small stack and waits for it.
func onSmallStack(_ body: @escaping @Sendable () -> Void) {
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  pthread_attr_setstacksize(&attributes, stackByteCount)
  let box = Unmanaged.passRetained(Body(run: body))
  #if canImport(Glibc)
  var thread = pthread_t()
  pthread_create(
    &thread, &attributes,
    {
      Unmanaged<Body>.fromOpaque($0!).takeRetainedValue().run()
      return nil
    }, box.toOpaque())
  pthread_join(thread, nil)
  #else
  var thread: pthread_t?
  pthread_create(
    &thread, &attributes,
    {
      Unmanaged<Body>.fromOpaque($0).takeRetainedValue().run()
      return nil
    }, box.toOpaque())
  pthread_join(thread!, nil)
  #endif
  pthread_attr_destroy(&attributes)
}

private final class Body: Sendable {
  let run: @Sendable () -> Void

  init(run: @escaping @Sendable () -> Void) { self.run = run }
}
