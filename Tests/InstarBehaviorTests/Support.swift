import InstarBehavior

/// SplitMix64: the same seed gives the same tests everywhere.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: Int) { state = UInt64(seed) }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

let second: Int64 = 1_000
let minute: Int64 = 60 * second
let hour: Int64 = 60 * minute
let day: Int64 = 24 * hour

/// The history of one user as a test writes it: one character an event, `a` is predicate 0, `b` predicate 1 ...
struct History {
  var times: [Int64] = []
  var masks: [UInt64] = []
  var keys: [UInt64] = []

  var count: Int { times.count }

  init() {}

  /// `History([("a", 0), ("b", 5)])`; several letters are an event that fulfils several predicates, `-` none.
  init(_ events: [(String, Int64)], keys: [UInt64] = []) {
    for (name, time) in events {
      times.append(time)
      masks.append(Self.mask(name))
    }
    self.keys = keys.isEmpty ? Array(repeating: 0, count: times.count) : keys
  }

  static func mask(_ name: String) -> UInt64 {
    name.utf8.reduce(0) { $1 == UInt8(ascii: "-") ? $0 : $0 | 1 << UInt64($1 - UInt8(ascii: "a")) }
  }
}

/// What a matcher says about one attempt.
struct Outcome: Equatable, CustomStringConvertible {
  var reached = 0
  var converted = false
  var complete = true
  var rows: [Int] = []

  var description: String { "reached \(reached) converted \(converted) complete \(complete) rows \(rows)" }
}

/// Runs the matcher over one user.
func run(_ pattern: SequencePattern, _ history: History, now: Int64 = 1 << 50, deadlines: [Int64]? = nil) -> [Outcome] {
  var matcher = SequenceMatcher(pattern, now: now)
  var matches = matcher.makeMatches()
  let starts = [0, history.count]
  matcher.match(
    starts: starts.span, times: history.times.span, masks: history.masks.span, keys: history.keys.span,
    deadlines: deadlines?.span, into: &matches)
  return (0..<matches.count).map { index in
    Outcome(
      reached: Int(matches.reached[index]), converted: matches.flags[index].contains(.converted),
      complete: matches.flags[index].contains(.complete),
      rows: (0..<matches.stepCount).map { matches.row(index, step: $0) ?? -1 })
  }
}

/// Steps from letters: `steps("abc")` is a THEN b THEN c.
func steps(_ names: String) -> [SequencePattern.Step] {
  names.utf8.map { SequencePattern.Step(Int($0 - UInt8(ascii: "a"))) }
}
