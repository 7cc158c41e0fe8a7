#if os(Linux)
import Glibc
import InstarStorage
import InstarTestSupport
import Testing

/// What child processes do. Nothing of it runs unless a test started the process for it.
@Suite struct ChildRoles {
  @Test(.enabled(if: ChildProcess.role == "appendUntilKilled"))
  func appendUntilKilled() throws {
    let store = try Store.open(ChildProcess.path, mode: .createIfMissing)
    var number = try store.read { $0.schema.commit.eventCount }
    while true {
      try store.append([
        EventRecord(user: "u\(number % 50)", type: "t\(number % 3)", time: Int64(number), item: "item \(number)")
      ])
      ChildProcess.send(number)
      number += 1
    }
  }

  @Test(.enabled(if: ChildProcess.role == "readWhileOthersWrite"))
  func readWhileOthersWrite() throws {
    let store = try Store.open(ChildProcess.path, mode: .readOnly)
    ChildProcess.send(0)
    var last = 0
    while last < 400 {
      try store.read { snapshot in
        let events = try snapshot.recentEvents()
        let times = events.times.sorted()
        guard events.rowCount == snapshot.schema.commit.eventCount, events.rowCount >= last else { exit(1) }
        guard times.enumerated().allSatisfy({ $0.offset == $0.element }) else { exit(1) }
        last = events.rowCount
      }
    }
    exit(0)
  }
}

extension ChildRoles {
  /// A limit on the size of files stands for the full disk.
  @Test(.enabled(if: ChildProcess.role == "appendUntilFull"))
  func appendUntilFull() throws {
    signal(SIGXFSZ, SIG_IGN)
    let store = try Store.open(ChildProcess.path, mode: .createIfMissing)
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    let whole = limit.rlim_cur
    limit.rlim_cur = 2_000_000
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    let events = (0..<1000).map { EventRecord(user: "u\($0)", type: "t", time: Int64($0)) }
    try store.append(events)
    var objects = 0
    do {
      while objects < 100 {
        try store.write { [objects] in
          try $0.putObject(.other, "object \(objects)", [UInt8](repeating: 1, count: 50_000))
        }
        objects += 1
      }
    } catch {
      guard (error as? StorageError)?.code == .diskFull, objects > 0 else { exit(1) }
      guard try store.read({ try $0.objects().count }) == objects else { exit(2) }
      limit.rlim_cur = whole
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      try store.append(events)
      guard try store.read({ try $0.recentEvents().rowCount }) == 2000 else { exit(3) }
      exit(0)
    }
    exit(4)
  }
}

@Suite(.serialized, .enabled(if: ChildProcess.role == nil)) struct CrashTests {
  /// Events are acknowledged one by one through a pipe; the writer is killed at a random moment, again and again.
  @Test func losesNothingAcknowledgedWhenKilled() throws {
    let kills = setting("INSTAR_KILLS", default: 12)
    let seed = UInt64.random(in: 0 ... .max)
    var state = seed
    let folder = TemporaryFolder()
    let path = folder.path("a")
    var acknowledged = 0
    for _ in 0..<kills {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let wanted = acknowledged + Int(state >> 33) % 60
      let child = ChildProcess.start("appendUntilKilled", path: path)
      while let number = child.receive() {
        acknowledged = number + 1
        if acknowledged > wanted { break }
      }
      usleep(UInt32(state >> 40) % 3000)
      child.kill()
      while let number = child.receive() { acknowledged = number + 1 }
      #expect(child.wait() == -1, "seed \(seed)")

      let store = try Store.open(path, mode: .mustExist)
      try store.read { snapshot in
        let events = try snapshot.recentEvents()
        #expect(events.rowCount == snapshot.schema.commit.eventCount)
        #expect(events.rowCount >= acknowledged && events.rowCount <= acknowledged + 1, "seed \(seed)")
        #expect(events.times.sorted() == (0..<Int64(events.rowCount)).map { $0 }, "seed \(seed)")
        #expect(snapshot.schema.eventTypes.reduce(0) { $0 + $1.count } == events.rowCount)
        #expect(try snapshot.dictionary(DictionaryID.item).count == events.rowCount)
        acknowledged = events.rowCount
      }
    }
  }

  @Test func aFullDiskLosesNothing() {
    let folder = TemporaryFolder()
    #expect(ChildProcess.start("appendUntilFull", path: folder.path("a")).wait() == 0)
  }

  @Test func otherProcessesSeeWholeCommits() throws {
    let folder = TemporaryFolder()
    let store = try Store.open(folder.path("a"), mode: .createIfMissing)
    let readers = (0..<2).map { _ in ChildProcess.start("readWhileOthersWrite", path: folder.path("a")) }
    for reader in readers { #expect(reader.receive() == 0) }
    for step in 0..<100 {
      try store.append((0..<5).map { EventRecord(user: "u\($0)", type: "t", time: Int64(step * 5 + $0)) })
    }
    for reader in readers { #expect(reader.wait() == 0) }
  }

  @Test func twoProcessesWriteInTurn() throws {
    let folder = TemporaryFolder()
    let store = try Store.open(folder.path("a"), mode: .createIfMissing)
    let child = ChildProcess.start("appendUntilKilled", path: folder.path("a"))
    #expect(child.receive() != nil)
    for _ in 0..<50 { try store.append([EventRecord(user: "parent", type: "p", time: 0)]) }
    var acknowledged = 0
    child.kill()
    while child.receive() != nil { acknowledged += 1 }
    _ = child.wait()
    let schema = try store.read { $0.schema }
    #expect(schema.eventType("p")?.count == 50)
    let byChild = schema.commit.eventCount - 50
    #expect(byChild >= acknowledged + 1 && byChild <= acknowledged + 2)
    try store.append([EventRecord(user: "parent", type: "p", time: 0)])
  }

  /// Swift does not offer fork, but a C library in the process may call it.
  @Test func aForkedChildIsRefused() throws {
    let store = try Store.temporary()
    let fork = unsafeBitCast(dlsym(nil, "fork"), to: (@convention(c) () -> pid_t).self)
    let child = fork()
    if child == 0 {
      do {
        try store.read { _ in }
        _exit(1)
      } catch {
        _exit((error as? StorageError)?.code == .usedAfterFork ? 0 : 2)
      }
    }
    var status: Int32 = 0
    waitpid(child, &status, 0)
    #expect(status == 0)
    #expect(try store.read { $0.userCount } == 0)
  }
}
#endif
