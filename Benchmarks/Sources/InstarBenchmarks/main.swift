import Instar

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

// usage: InstarBenchmarks DIR
//
// Appends to a store and to a raw file of LMDB in DIR, in turns, and prints events a second of both as JSON, the best of
// the rounds: one event a commit, and a thousand a commit.

/// The time of a round and the rate of the best one, in events a second.
struct BestRate {
  private(set) var eventsPerSecond = 0.0
  private var elapsed = Duration.zero

  mutating func measure(_ work: () throws -> Void) rethrows {
    let start = ContinuousClock.now
    try work()
    elapsed += ContinuousClock.now - start
  }

  mutating func endRound(_ events: Int) {
    eventsPerSecond = max(eventsPerSecond, Double(events) / (elapsed / .seconds(1)))
    elapsed = .zero
  }
}

func removeFiles(_ path: String) {
  unlink(path)
  unlink(path + "-lock")
}

func measure(_ folder: String, eventsPerCommit: Int, commits: Int, rounds: Int) throws -> String {
  let storePath = "\(folder)/appends.instar"
  let rawPath = "\(folder)/appends.lmdb"
  removeFiles(storePath)
  removeFiles(rawPath)
  defer {
    removeFiles(storePath)
    removeFiles(rawPath)
  }
  let database = try Database.open(storePath)
  let log = try RawLog(rawPath)
  var sample = SampleEvents()
  var own = BestRate()
  var raw = BestRate()
  for _ in 0...rounds {
    // Commit by commit in turns, so that both meet the same disk.
    for _ in 0..<commits {
      let events = sample.next(eventsPerCommit)
      let lines = events.map(\.line)
      try own.measure { try database.append(events) }
      try raw.measure { try log.append(lines) }
    }
    own.endRound(commits * eventsPerCommit)
    raw.endRound(commits * eventsPerCommit)
  }
  return #"{"batch": \#(eventsPerCommit), "instar": \#(own.eventsPerSecond), "lmdb": \#(raw.eventsPerSecond)}"#
}

guard CommandLine.arguments.count == 2 else {
  print("usage: InstarBenchmarks DIR")
  exit(64)
}
let folder = CommandLine.arguments[1]
let single = try measure(folder, eventsPerCommit: 1, commits: 200, rounds: 5)
let batched = try measure(folder, eventsPerCommit: 1000, commits: 20, rounds: 5)
print("[\(single), \(batched)]")
