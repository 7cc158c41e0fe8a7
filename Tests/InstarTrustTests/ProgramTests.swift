import Instar
import InstarStorage
import InstarTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Every line of the page of bad input through the program itself: exit code 1, the error on standard error, nothing on
/// standard output, and a store that `instar check` finds as it was.
@Suite struct ProgramTests {
  private let folder = TemporaryFolder()
  private var shop: String { folder.path("shop.instar") }

  init() throws {
    let store = try Store.open(shop, mode: .createIfMissing)
    try store.append(ShopLog.events(users: 0..<2_000))
    try store.compact()
  }

  /// What must hold after each failure.
  private func expectUnharmed(_ note: Comment, users: Int = 2_000) {
    let check = InstarProgram.run("check", shop)
    #expect(check.code == 0, "\(note): \(check.output) \(check.errors)")
    let totals = InstarProgram.run(shop, "--format", "csv", "-c", ShopLog.totals)
    let revenue = Double(users) * 2.5
    #expect(totals.output == "n,u,revenue\n\(users * 3),\(users),\(revenue)\n", note)
  }

  private func expect(_ bad: BadCase, _ result: InstarProgram.Result) {
    #expect(result.code == 1, "\(bad.name): \(result.errors)")
    #expect(result.output == "", "\(bad.name)")
    #expect(result.errors.contains(bad.code), "\(bad.name): \(result.errors)")
    // Long lines are broken at the width of the page.
    let text = result.errors.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    #expect(text.contains(bad.place), "\(bad.name): \(result.errors)")
    #expect(result.errors.utf8.count < 100_000)
  }

  // MARK: Statements

  @Test(arguments: BadStatementTests.cases) func wrongStatements(_ bad: BadCase) {
    let script = folder.write("bad.iq", bad.statement)
    let result = InstarProgram.run(shop, "-f", script)
    if bad.name == "empty statement" {
      // A script that holds nothing is no error of a script; the statement is one in the library.
      #expect(result.code == 0 && result.output == "")
    } else {
      expect(bad, result)
    }
    expectUnharmed("\(bad.name)")
  }

  @Test func aMegabyteOfGarbage() {
    var random = TestRandom()
    let noise = (0..<1_000_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    let signs = Array("()[]{}'\"`,.;:*/+-<>=!@#$%^&| \tSEGMENTWHEREdid0123456789".utf8)
    for bytes in [noise, noise.map { signs[Int($0) % signs.count] }] {
      let result = InstarProgram.run(shop, "-f", folder.write("noise.iq", bytes))
      #expect(result.code == 1, "seed \(random.seed)")
      #expect(result.output == "", "seed \(random.seed)")
      #expect(result.errors.contains("E00") && result.errors.utf8.count < 100_000, "seed \(random.seed)")
    }
    expectUnharmed("a megabyte of garbage")
  }

  // MARK: Files

  @Test(arguments: BadFileTests.refused) func refusedFiles(_ bad: BadCase, _ bytes: [UInt8]) {
    let file = folder.write(bad.name == "truncated gz" ? "bad.csv.gz" : "bad.csv", bytes)
    expect(bad, InstarProgram.run("import", shop, file))
    expectUnharmed("\(bad.name)")
    // A store that was made for the import goes with it.
    let new = folder.path("new.instar")
    expect(bad, InstarProgram.run("import", new, file))
    #expect(access(new, F_OK) != 0 && access(new + "-lock", F_OK) != 0, "\(bad.name) left a store")
  }

  @Test(arguments: BadFileTests.partial.indices) func rejectedRows(_ index: Int) {
    let (name, text, stored, says) = BadFileTests.partial[index]
    let file = folder.write("bad.csv", text.utf8.map { $0 == 1 ? 0xFF : $0 })
    let new = folder.path("new.instar")
    let result = InstarProgram.run("import", new, file)
    #expect(result.code == 0, "\(name): \(result.errors)")
    #expect(says.isEmpty || (result.output + result.errors).contains("rejected"), "\(name)")
    let count = InstarProgram.run(new, "--format", "csv", "-c", "EVENTS event AGGREGATE count() AS n")
    #expect(count.output == "n\n\(stored)\n", "\(name)")
    #expect(InstarProgram.run("check", new).code == 0, "\(name)")
  }

  @Test func filesThatCannotBeOpened() {
    expect(BadFileTests.missing, InstarProgram.run("import", shop, folder.path("none.csv")))
    let good = folder.write("secret.csv", ShopLog.csv(users: 5..<6))
    let rejects = "rejects='\(folder.path("no/rejects.csv"))'"
    expect(BadFileTests.rejectsHaveNoFolder, InstarProgram.run("import", shop, good, "--with", rejects))
    chmod(good, 0)
    if let prefix = Self.withoutPrivileges {
      expect(BadFileTests.unreadable, InstarProgram.run("import", shop, good, prefix: prefix))
    }
    expectUnharmed("files that cannot be opened")
  }

  /// The words before a command that make file permissions count for the administrator, too; `nil` where that cannot be.
  private static let withoutPrivileges: [String]? = {
    if geteuid() != 0 { return [] }
    let prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    return access("/usr/bin/setpriv", X_OK) == 0 ? prefix : nil
  }()

  // MARK: Stores

  /// Nobody else can read a store or its lock file, whatever the mask of the shell says.
  @Test func storesArePrivate() {
    let file = folder.write("a.csv", ShopLog.csv(users: 0..<5))
    let new = folder.path("new.instar")
    let open = ["/bin/sh", "-c", "umask 0; exec \"$@\"", "sh"]
    #expect(InstarProgram.run("import", new, file, prefix: open).code == 0)
    for path in [new, new + "-lock"] {
      var status = stat()
      #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600, "\(path)")
    }
  }

  @Test func storesThatCannotBeOpened() {
    let words = folder.write("words.instar", "user,time\n")
    expect(BadStoreTests.noStore, InstarProgram.run(words, "-c", "SHOW EVENTS"))
    #expect(Files.read(words) == Array("user,time\n".utf8))
    expect(BadStoreTests.missing, InstarProgram.run(folder.path("none.instar"), "-c", "SHOW EVENTS"))
    let csv = folder.write("a.csv", ShopLog.csv(users: 0..<5))
    expect(BadStoreTests.noFolder, InstarProgram.run("import", folder.path("no/a.instar"), csv))

    var bytes = Files.read(shop)
    let cut = folder.write("cut.instar", bytes[..<(bytes.count / 2)])
    expect(BadStoreTests.truncated, InstarProgram.run(cut, "-c", "SHOW EVENTS"))
    let mark = Array("INSTAR\0\0".utf8)
    for start in 0..<bytes.count - 12 where bytes[start] == mark[0] && Array(bytes[start..<start + 8]) == mark {
      bytes[start + 8] = 99
    }
    let newer = folder.write("newer.instar", bytes)
    expect(BadStoreTests.newer, InstarProgram.run(newer, "-c", "SHOW EVENTS"))
    #expect(Files.read(newer) == bytes)

    if let prefix = Self.withoutPrivileges {
      chmod(shop, 0)
      expect(BadStoreTests.noPermission, InstarProgram.run(shop, "-c", "SHOW EVENTS", prefix: prefix))
      chmod(shop, 0o600)
    }
    expectUnharmed("stores that cannot be opened")
  }

  /// A flipped bit: a question gives the right answer or fails, and the check fails where a block is damaged.
  @Test func aFlippedBit() {
    let whole = Files.read(shop)
    var random = TestRandom()
    var damaged = 0
    for _ in 0..<8 {
      var bytes = whole
      bytes[Int.random(in: 8_192..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      let copy = folder.write("flipped.instar", bytes)
      unlink(copy + "-lock")
      let answer = InstarProgram.run(copy, "--format", "csv", "-c", ShopLog.totals)
      #expect(answer.output == "" || answer.output == "n,u,revenue\n6000,2000,5000.0\n", "seed \(random.seed)")
      #expect(answer.code == (answer.output == "" ? 1 : 0), "seed \(random.seed): \(answer.errors)")
      let check = InstarProgram.run("check", copy)
      #expect(check.code == 0 || check.code == 1, "seed \(random.seed): \(check.errors)")
      if answer.code == 1 { #expect(check.code == 1, "seed \(random.seed)") }
      damaged += check.code == 1 ? 1 : 0
    }
    print("flipped bits that the program found: \(damaged) of 8")
  }

  #if os(Linux)
  /// A limit on the size of files stands for the full disk.
  @Test func aFullDisk() {
    let file = folder.write("more.csv", ShopLog.csv(users: 2_000..<42_000))
    let blocks = (Files.read(shop).count + 200_000) / 512
    let limited = ["/bin/sh", "-c", "ulimit -f \(blocks); exec \"$@\"", "sh"]
    expect(BadStoreTests.full, InstarProgram.run("import", shop, file, prefix: limited))
    expectUnharmed("a full disk")
    #expect(InstarProgram.run("import", shop, file).code == 0)
    expectUnharmed("room again", users: 42_000)
  }
  #endif

  // MARK: While an import runs

  /// While single events are added by another process, an import is either stored whole or told to run again.
  @Test func twoWriters() throws {
    let file = folder.write("more.csv", ShopLog.csv(users: 10_000..<30_000))
    let program = InstarProgram.start(["import", shop, file])
    let store = try Store.open(shop, mode: .mustExist)
    var user = 2_000
    for _ in 0..<200 {
      try store.append(ShopLog.events(users: user..<user + 1))
      user += 1
    }
    let result = program.wait()
    if result.code != 0 {
      expect(BadStoreTests.overtaken, result)
      expectUnharmed("two writers", users: user)
      #expect(InstarProgram.run("import", shop, file).code == 0)
    }
    expectUnharmed("two writers", users: user + 20_000)
  }

  /// `check --repair` leaves a sound store as it is.
  @Test func repairOfASoundStore() {
    let result = InstarProgram.run("check", shop, "--repair")
    #expect(result.code == 0 && result.output.contains("is intact"), "\(result.errors)")
    expectUnharmed("repair")
  }

  /// Ctrl-C ends an import with the code of interrupted programs; whatever moment it comes, all is there or nothing.
  @Test func interruptedImports() {
    let file = folder.write("more.csv", ShopLog.csv(users: 2_000..<14_000))
    let whole = Files.read(shop)
    var random = TestRandom()
    for _ in 0..<4 {
      unlink(shop + "-lock")
      Files.write(whole, to: shop)
      let program = InstarProgram.start(["import", shop, file])
      usleep(UInt32.random(in: 20_000..<200_000, using: &random))
      program.signal(SIGINT)
      let result = program.wait()
      // A signal before the program listens ends it as any program.
      #expect([0, 130, -1].contains(result.code), "seed \(random.seed): \(result.errors)")
      if result.code == 130 { #expect(result.errors.contains("E0801"), "seed \(random.seed)") }
      expectUnharmed("seed \(random.seed)", users: result.code == 0 ? 14_000 : 2_000)
    }
  }
}
