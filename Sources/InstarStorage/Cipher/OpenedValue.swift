internal import Synchronization

/// The plain bytes of a sealed value, in memory of their own, wiped when they go.
///
/// `@unchecked Sendable`: the bytes do not change after the value was made.
@safe final class OpenedValue: @unchecked Sendable {
  /// Where the value stood when it was opened.
  let database: NamedDatabase
  let key: [UInt8]
  private let memory: UnsafeMutableRawBufferPointer
  private let byteCount: Int

  /// Decoders load whole words: the memory is as aligned as a page's payload and ends in zeros.
  private static let alignment = 64

  /// Makes room for `byteCount` bytes and lets `fill` write them; `nil` when it returns `false`.
  init?(
    _ byteCount: Int, database: NamedDatabase, key: [UInt8], fill: (UnsafeMutableRawBufferPointer) -> Bool
  ) {
    self.database = database
    self.key = key
    self.byteCount = byteCount
    unsafe memory = .allocate(byteCount: byteCount + Self.alignment, alignment: Self.alignment)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
    guard unsafe fill(UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount])) else { return nil }
  }

  deinit {
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
    unsafe memory.deallocate()
  }

  /// - Warning: valid while the object lives.
  @unsafe var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: memory[..<byteCount]) }

  /// What the value occupies.
  var cost: Int { byteCount + Self.alignment + 64 }
}

/// Values that were opened lately, so that the next statement finds them plain. Bounded in bytes.
///
/// Two generations: what is asked for moves to the young one; when that is full it becomes the old one, and what was
/// left in the old one goes. A value is named by its nonce, which no other value of the store has.
final class OpenedCache: Sendable {
  struct Nonce: Hashable {
    let group: UInt32
    let counter: UInt64
  }

  private struct Generations {
    var young: [Nonce: OpenedValue] = [:]
    var old: [Nonce: OpenedValue] = [:]
    var youngBytes = 0
  }

  private let limit: Int
  private let state = Mutex(Generations())

  /// - Parameter limit: the most bytes that the cache keeps.
  init(limit: Int) { self.limit = limit }

  func value(_ nonce: Nonce) -> OpenedValue? {
    state.withLock { state in
      if let value = state.young[nonce] { return value }
      guard let value = state.old.removeValue(forKey: nonce) else { return nil }
      insert(value, nonce, &state)
      return value
    }
  }

  func keep(_ value: OpenedValue, _ nonce: Nonce) {
    state.withLock { insert(value, nonce, &$0) }
  }

  private func insert(_ value: OpenedValue, _ nonce: Nonce, _ state: inout Generations) {
    if state.youngBytes + value.cost > limit / 2 {
      state.old = state.young
      state.young = [:]
      state.youngBytes = 0
    }
    guard value.cost <= limit / 2, state.young.updateValue(value, forKey: nonce) == nil else { return }
    state.youngBytes += value.cost
  }
}
