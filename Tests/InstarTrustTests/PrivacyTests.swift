import Instar
import InstarStorage
import InstarTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What differential privacy promises, measured at the answers: `INSTAR_QUESTIONS=4000` is the full run.
@Suite(.serialized) struct PrivacyTests {
  /// The same questions of two stores that differ by one user: no set of answers may be more than e^epsilon times as
  /// frequent in one as in the other, and at half the epsilon that must fail, else there is more noise than declared.
  @Test func theAnswersDependOnOneUserAsDeclared() throws {
    let count = setting("INSTAR_QUESTIONS", default: 1_000)
    let epsilon = 1.0
    let answers = try [20, 21].map { try Self.answers(users: $0, questions: count, epsilon: epsilon) }
    #expect(Self.excess(answers[0], answers[1], factor: exp(epsilon)) < 0)
    #expect(Self.excess(answers[1], answers[0], factor: exp(epsilon)) < 0)
    #expect(Self.excess(answers[1], answers[0], factor: exp(epsilon / 2)) > 0)
  }

  /// As many answers as there are questions, each with noise of its own: the questions differ in a condition that
  /// all users fulfil.
  private static func answers(users: Int, questions: Int, epsilon: Double) throws -> [Int] {
    let database = try Database.inMemory()
    try database.engine.store.append(ShopLog.events(users: 0..<users))
    try database.query("SET PRIVACY BUDGET 1000000")
    return try (0..<questions).map { number in
      try database.count(
        "SEGMENT users WHERE count(view) < \(number + 2) AGGREGATE users() AS n WITH epsilon = \(epsilon)")
    }
  }

  /// By how much P(a in S) is over `factor` x P(b in S) and five standard errors, at the worst of the sets S of all
  /// answers up to one, from one on, and of one alone.
  private static func excess(_ a: [Int], _ b: [Int], factor: Double) -> Double {
    let values = Set(a + b).sorted()
    let sets: [(Int, Int) -> Bool] = [(<=), (>=), (==)]
    return values.flatMap { value in
      sets.map { holds in
        let (p, q) = (share(a) { holds($0, value) }, share(b) { holds($0, value) })
        let variance = p * (1 - p) / Double(a.count) + factor * factor * q * (1 - q) / Double(b.count)
        // A share of nothing seen still has the error of one answer.
        return p - factor * q - 5 * max(variance.squareRoot(), 1 / Double(a.count))
      }
    }.max() ?? 0
  }

  private static func share(_ values: [Int], where holds: (Int) -> Bool) -> Double {
    Double(values.count(where: holds)) / Double(values.count)
  }

  @Test func theBudgetIsSet() throws {
    let database = try Database.inMemory()
    try database.engine.store.append(ShopLog.events(users: 0..<20))
    try database.query("SET PRIVACY BUDGET 2")
    let question = "SEGMENT users WHERE count(view) < 2 AGGREGATE users() AS n WITH epsilon = 1.5"
    let answer = try database.count(question)
    let other = "SEGMENT users WHERE count(view) < 3 AGGREGATE users() AS n WITH epsilon = 1.5"
    Self.expectSpent { _ = try database.query(other) }
    try database.query("SET PRIVACY BUDGET 3")
    try database.query(other)
    // Less than what is spent: nothing more is told, and what was told before still is.
    try database.query("SET PRIVACY BUDGET 0")
    Self.expectSpent { _ = try database.query("SEGMENT users AGGREGATE users() WITH epsilon = 0.01") }
    #expect(try database.count(question) == answer)
    #expect(try database.query("SHOW AUDIT WHERE text = 'the privacy budget is 3'").rowCount == 1)
  }

  private static func expectSpent(_ body: () throws -> Void) {
    do {
      try body()
      Issue.record("the budget was overspent")
    } catch { #expect((error as? InstarError)?.code.rawValue == "E0135") }
  }

  #if os(Linux)
  /// Two processes ask questions of their own at the same time until the budget is spent: together ten of epsilon 1.
  @Test(.enabled(if: ChildProcess.role == nil)) func twoProcessesShareOneBudget() throws {
    let folder = TemporaryFolder(inMemory: true)
    let path = folder.path("a.instar")
    let database = try Database.open(path)
    try database.engine.store.append(ShopLog.events(users: 0..<20))
    let children = [100, 200].map { ChildProcess.start("spend", path: path, number: $0) }
    let answered = children.map { child in
      var count = 0
      while child.receive() != nil { count += 1 }
      #expect(child.wait() == 0)
      return count
    }
    #expect(answered.reduce(0, +) == 10)
    #expect(try database.query("SHOW AUDIT WHERE text = 'spent epsilon 1.0 of the privacy budget'").rowCount == 10)
  }
  #endif

  /// A user's own data are his, whatever the threshold for reports.
  @Test func aThresholdDoesNotHideAUsersOwnData() throws {
    let folder = TemporaryFolder()
    let database = try Database.open(folder.path("a.instar"))
    try database.engine.store.append(ShopLog.events(users: 0..<20))
    try database.query("SET PRIVACY THRESHOLD 10")
    try database.query("EXPORT USER 'u3' TO '\(folder.path("u3.json"))'")
    #expect(String(decoding: Files.read(folder.path("u3.json")), as: UTF8.self).contains("\"user\": \"u3\""))
  }
}
