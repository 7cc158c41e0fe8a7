#if os(Linux)
import Dispatch
import Glibc
import Instar
import InstarTestSupport
import Synchronization
import Testing

/// Power is cut while a store is written: every call on its file is recorded, and for moments of the record files are
/// built that hold what had been synced and some of the sectors that had not. Each of them must open in a state that was
/// acknowledged, or is that of the statement under way, with every answer right.
///
/// `INSTAR_STATES=10000` is the full run.
@Suite(.serialized, .enabled(if: ChildProcess.role == nil)) struct PowerLossTests {
  @Test(.enabled(if: Faults.library != nil, "needs a C compiler")) func everyStateOpens() throws {
    var random = TestRandom()
    let states = setting("INSTAR_STATES", default: 200)
    let lives = max(1, states / 2_500)
    let begin = ContinuousClock.now
    var (writes, syncs) = (0, 0)
    for _ in 0..<lives {
      let life = StoreLife(seed: random.next() >> 1)
      let log = record(life)
      writes += log.writeCount
      syncs += log.syncCount
      let failures = replay(log, life, states: states / lives)
      for failure in failures.prefix(10) { Issue.record("\(failure)") }
    }
    print(
      """
      power loss: \(states) states of \(lives) lives with \(writes) writes and \(syncs) syncs in \
      \((ContinuousClock.now - begin).components.seconds) s
      """)
  }

  /// The method finds what it is made to find: on a disk that holds back the header of a commit, commits are lost.
  @Test(.enabled(if: Faults.library != nil, "needs a C compiler")) func aDiskThatLiesIsFound() {
    let life = StoreLife(seed: 1)
    let failures = replay(record(life), life, states: 100, lies: true)
    #expect(failures.count > 10 && failures.allSatisfy { $0.contains("users; expected") })
  }

  private func record(_ life: StoreLife) -> PowerLossLog {
    let folder = TemporaryFolder()
    let child = ChildProcess.start(
      "record", path: folder.path("a.instar"), number: Int(life.seed), preload: Faults.library)
    #expect(child.wait() == 0, "seed \(life.seed)")
    let log = PowerLossLog(Files.read(folder.path("record.log")))
    #expect(log.writeCount > 50 && log.syncCount > 20, "seed \(life.seed)")
    return log
  }

  private func replay(_ log: PowerLossLog, _ life: StoreLife, states: Int, lies: Bool = false) -> [String] {
    let failures = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 2) { thread in
      let folder = TemporaryFolder(inMemory: true)
      var random = TestRandom(seed: life.seed &+ UInt64(thread))
      let moments = (0..<states / 2).map { _ in Int.random(in: 0...log.entries.count, using: &random) }.sorted()
      var disk = PowerLossDisk(log, lies: lies)
      for moment in moments {
        disk.advance(to: moment)
        let fate = PowerLossDisk.Fate.allCases.randomElement(using: &random)!
        let image = disk.store(after: fate, &random)
        do { try verify(image, life, disk.allowed, folder) } catch {
          failures.withLock {
            $0.append("life \(life.seed), thread \(thread), entry \(moment), \(fate), states \(disk.allowed): \(error)")
          }
        }
      }
    }
    return failures.withLock { $0 }
  }

  private func verify(_ image: [UInt8]?, _ life: StoreLife, _ allowed: ClosedRange<Int>, _ folder: TemporaryFolder)
    throws
  {
    guard let image else {
      guard allowed.contains(0) else { throw StoreLife.Wrong("there is no store") }
      return
    }
    let path = folder.path("a.instar")
    unlink(path)
    unlink(path + "-lock")
    Files.write(image, to: path)
    var configuration = Configuration()
    configuration.createIfMissing = false
    let database = try Database.open(path, configuration: configuration)
    _ = try life.state(of: database, in: allowed)
  }
}
#endif
