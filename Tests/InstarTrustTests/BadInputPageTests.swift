import InstarTestSupport
import Testing

/// The reference page of bad input and the tests name the same things with the same codes.
@Suite struct BadInputPageTests {
  private var cases: [BadCase] {
    var cases = BadStatementTests.cases + BadFileTests.refused.map(\.0)
    cases += [
      BadFileTests.missing, BadFileTests.unreadable, BadFileTests.rejectsHaveNoFolder, BadFileTests.cancelled,
      BadStoreTests.noStore, BadStoreTests.truncated, BadStoreTests.newer, BadStoreTests.noPermission,
      BadStoreTests.missing, BadStoreTests.noFolder, BadStoreTests.overtaken,
    ]
    #if os(Linux)
    cases.append(BadStoreTests.full)
    #endif
    return cases
  }

  @Test func everyCaseHasItsLine() {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let page = String(decoding: Files.read("/\(root)/docs/reference/bad-input.md"), as: UTF8.self)
    for bad in cases { #expect(page.contains("| \(bad.name) | \(bad.code) |"), "\(bad.name)") }
    for row in BadFileTests.partial { #expect(page.contains("| \(row.name) |"), "\(row.name)") }
    // And every line of the page has its case; two have tests of their own kind.
    let own = ["a megabyte of garbage", "a flipped bit"]
    let names = Set(cases.map(\.name) + BadFileTests.partial.map(\.name) + own)
    for line in page.split(separator: "\n") where line.hasPrefix("| ") && !line.hasPrefix("| input ") {
      let name = line.dropFirst(2).prefix { $0 != "|" }
      #expect(names.contains(String(name.dropLast())), "no test: \(name)")
    }
  }
}
