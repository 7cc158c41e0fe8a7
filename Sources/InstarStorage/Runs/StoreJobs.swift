/// Upkeep of a store that is under way in some process, was cut off, or is due.
package struct StoreJob: Sendable, Equatable {
  package enum Kind: String, Sendable {
    /// An import or a compaction that writes a run that no scan sees yet.
    case writing
    case compaction
    /// Blocks of runs that were replaced.
    case cleaning
    case erasure
    /// The log of single events, before it becomes a run.
    case recent = "recent events"
  }

  package enum State: String, Sendable {
    case running
    /// Begun, and not at work now as far as the store can tell: the next of its kind goes on.
    case begun
    /// Its process ended; the next writer removes what it left.
    case abandoned
    case due
    case waiting
  }

  package let kind: Kind
  package let state: State
  /// A plain phrase: "process 4711", "4 runs".
  package let detail: String
}

extension Snapshot {
  /// What upkeep there is, as the file tells it. Empty in a store that rests.
  ///
  /// - Complexity: O(runs + hidden users).
  package borrowing func jobs() throws -> [StoreJob] {
    var jobs: [StoreJob] = []
    let all = try transaction.allRuns()
    for run in all where run.state == .staged {
      jobs.append(
        StoreJob(kind: .writing, state: run.isAbandoned ? .abandoned : .running, detail: "process \(run.process)"))
    }
    let visible = try transaction.visibleRuns()
    if visible.count > 1 {
      let isMerging = visible[1].mergedBelow > 0
      if isMerging {
        jobs.append(
          StoreJob(
            kind: .compaction, state: .begun,
            detail: "\(visible[1].mergedBelow) of \(Int(max(visible[0].largestUser, visible[1].largestUser)) + 1) users"
          ))
      } else if CompactionPolicy.step(rows: visible.map(\.rows), isResuming: false) != nil {
        jobs.append(StoreJob(kind: .compaction, state: .due, detail: "\(visible.count) runs"))
      } else {
        jobs.append(StoreJob(kind: .compaction, state: .waiting, detail: "\(visible.count) runs"))
      }
    }
    let replaced = all.count { $0.state == .removed }
    if replaced > 0 { jobs.append(StoreJob(kind: .cleaning, state: .begun, detail: counted(replaced, "replaced run"))) }
    let hidden = try tombstones().count
    if hidden > 0 { jobs.append(StoreJob(kind: .erasure, state: .begun, detail: counted(hidden, "hidden user"))) }
    let recent = try recentEvents().rowCount
    if recent > 0 { jobs.append(StoreJob(kind: .recent, state: .waiting, detail: counted(recent, "event"))) }
    return jobs
  }

  private borrowing func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
