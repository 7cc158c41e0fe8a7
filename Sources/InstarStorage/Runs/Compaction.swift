internal import Dispatch
internal import InstarColumns
internal import Synchronization

/// Lets one thread of the process compact at a time.
final class CompactionLock: Sendable {
  private let isHeld = Mutex(false)
  private let waiters = Condition()

  /// Takes the lock unless it is held.
  func tryTake() -> Bool {
    isHeld.withLock { held in
      defer { held = true }
      return !held
    }
  }

  /// Waits for the lock.
  func take() {
    waiters.lock()
    while !tryTake() { waiters.wait() }
    waiters.unlock()
  }

  func release() {
    waiters.lock()
    isHeld.withLock { $0 = false }
    waiters.wakeAll()
    waiters.unlock()
  }
}

/// How far a compaction is.
package struct CompactionProgress: Sendable {
  /// Rows written so far and rows to write in all.
  package var rows = 0
  package var totalRows = 0
}

/// Which runs are merged when.
///
/// Only neighbours in age merge, so that the age of a run goes on ordering equal times. Four neighbours of one size class
/// become one of the next; what has grown beyond a quarter of the base merges into it, range by range, and what has grown
/// beyond the base becomes a new base together with it.
enum CompactionPolicy {
  static let fanIn = 4
  static let smallestClass = 16_384

  enum Step: Equatable {
    /// Merge the runs at these places, oldest first, into one.
    case merge(Range<Int>)
    /// Merge the run behind the base into it.
    case intoBase
  }

  /// The next step for runs of `rows` rows, oldest first, or `nil` when all is well.
  static func step(rows: [Int], isResuming: Bool) -> Step? {
    guard rows.count > 1 else { return nil }
    if isResuming { return .intoBase }
    if rows[1] >= rows[0] { return .merge(0..<2) }
    if rows[1] > rows[0] / 4 { return .intoBase }
    var end = rows.count
    while end - 1 >= fanIn {
      let range = end - fanIn..<end
      if Set(range.map { sizeClass(rows[$0]) }).count == 1 { return .merge(range) }
      end -= 1
    }
    // Runs that only together outgrow the base become one first, which then merges into it.
    if rows.count > 2, rows[1...].reduce(0, +) > rows[0] / 4 { return .merge(1..<rows.count) }
    return nil
  }

  /// Powers of four times the smallest run.
  static func sizeClass(_ rows: Int) -> Int {
    var (size, bound) = (0, smallestClass * 2)
    while rows > bound { (size, bound) = (size + 1, bound * 4) }
    return size
  }
}

extension Store {
  /// Joins all runs and recent events into one run, the base.
  ///
  /// Readers go on; other writers wait for single transactions only. A compaction that was cut off is taken up by the
  /// next where it stopped.
  package func compact(progress: @Sendable (CompactionProgress) -> Void = { _ in }) throws {
    compaction.take()
    defer { compaction.release() }
    try removeDeadRuns()
    try write { try $0.sealRecentEvents() }
    while true {
      let runs = try environment.read { try $0.visibleRuns() }
      guard runs.count > 1 else { break }
      if runs.count > 2 {
        try merge(Array(runs[1...]), progress)
      } else if runs[1].rows >= runs[0].rows, runs[1].mergedBelow == 0 {
        try merge(runs, progress)
      } else {
        try mergeIntoBase(progress)
      }
    }
    try removeDeadRuns()
    // Pages that an erasure had to leave to readers of older commits are wiped, and all free ones given back.
    if try read({ $0.schema.commit.erasures > 0 }) {
      _ = try environment.scrub()
    } else {
      try environment.releaseFreePages()
    }
  }

  /// Does the steps that ``CompactionPolicy`` asks for, unless another thread is at it.
  func compactAsNeeded() throws {
    guard compaction.tryTake() else { return }
    defer { compaction.release() }
    try removeDeadRuns()
    while true {
      let runs = try environment.read { try $0.visibleRuns() }
      let step = CompactionPolicy.step(
        rows: runs.map(\.rows), isResuming: runs.count > 1 && runs[1].mergedBelow > 0)
      switch step {
      case nil: return
      case .merge(let places): try merge(Array(runs[places])) { _ in }
      case .intoBase: try mergeIntoBase { _ in }
      }
    }
  }

  /// Compacts on a thread of its own, soon. What fails here is tried again by the next compaction, which reports it.
  func compactInBackground() {
    DispatchQueue.global(qos: .utility).async { [weak self] in try? self?.compactAsNeeded() }
  }

  // MARK: Several runs to one

  /// Merges neighbouring runs, oldest first, into a new run in their place.
  private func merge(_ runs: [RunRecord], _ progress: @Sendable (CompactionProgress) -> Void) throws {
    let id = try stageRun()
    do {
      let totals = try writeMerged(runs, as: id)
      progress(CompactionProgress(rows: totals.rows, totalRows: totals.rows))
      try write { try $0.replace(runs, by: id, totals) }
    } catch {
      try? removeDeadRuns(including: id)
      throw error
    }
    try removeDeadRuns()
  }

  // MARK: One run into the base

  /// Merges the second-oldest run into the oldest, one range of users a transaction.
  func mergeIntoBase(_ progress: @Sendable (CompactionProgress) -> Void) throws {
    var state = CompactionProgress()
    while true {
      let runs = try environment.read { try $0.visibleRuns() }
      guard runs.count > 1 else { return }
      let (base, run) = (runs[0], runs[1])
      state.totalRows = base.rows + run.rows
      let step = try readStep(base, run)
      let blocks = step.outputs.map(\.blocks)
      let written = step.outputs.reduce(into: RunTotals()) { $0.add($1.totals) }
      let isLast = step.users.upperBound == .max
      try write { transaction in
        guard try transaction.run(base.id) == base, try transaction.run(run.id) == run
        else { throw Store.otherCompaction(transaction.path) }
        var (newBase, newRun) = (base, run)
        newBase.users -= try transaction.removeBlocks(of: base.id, users: step.users).users
        newBase.users += written.users
        for part in blocks { try transaction.put(part, part.entries.indices) }
        newRun.mergedBelow = step.users.upperBound
        if isLast {
          newBase.rows += run.rows
          newBase.firstTime = min(base.firstTime, run.firstTime)
          newBase.lastTime = max(base.lastTime, run.lastTime)
          newBase.largestUser = max(base.largestUser, run.largestUser)
          newRun.state = .removed
        }
        try transaction.put(newBase)
        try transaction.put(newRun)
      }
      state.rows += written.rows
      progress(state)
      if isLast { break }
    }
    try removeDeadRuns()
  }

  private struct BaseStep: Sendable {
    var users: Range<UInt32>
    var outputs: [RunMerger.Output]
  }

  /// Merges the next range of users: about 16 MiB of the base, divided at its blocks among the threads.
  private func readStep(_ base: RunRecord, _ run: RunRecord) throws -> BaseStep {
    try read { snapshot in
      let columns = snapshot.schema.runColumns
      let source = try snapshot.source(of: [base, run], columns)
      let cuts = Store.cuts(source.runs[0], from: run.mergedBelow, parts: ScanRequest.processorCount)
      let merger = RunMerger(source: source, columns: columns, run: base.id)
      let outputs = Mutex<[Result<RunMerger.Output, any Error>?]>(Array(repeating: nil, count: cuts.count - 1))
      DispatchQueue.concurrentPerform(iterations: cuts.count - 1) { part in
        let result = Result { try merger.merge(users: cuts[part]..<cuts[part + 1]) }
        outputs.withLock { $0[part] = result }
      }
      let done = try outputs.withLock { try $0.map { try $0!.get() } }
      return BaseStep(users: cuts[0]..<cuts[cuts.count - 1], outputs: done)
    }
  }

  /// Bounds of `parts` ranges of users from `start` on that end where blocks of the base begin and hold about half of
  /// what a transaction may write; the last bound is the largest number when nothing is left behind it.
  private static func cuts(_ base: RunBlocks, from start: UInt32, parts: Int) -> [UInt32] {
    let bytesPerPart = blockBytesPerTransaction / 2 / parts
    var cuts = [start]
    var bytes = 0
    for block in base.block(at: start)..<max(base.count, base.block(at: start)) {
      let user = base.keys[block].firstUser
      if bytes >= bytesPerPart, user > cuts[cuts.count - 1] {
        cuts.append(user)
        bytes = 0
        if cuts.count > parts { return cuts }
      }
      bytes += base.byteCount(of: block)
    }
    return cuts + [.max]
  }

  static func otherCompaction(_ path: String) -> StorageError {
    StorageError(
      .inUse, "another process compacted '\(path)' at the same time", help: "nothing is lost; try again", path: path)
  }
}

extension Snapshot {
  /// What a merge of `runs` reads.
  borrowing func source(of runs: [RunRecord], _ columns: RunColumns) throws -> ScanSource {
    var blocks: [RunBlocks] = []
    for run in runs { blocks.append(try transaction.blocks(of: run, columns: columns.numbers)) }
    return ScanSource(
      runs: blocks, columnTypes: columns.types, userCount: Int(runs.map(\.largestUser).max() ?? 0) + 1,
      rowCount: runs.reduce(0) { $0 + $1.rows }, verified: store.verifiedBlocks)
  }
}
