import InstarColumns
import InstarPlan

extension Combine {
  /// CONTAINS, STARTS WITH, ENDS WITH and MATCHES. Over dictionary codes each text is tested once.
  static func test(_ test: TextTest, _ inner: Vector, _ text: String, _ count: Int) -> Vector {
    let rows = inner.isConstant ? 1 : count
    let tester = TextTester(test, text)
    var result = [UInt8](repeating: 0, count: rows)
    if case .codes(let codes, let dictionary) = inner.values {
      var known: [UInt32: UInt8] = [:]
      for row in 0..<rows where inner.isPresent(row) {
        if let answer = known[codes[row]] {
          result[row] = answer
        } else {
          let answer: UInt8 = tester.holds(dictionary.text(codes[row])) ? 1 : 0
          known[codes[row]] = answer
          result[row] = answer
        }
      }
    } else {
      for row in 0..<rows where inner.isPresent(row) { result[row] = tester.holds(inner.text(row)) ? 1 : 0 }
    }
    return Vector(.boolean, .booleans(result), isConstant: inner.isConstant)
  }
}

/// One text condition. MATCHES knows the anchors `^` and `$` and the wildcards `*` (any text) and `?` (any character):
/// it is linear, where general regular expressions are not.
struct TextTester {
  private let test: TextTest
  private let text: String
  private let pattern: [Character]

  init(_ test: TextTest, _ text: String) {
    self.test = test
    self.text = text
    if test == .matches {
      var body = text[...]
      let fromStart = body.hasPrefix("^")
      if fromStart { body.removeFirst() }
      let toEnd = body.hasSuffix("$")
      if toEnd { body.removeLast() }
      pattern = (fromStart ? [] : ["*"]) + Array(body) + (toEnd ? [] : ["*"])
    } else {
      pattern = []
    }
  }

  func holds(_ candidate: String) -> Bool {
    switch test {
    case .contains: text.isEmpty || candidate.contains(text)
    case .startsWith: candidate.hasPrefix(text)
    case .endsWith: candidate.hasSuffix(text)
    case .matches: matches(Array(candidate))
    }
  }

  /// Greedy wildcard matching with one point of return: O(candidate x pattern) at worst, O(candidate) as a rule.
  private func matches(_ candidate: [Character]) -> Bool {
    var at = 0
    var next = 0
    var star: (pattern: Int, candidate: Int)?
    while at < candidate.count {
      if next < pattern.count, pattern[next] == "*" {
        star = (next, at)
        next += 1
      } else if next < pattern.count, pattern[next] == "?" || pattern[next] == candidate[at] {
        next += 1
        at += 1
      } else if let last = star {
        star = (last.pattern, last.candidate + 1)
        next = last.pattern + 1
        at = last.candidate + 1
      } else {
        return false
      }
    }
    while next < pattern.count, pattern[next] == "*" { next += 1 }
    return next == pattern.count
  }
}
