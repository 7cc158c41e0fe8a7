import Instar
import InstarStorage
import InstarTestSupport

/// What happens to one store, step by step, with what it must hold after each: state 0 is no store, state 1 an empty
/// one, state *n* + 2 that after step *n*.
struct StoreLife {
  enum Step {
    case append(Range<Int>)
    case importFile(Range<Int>)
    case compact
    case forget(Int)
  }

  let seed: UInt64
  private(set) var steps: [Step] = []
  /// The users in each state, as rows of ``users``.
  private(set) var states: [[String]] = [[], []]

  static let users = "SEGMENT users KEEP user SORT BY user"

  /// - Parameter mostUsers: of one import.
  init(seed: UInt64, stepCount: Int = 20, mostUsers: Int = 400) {
    self.seed = seed
    var random = TestRandom(seed: seed)
    var next = 0
    var present: [Int] = []
    for index in 0..<stepCount {
      let step: Step
      switch index == 0 ? 0 : Int.random(in: 0..<10, using: &random) {
      case 0..<5: step = .append(next..<next + Int.random(in: 1...20, using: &random))
      case 5..<7: step = .importFile(next..<next + Int.random(in: 20...mostUsers, using: &random))
      case 7: step = .compact
      default: step = .forget(present.randomElement(using: &random) ?? 0)
      }
      switch step {
      case .append(let users), .importFile(let users):
        present += users
        next = users.upperBound
      case .forget(let user): present.removeAll { $0 == user }
      case .compact: break
      }
      steps.append(step)
      states.append(present.map { "u\($0)" }.sorted().map { "text(\"\($0)\")" })
    }
  }

  /// Does step `index` on a store in state `index` + 1.
  func perform(_ index: Int, on database: Database) throws {
    switch steps[index] {
    case .append(let users): try database.engine.store.append(ShopLog.events(users: users))
    case .importFile(let users):
      let file = Files.folder(of: database.path) + "/import.csv"
      Files.write(ShopLog.csv(users: users), to: file)
      try database.query("IMPORT EVENTS FROM \(quoted(file))")
    case .compact: try database.compact()
    case .forget(let user): try database.query("FORGET USER 'u\(user)'")
    }
  }

  /// The first of the states `allowed` that the store is in, with every answer right and nothing damaged.
  ///
  /// - Throws: ``Wrong``, or the error of a statement.
  func state(of database: Database, in allowed: ClosedRange<Int>) throws -> Int {
    let isEmpty = try database.engine.store.read { $0.userCount == 0 }
    let users = isEmpty ? [] : try database.rows(Self.users)
    guard let state = allowed.first(where: { $0 > 0 && states[$0] == users }) else {
      throw Wrong("\(users.count) users; expected \(allowed.map { states[$0].count })")
    }
    if !users.isEmpty {
      guard try database.rows(ShopLog.totals) == ShopLog.totals(users: users.count) else { throw Wrong("totals") }
      guard try database.rows(ShopLog.funnel) == ShopLog.funnel(users: users.count) else { throw Wrong("funnel") }
    }
    let problems = try database.check().problems
    guard problems.isEmpty else { throw Wrong(problems.joined(separator: "; ")) }
    return state
  }

  struct Wrong: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
  }
}
