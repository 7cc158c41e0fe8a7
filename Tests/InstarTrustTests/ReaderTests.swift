#if os(Linux)
import Glibc
import Instar
import InstarStorage
import InstarTestSupport
import Testing

/// Processes ask while another writes: every answer is that of a moment between two commits.
///
/// `INSTAR_READERS=4 INSTAR_COMMITS=2000` is the full run.
@Suite(.serialized, .enabled(if: ChildProcess.role == nil)) struct ReaderTests {
  @Test func readersSeePrefixesOfCommits() throws {
    let folder = TemporaryFolder()
    let path = folder.path("a.instar")
    let database = try Database.open(path)
    try database.engine.store.append(ShopLog.events(users: 0..<10))
    let steps = setting("INSTAR_COMMITS", default: 40)
    var users = 10
    var commits: Set<Int> = [users]
    let total = users + (0..<steps).reduce(0) { $0 + usersOfStep($1) }
    let readers = (0..<setting("INSTAR_READERS", default: 2)).map { _ in
      ChildProcess.start("ask", path: path, number: total)
    }
    for reader in readers { #expect(reader.receive() == 0) }

    for step in 0..<steps {
      let next = users + usersOfStep(step)
      if step % 5 == 4 {
        try database.query("IMPORT EVENTS FROM \(quoted(folder.write("part.csv", ShopLog.csv(users: users..<next))))")
      } else {
        try database.engine.store.append(ShopLog.events(users: users..<next))
      }
      users = next
      commits.insert(users)
      if step % 8 == 7 { try database.compact() }
    }

    for reader in readers {
      var seen: [Int] = []
      while let users = reader.receive() { seen.append(users) }
      #expect(reader.wait() == 0)
      #expect(Set(seen).subtracting(commits) == [])
      #expect(seen.max() == total)
    }
    #expect(try database.check().problems == [])
  }

  private func usersOfStep(_ step: Int) -> Int { step % 5 == 4 ? 2_000 : 5 + step }
}
#endif
