import InstarExecution
import InstarStorage
import Testing

/// Models of recommendation that are kept: in the process, in the store, and while events are added.
@Suite struct KeptModelTests {
  private static let purchases = ["SET GOAL EVENT purchase", "DEFINE CATALOG purchase WEIGHT 5 CONSUMES"]

  /// Users who buy some of twelve items in any order.
  private static func log(seed: Int, threads: Int = 1) throws -> Log {
    var random = SplitMix(seed)
    var events = "user time event item\n"
    for user in 0..<60 {
      for day in 1...random.pick(1...8) { events += "u\(user) \(day)d purchase i\(random.pick(0...11))\n" }
    }
    return try Log(events, settings: purchases, threads: threads)
  }

  private static let columns = "user item rank score source"

  /// One user's list is made of his own events and the kept models; it is his part of the list of all.
  @Test(arguments: [1, 2, 3]) func oneUsersListIsHisPartOfAll(seed: Int) throws {
    let log = try Self.log(seed: seed)
    for method in ["hybrid", "next", "taste", "cooc", "als", "userknn", "trend", "popular"] {
      let all = try log.ask("SEGMENT users RECOMMEND 3 EXCLUDING purchase USING \(method), popular", Self.columns)
      // A process of its own, so that the models come from the store and nothing else was read.
      let other = Log(reopening: log, threads: 2)
      for user in ["u0", "u7", "u59"] {
        let own = try other.ask(
          "RECOMMEND 3 FOR USER '\(user)' EXCLUDING purchase USING \(method), popular", Self.columns)
        #expect(own == all.filter { $0.hasPrefix(user + " ") }, "seed \(seed), \(method), \(user)")
      }
    }
  }

  @Test func oneUserIsThePopulationOfHisList() throws {
    let log = try Self.log(seed: 4)
    #expect(try log.run("RECOMMEND 3 FOR USER 'u1'").receipt.population == 1)
    #expect(try log.run("SEGMENT users RECOMMEND 3").receipt.population == 60)
  }

  /// A small log's models know every event.
  @Test func modelsOfASmallLogAreFittedAnew() throws {
    let log = try Self.log(seed: 5)
    try log.run("RECOMMEND 3 FOR USER 'u1'")
    try log.store.append(Log.records("user time event item \n u1 9d purchase i3 \n late 9d purchase new"))
    let answer = try log.run("SEGMENT users RECOMMEND 20 EXCLUDING NOTHING USING trend")
    #expect(answer.receipt.models.isEmpty)
    #expect(try log.ask("RECOMMEND 20 FOR USER 'u1' EXCLUDING NOTHING USING popular", "item").contains("new"))
  }

  /// A large log's models serve on while few events are added, and the receipt says how old they are.
  @Test func modelsOfALargeLogServeWhileItGrows() throws {
    let log = try Self.log(seed: 6)
    var aging = ModelAging()
    (aging.leastEvents, aging.counts, aging.learnt) = (1, 0.1, 0.1)
    let engine = Log(reopening: log, aging: aging)
    let sentence = "RECOMMEND 12 FOR USER 'u1' EXCLUDING NOTHING USING taste"
    try engine.run(sentence)
    // An item that no model knows, and a user whose history is read as it is.
    try log.store.append(Log.records("user time event item \n u1 9d purchase new \n late 9d purchase i3"))
    for process in [engine, Log(reopening: log, aging: aging)] {
      for method in ["hybrid", "next", "taste", "als", "trend", "popular"] {
        _ = try process.run("RECOMMEND 12 FOR USER 'u1' EXCLUDING NOTHING USING \(method)")
      }
      let answer = try process.run(sentence)
      let line = try #require(answer.receipt.models.first)
      #expect(line.hasPrefix("taste as of 2026-01-09 00:00:00; 2 events since ("))
      #expect(answer.receipt.models.count == 1)
      #expect(try process.ask("RECOMMEND 1 FOR USER 'late' USING taste", "source") == ["taste"])
    }
    // Past the share that a model may lack, it is fitted anew and knows the same as one that never was old.
    let more = (0..<60).map { "u\($0) 10d purchase i\($0 % 12)" }.joined(separator: "\n")
    try log.store.append(Log.records("user time event item\n" + more))
    #expect(try engine.run(sentence).receipt.models.isEmpty)
    #expect(try engine.ask(sentence, Self.columns) == log.ask(sentence, Self.columns))
  }

  @Test func forgettingAUserEndsTheModelsThatKnowHim() throws {
    let log = try Self.log(seed: 7)
    var aging = ModelAging()
    (aging.leastEvents, aging.counts, aging.learnt) = (1, 1, 1)
    let engine = Log(reopening: log, aging: aging)
    let sentence = "SEGMENT users RECOMMEND 12 EXCLUDING NOTHING USING taste"
    try engine.run(sentence)
    try engine.run("FORGET USER 'u2'")
    #expect(try engine.run(sentence).receipt.models.isEmpty)
    #expect(try engine.ask(sentence, Self.columns) == log.ask(sentence, Self.columns))
  }

  @Test func whatWasAskedAsOfAMomentKnowsNothingLater() throws {
    let log = try Self.log(seed: 8)
    var aging = ModelAging()
    (aging.leastEvents, aging.counts, aging.learnt) = (1, 1, 1)
    let engine = Log(reopening: log, aging: aging)
    try engine.run("SEGMENT users RECOMMEND 5")
    let past = "AS OF @2026-01-04 SEGMENT users RECOMMEND 5 USING taste"
    #expect(try engine.run(past).receipt.models.isEmpty)
    #expect(try engine.ask(past, Self.columns) == log.ask(past, Self.columns))
  }
}
