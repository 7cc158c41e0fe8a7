#if os(Linux)
import Glibc
import Instar
import InstarStorage
import InstarTestSupport
import Testing

/// Each call on the store's file fails once, in turn, through a life of a store; and each allocation of LMDB. The
/// statement reports a typed error or manages without; the store, opened again, is as before it or after it.
///
/// `INSTAR_STRIDE=1` tries every call and allocation; the short form every few.
@Suite(.serialized, .enabled(if: ChildProcess.role == nil && Faults.library != nil)) struct FailingCallTests {
  @Test func everyCallMayFail() { run("failCalls", stride: setting("INSTAR_STRIDE", default: 29)) }

  @Test func everyAllocationMayFail() { run("failAllocations", stride: setting("INSTAR_STRIDE", default: 97)) }

  private func run(_ role: String, stride: Int) {
    let folder = TemporaryFolder(inMemory: true)
    let child = ChildProcess.start(role, path: folder.path("a.instar"), number: stride, preload: Faults.library)
    let code = child.wait()
    let report = String(decoding: Files.read(folder.path("report.txt")), as: UTF8.self)
    #expect(code == 0, "\(report)")
    print(report, terminator: "")
  }
}

/// The child's side: one life after the other, each with another call that fails.
struct FaultSweep {
  enum Fault {
    case call(CInt)
    case allocation
  }

  let path: String
  private var lines: [String] = []
  private var failures = 0
  private let life = StoreLife(seed: 6, stepCount: 10, mostUsers: 60)

  init(path: String) { self.path = path }

  mutating func run(stride: Int, _ fault: Fault) {
    var number = 1
    var errors = 0
    while true {
      // The file is read by whoever sees this process end early.
      Files.write(Array("died at \(fault) \(number)\n".utf8), to: Files.folder(of: path) + "/report.txt")
      do {
        let (reached, failed) = try live(fault, number)
        errors += failed
        if !reached { break }
      } catch {
        failures += 1
        if failures < 20 { lines.append("\(fault) \(number): \(error)") }
      }
      number += stride
    }
    lines.append(
      "\(fault): \(number - 1) places, one in \(stride) tried: \(errors) statements reported it, \(failures) stores were harmed"
    )
  }

  func report() -> Int32 {
    Files.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: Files.folder(of: path) + "/report.txt")
    return failures == 0 ? 0 : 1
  }

  /// One life in which fault `number` strikes; returns whether it did, and how many statements reported it.
  private func live(_ fault: Fault, _ number: Int) throws -> (reached: Bool, errors: Int) {
    for name in [path, path + "-lock"] { unlink(name) }
    arm(fault, number)
    defer { arm(fault, 0) }
    var errors = 0
    var database: Database?
    for state in 0...life.steps.count {
      do {
        if database == nil { database = try Database.open(path) }
        if state > 0 { try life.perform(state - 1, on: database!) }
      } catch let error where error is InstarError || error is StorageError {
        errors += 1
        database = nil
        let reopened = try Database.open(path)
        if try life.state(of: reopened, in: max(1, state)...state + 1) != state + 1 {
          try life.perform(state - 1, on: reopened)
        }
        database = reopened
      }
    }
    let reached = isReached(fault, number)
    arm(fault, 0)
    _ = try life.state(of: database!, in: life.steps.count + 1...life.steps.count + 1)
    let drafts = Files.names(in: Files.folder(of: path)).filter { $0.contains(".new-") }
    guard drafts.isEmpty else { throw StoreLife.Wrong("drafts remain: \(drafts)") }
    return (reached, errors)
  }

  private func arm(_ fault: Fault, _ number: Int) {
    switch fault {
    case .call(let how): Faults.fail(path, call: number, how: how)
    case .allocation: Faults.fail(allocation: number)
    }
  }

  private func isReached(_ fault: Fault, _ number: Int) -> Bool {
    switch fault {
    case .call: Faults.calls >= number
    case .allocation: Faults.allocations >= number
    }
  }
}
#endif
