#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// One entry of `run`: what a run holds and whether scans see it. The key is the run's number, u32 big-endian.
///
/// ```
/// 0       1          4            8               16    24     32      40      48     56        60             64
/// +-------+----------+------------+---------------+-----+------+-------+-------+------+---------+--------------+
/// | state | reserved | process u32| process start | age | rows | users | first | last | largest | merged below |
/// +-------+----------+------------+---------------+-----+------+-------+-------+------+---------+--------------+
/// ```
struct RunRecord: Equatable, Sendable {
  enum State: UInt8, Sendable {
    /// Being written by ``process``; no scan sees it.
    case staged = 0
    case visible = 1
    /// Replaced by another run; its blocks are on their way out.
    case removed = 2
  }

  static let byteCount = 64

  /// Numbers of runs are never used again while their blocks are there.
  var id: UInt32
  var state: State
  /// The process that writes a staged run, and when it started, so that a number given to another process is noticed.
  var process: UInt32 = 0
  var processStart: UInt64 = 0
  /// The order of runs: rows of an older run come before those of a younger where times are equal.
  var age: UInt64 = 0
  var rows = 0
  var users = 0
  var firstTime = Int64.max
  var lastTime = Int64.min
  var largestUser: UInt32 = 0
  /// The rows of users below have moved to the base.
  var mergedBelow: UInt32 = 0

  /// A run that this process is about to write.
  static func staged(_ id: UInt32) -> RunRecord {
    let process = UInt32(bitPattern: getpid())
    return RunRecord(id: id, state: .staged, process: process, processStart: ProcessStart.of(process) ?? 0)
  }

  mutating func set(_ totals: RunTotals) {
    rows = totals.rows
    users = totals.users
    firstTime = totals.firstTime
    lastTime = totals.lastTime
    largestUser = totals.largestUser
  }

  /// Whether the process that writes the run is gone.
  var isAbandoned: Bool {
    guard state == .staged else { return false }
    guard let start = ProcessStart.of(process) else { return true }
    return start != processStart
  }

  var key: Key { Key().appending(id) }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.integer(state.rawValue)
    writer.bytes([0, 0, 0])
    writer.integer(process)
    writer.integer(processStart)
    writer.integer(age)
    writer.integer(Int64(rows))
    writer.integer(Int64(users))
    writer.integer(firstTime)
    writer.integer(lastTime)
    writer.integer(largestUser)
    writer.integer(mergedBelow)
    return writer.bytes
  }
}

extension RunRecord {
  init?(key: RawSpan, _ stored: RawSpan) {
    guard key.byteCount == 4, stored.byteCount == RunRecord.byteCount else { return nil }
    var reader = ByteReader(stored)
    guard let state = State(rawValue: reader.integer()) else { return nil }
    self.state = state
    id = key.bigEndian(at: 0)
    _ = reader.bytes(3)
    process = reader.integer()
    processStart = reader.integer()
    age = reader.integer()
    rows = Int(reader.integer(Int64.self))
    users = Int(reader.integer(Int64.self))
    firstTime = reader.integer()
    lastTime = reader.integer()
    largestUser = reader.integer()
    mergedBelow = reader.integer()
  }
}

/// When a process started, in a unit of the system: tells a process from a later one with the same number.
enum ProcessStart {
  /// `nil` when there is no such process; 0 where the system does not say.
  static func of(_ process: UInt32) -> UInt64? {
    guard kill(pid_t(bitPattern: process), 0) == 0 || errno == EPERM else { return nil }
    #if os(Linux)
    guard let file = unsafe fopen("/proc/\(process)/stat", "r") else { return 0 }
    defer { unsafe fclose(file) }
    let text = unsafe String(unsafeUninitializedCapacity: 1_024) { unsafe fread($0.baseAddress!, 1, 1_024, file) }
    // The second field is the name in parentheses, which may hold blanks; the start time is the 22nd.
    guard let end = text.lastIndex(of: ")") else { return 0 }
    let fields = text[end...].split(separator: " ")
    return fields.count > 20 ? UInt64(fields[20]) ?? 0 : 0
    #else
    return 0
    #endif
  }
}
