#if os(Linux)
import Glibc
import Instar
import InstarStorage
import InstarTestSupport
import Testing

/// What child processes do. Nothing of it runs unless a test started the process for it.
@Suite struct ChildRoles {
  /// Adds users one by one and reports how many are safe.
  @Test(.enabled(if: ChildProcess.role == "append"))
  func append() throws {
    let store = try Store.open(ChildProcess.path, mode: .createIfMissing)
    var user = try store.read { $0.userCount }
    while true {
      try store.append(ShopLog.events(users: user..<user + 1))
      user += 1
      ChildProcess.send(user)
    }
  }

  /// Imports the file beside the store once.
  @Test(.enabled(if: ChildProcess.role == "importFile"))
  func importFile() throws {
    let database = try Database.open(ChildProcess.path)
    ChildProcess.send(1)
    try database.query("IMPORT EVENTS FROM '\(ChildProcess.path).csv'")
    ChildProcess.send(2)
    pause()
  }

  @Test(.enabled(if: ChildProcess.role == "compact"))
  func compact() throws {
    let database = try Database.open(ChildProcess.path)
    ChildProcess.send(1)
    try database.compact()
    ChildProcess.send(2)
    pause()
  }

  /// Asks again and again until it has seen as many users as its number says; each answer must be that of whole commits,
  /// and users never become fewer. Reports the number of users of every new answer.
  @Test(.enabled(if: ChildProcess.role == "ask"))
  func ask() throws {
    var configuration = Configuration()
    configuration.readOnly = true
    let database = try Database.open(ChildProcess.path, configuration: configuration)
    ChildProcess.send(0)
    var last = 0
    while last < ChildProcess.number {
      let totals = try database.query(ShopLog.totals)
      guard case .integer(let users) = totals.column("u")?[0], Int(users) >= last else { exit(1) }
      let rows = (0..<totals.rowCount).map { row in totals.columns.map { "\($0[row])" }.joined(separator: " ") }
      guard users == 0 || rows == ShopLog.totals(users: Int(users)) else { exit(2) }
      let funnel = try database.query("FUNNEL view THEN cart THEN purchase WITHIN 1 DAY")
      let steps = (0..<3).map { funnel.column("users")![$0] }
      guard case .integer(let entered) = steps[0], entered >= users, steps.allSatisfy({ $0 == steps[0] }) else {
        exit(3)
      }
      if Int(entered) != last { ChildProcess.send(Int(entered)) }
      if users != entered, Int(users) != last { ChildProcess.send(Int(users)) }
      last = Int(entered)
    }
    exit(0)
  }

  /// Asks one question after the other WITH epsilon = 1, each with its own words, and reports each that was answered,
  /// until the budget is spent.
  @Test(.enabled(if: ChildProcess.role == "spend"))
  func spend() throws {
    let database = try Database.open(ChildProcess.path)
    for number in 0..<30 {
      let condition = "count(view) < \(ChildProcess.number + number)"
      do {
        try database.query("SEGMENT users WHERE \(condition) AGGREGATE users() WITH epsilon = 1")
        ChildProcess.send(number)
      } catch let error as InstarError {
        exit(error.code.rawValue == "E0135" ? 0 : 1)
      }
    }
    exit(2)
  }

  /// Imports until the file may not grow any further, a limit that stands for the full disk.
  @Test(.enabled(if: ChildProcess.role == "importUntilFull"))
  func importUntilFull() throws {
    signal(SIGXFSZ, SIG_IGN)
    let database = try Database.open(ChildProcess.path)
    let users = try database.count("SEGMENT users AGGREGATE users() AS u")
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    let whole = limit.rlim_cur
    limit.rlim_cur = rlim_t(ChildProcess.number)
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    do {
      try database.query("IMPORT EVENTS FROM '\(ChildProcess.path).csv'")
      exit(1)
    } catch InstarError.diskFull {
      guard try database.rows(ShopLog.totals) == ShopLog.totals(users: users) else { exit(2) }
      limit.rlim_cur = whole
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      guard try database.check().isIntact else { exit(3) }
      try database.query("IMPORT EVENTS FROM '\(ChildProcess.path).csv'")
      guard try database.check().isIntact else { exit(4) }
      exit(0)
    } catch {
      exit(5)
    }
  }

  /// Lives through the life of its number while every call on the store is recorded in a log beside it.
  @Test(.enabled(if: ChildProcess.role == "record"))
  func record() throws {
    let life = StoreLife(seed: UInt64(ChildProcess.number))
    let log = open(Files.folder(of: ChildProcess.path) + "/record.log", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    Faults.record(ChildProcess.path, log: log)
    Faults.mark(0, 1)
    let database = try Database.open(ChildProcess.path)
    Faults.mark(1, 1)
    for step in life.steps.indices {
      Faults.mark(step + 1, step + 2)
      try life.perform(step, on: database)
      Faults.mark(step + 2, step + 2)
    }
    Faults.record("", log: -1)
    exit(0)
  }

  @Test(.enabled(if: ChildProcess.role == "failCalls"))
  func failCalls() {
    var sweep = FaultSweep(path: ChildProcess.path)
    for how in [EIO, ENOSPC, Faults.cutShort] { sweep.run(stride: ChildProcess.number, .call(how)) }
    exit(sweep.report())
  }

  @Test(.enabled(if: ChildProcess.role == "failAllocations"))
  func failAllocations() {
    var sweep = FaultSweep(path: ChildProcess.path)
    sweep.run(stride: ChildProcess.number, .allocation)
    exit(sweep.report())
  }
}
#endif
