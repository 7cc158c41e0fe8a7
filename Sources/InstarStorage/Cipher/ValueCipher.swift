internal import InstarColumns
internal import Synchronization

/// Seals the values of an encrypted store and opens them again.
///
/// ```
/// 0       4          12                     12 + n      28 + n
/// +-------+----------+----------------------+-----------+
/// | group | counter  | n bytes, AES-256-GCM | tag       |
/// +-------+----------+----------------------+-----------+
/// ```
///
/// *Group* and *counter* are the nonce. The key of a group is derived from the store's secret and a random salt that is
/// made when a process first writes after opening the store, and counts its values in memory: neither a transaction
/// that was undone nor a copy of the file that goes its own way makes a nonce occur twice under one key. The store, the
/// named database and the key of the entry are additional data, so that no value can be moved or swapped.
final class ValueCipher: Sendable {
  static let headerByteCount = 12
  static let tagByteCount = 16
  static let overhead = headerByteCount + tagByteCount
  static let saltByteCount = 32
  private static let purpose = "instar values"

  /// Keys the hashes of texts in keys.
  let hashKey: (UInt64, UInt64)
  /// What opens and seals the envelope of the secret.
  let secret: StoreSecret
  private let storeKey: any StoreKey
  private let context: [UInt8]
  private let cache: OpenedCache
  private let groups = Mutex<[UInt32: Group]>([:])
  private let active = Mutex<ActiveGroup?>(nil)

  private struct Group {
    let salt: [UInt8]
    var cipher: (any GroupCipher)?
  }

  /// The group that this process seals with; `number` is `nil` until a transaction has stored it.
  struct ActiveGroup {
    let number: UInt32
    let cipher: any GroupCipher
    var counter: UInt64
  }

  /// - Parameters:
  ///   - storeID: 16 bytes.
  ///   - cacheByteCount: the most memory for values that were opened lately.
  init(_ secret: StoreSecret, key: any StoreKey, storeID: [UInt8], cacheByteCount: Int) {
    self.secret = secret
    hashKey = secret.hashKey
    storeKey = key
    context = storeID
    cache = OpenedCache(limit: cacheByteCount)
  }

  /// A cipher with a key that lives in this object alone: for temporary files.
  func temporary() -> ValueCipher {
    let cipher = ValueCipher(StoreSecret.random(), key: storeKey, storeID: context, cacheByteCount: 0)
    cipher.activate(number: 0, salt: StoreSecret.randomBytes(Self.saltByteCount))
    return cipher
  }

  // MARK: Groups

  /// Makes the group known whose salt is `salt`.
  func add(group number: UInt32, salt: [UInt8]) {
    groups.withLock { groups in
      if groups[number]?.salt != salt { groups[number] = Group(salt: salt) }
    }
  }

  func knows(group number: UInt32) -> Bool { groups.withLock { $0[number] != nil } }

  /// Seals with a new group from now on.
  func activate(number: UInt32, salt: [UInt8]) {
    add(group: number, salt: salt)
    let cipher = cipher(of: number)!
    active.withLock { $0 = ActiveGroup(number: number, cipher: cipher, counter: 0) }
  }

  /// Forgets the group that this process seals with: its salt did not reach the file.
  func deactivate() {
    let number = active.withLock { active in
      defer { active = nil }
      return active?.number
    }
    if let number { groups.withLock { $0[number] = nil } }
  }

  var isActive: Bool { active.withLock { $0 != nil } }

  private func cipher(of number: UInt32) -> (any GroupCipher)? {
    groups.withLock { groups in
      guard var group = groups[number] else { return nil }
      if let cipher = group.cipher { return cipher }
      let cipher = storeKey.cipher(
        key: storeKey.derive(from: secret.dataKey, salt: group.salt, purpose: Self.purpose))
      group.cipher = cipher
      groups[number] = group
      return cipher
    }
  }

  // MARK: Values

  /// The sealed form of a value.
  /// - Precondition: a group is active.
  func seal(_ plain: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, in database: NamedDatabase) -> [UInt8] {
    let (group, counter, cipher) = active.withLock { active -> (UInt32, UInt64, any GroupCipher) in
      precondition(active != nil, "a group is active while a transaction writes")
      active!.counter += 1
      return (active!.number, active!.counter, active!.cipher)
    }
    let additional = unsafe additional(key, database)
    return unsafe [UInt8](unsafeUninitializedCapacity: plain.count + Self.overhead) { target, count in
      let bytes = UnsafeMutableRawBufferPointer(target)
      unsafe bytes.storeBytes(of: group.littleEndian, toByteOffset: 0, as: UInt32.self)
      unsafe bytes.storeBytes(of: counter.littleEndian, toByteOffset: 4, as: UInt64.self)
      let nonce = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<Self.headerByteCount])
      unsafe cipher.seal(
        plain, nonce: nonce, additional: additional,
        into: UnsafeMutableRawBufferPointer(rebasing: bytes[Self.headerByteCount...]))
      count = plain.count + Self.overhead
    }
  }

  /// The plain value, or `nil` when it is not what was sealed for this place.
  ///
  /// - Precondition: its group was made known, or is not of this store.
  func open(_ sealed: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, in database: NamedDatabase)
    -> OpenedValue?
  {
    guard sealed.count >= Self.overhead else { return nil }
    let nonce = unsafe Self.nonce(of: sealed)
    if let known = cache.value(nonce), known.database == database, unsafe known.key.elementsEqual(key) {
      return known
    }
    guard let cipher = cipher(of: nonce.group) else { return nil }
    let additional = unsafe additional(key, database)
    let opened = unsafe OpenedValue(sealed.count - Self.overhead, database: database, key: Array(key)) { target in
      unsafe cipher.open(
        UnsafeRawBufferPointer(rebasing: sealed[Self.headerByteCount...]),
        nonce: UnsafeRawBufferPointer(rebasing: sealed[..<Self.headerByteCount]), additional: additional, into: target)
    }
    if let opened { cache.keep(opened, nonce) }
    return opened
  }

  /// Whether a value is what was sealed for its place, whatever was opened before.
  func verifies(_ sealed: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, in database: NamedDatabase) -> Bool {
    guard sealed.count >= Self.overhead, let cipher = unsafe cipher(of: Self.nonce(of: sealed).group) else {
      return false
    }
    let additional = unsafe additional(key, database)
    return unsafe OpenedValue(sealed.count - Self.overhead, database: database, key: []) { target in
      unsafe cipher.open(
        UnsafeRawBufferPointer(rebasing: sealed[Self.headerByteCount...]),
        nonce: UnsafeRawBufferPointer(rebasing: sealed[..<Self.headerByteCount]), additional: additional, into: target)
    } != nil
  }

  /// The number of the group that a value was sealed with.
  static func group(of sealed: UnsafeRawBufferPointer) -> UInt32? {
    guard sealed.count >= overhead else { return nil }
    return unsafe nonce(of: sealed).group
  }

  private static func nonce(of sealed: UnsafeRawBufferPointer) -> OpenedCache.Nonce {
    unsafe OpenedCache.Nonce(
      group: UInt32(littleEndian: sealed.loadUnaligned(as: UInt32.self)),
      counter: UInt64(littleEndian: sealed.loadUnaligned(fromByteOffset: 4, as: UInt64.self)))
  }

  private func additional(_ key: UnsafeRawBufferPointer, _ database: NamedDatabase) -> [UInt8] {
    var bytes = context
    bytes.append(UInt8(database.rawValue))
    unsafe bytes.append(contentsOf: key)
    return bytes
  }
}
