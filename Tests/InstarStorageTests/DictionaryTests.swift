import InstarColumns
import InstarStorage
import InstarTestSupport
import Testing

@Suite struct DictionaryBuilderTests {
  @Test func numbersInOrderOfFirstAppearance() {
    let builder = DictionaryBuilder()
    #expect(["b", "a", "", "b", "ä€𐍈", "a"].map { builder.code(of: $0) } == [0, 1, 2, 0, 3, 1])
    #expect((0..<4).map { builder.text($0) } == ["b", "a", "", "ä€𐍈"])
    #expect(builder.find("a") == 1)
    #expect(builder.find("c") == nil)
    #expect(builder.count == 4)
  }

  @Test func agreesWithADictionaryOfStrings() {
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0 ... .max, using: &generator)
    var state = seed
    func next(_ bound: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % bound
    }
    let builder = DictionaryBuilder()
    var codes: [String: UInt32] = [:]
    for _ in 0..<50_000 {
      let length = Int(next(40))
      let text = String(repeating: "x", count: length) + String(next(20_000))
      let expected = codes[text, default: UInt32(codes.count)]
      codes[text] = expected
      #expect(builder.code(of: text) == expected, "seed \(seed)")
    }
    #expect(builder.count == codes.count)
    for (text, code) in codes { #expect(builder.text(code) == text) }
  }

  @Test func mergedChunksNumberLikeOnePass() {
    let texts = (0..<10_000).map { "user\($0 * 7919 % 3000)" }
    let whole = DictionaryBuilder()
    let expected = texts.map { whole.code(of: $0) }
    for chunkLength in [1, 333, 10_000] {
      let merged = DictionaryBuilder()
      var codes: [UInt32] = []
      for start in stride(from: 0, to: texts.count, by: chunkLength) {
        let chunk = DictionaryBuilder()
        let local = texts[start..<min(start + chunkLength, texts.count)].map { chunk.code(of: $0) }
        let map = merged.merge(chunk)
        codes += local.map { map[Int($0)] }
      }
      #expect(codes == expected)
    }
  }
}

@Suite struct StoredDictionaryTests {
  @Test func keepsTextsAndCodesBeyondTheTransaction() throws {
    let store = try Store.temporary()
    let texts = (0..<5000).map { "text \($0)" }
    let codes = try store.write { transaction in
      try texts.map { try transaction.intern($0, in: 7) }
    }
    #expect(codes == Array(0..<5000))
    let dictionary = try store.read { try $0.dictionary(7) }
    #expect(dictionary.count == 5000)
    #expect((0..<5000).map { dictionary.text(UInt32($0)) } == texts)
    #expect(texts.map { dictionary.code(of: $0) } == Array(0..<5000))
    #expect(dictionary.code(of: "text 5000") == nil)
    #expect(try store.read { try $0.dictionary(8) }.count == 0)
  }

  @Test func olderObjectsDoNotSeeNewerTexts() throws {
    let store = try Store.temporary()
    try store.write { _ = try $0.intern("a", in: 0) }
    let old = try store.read { try $0.dictionary(0) }
    try store.write { _ = try $0.intern("b", in: 0) }
    let new = try store.read { try $0.dictionary(0) }
    #expect(old.count == 1 && new.count == 2)
    #expect(old.code(of: "b") == nil)
    #expect(new.code(of: "b") == 1)
    #expect(new.text(1) == "b")
    let again = try store.read { try $0.dictionary(0) }
    #expect(again === new)
  }

  @Test func loadsLargeDictionariesPageByPage() throws {
    let store = try Store.temporary()
    let builder = DictionaryBuilder()
    for number in 0..<100_000 { _ = builder.code(of: "u\(number)") }
    #expect(try store.commitTerms(builder, in: DictionaryID.user) == nil)
    let dictionary = try store.read { try $0.dictionary(DictionaryID.user) }
    #expect(dictionary.count == 100_000)
    for code in [0, 1023, 1024, 65_535, 99_999] as [UInt32] {
      #expect(dictionary.text(code) == "u\(code)")
      #expect(dictionary.code(of: "u\(code)") == code)
    }
    #expect(try store.read { $0.userCount } == 100_000)
  }

  /// A text cannot throw: the view that it was asked in does, and so does loading it ahead. Other texts are there.
  @Test func aDamagedPageIsAnError() throws {
    let folder = TemporaryFolder()
    let path = folder.path("a")
    let store = try Store.open(path, mode: .createIfMissing)
    let builder = DictionaryBuilder()
    for number in 0..<100_000 { _ = builder.code(of: "u\(number)") }
    #expect(try store.commitTerms(builder, in: DictionaryID.user) == nil)
    #expect(Files.damage(path, everywhere: "u70000u70001") > 0)
    func isDamage(_ body: () throws -> Void) -> Bool {
      do { try body() } catch { return (error as? StorageError)?.code == .corrupt }
      return false
    }
    #expect(isDamage { _ = try store.read { try $0.dictionary(DictionaryID.user).text(70_005) } })
    #expect(isDamage { try store.read { try $0.dictionary(DictionaryID.user) as? StoredDictionary }?.load([70_005]) })
    let dictionary = try store.read { try $0.dictionary(DictionaryID.user) as? StoredDictionary }
    try dictionary?.load([5, 99_999])
    #expect(dictionary?.text(5) == "u5" && dictionary?.text(99_999) == "u99999")
    #expect(
      isDamage {
        _ = try store.write { try $0.putObject(.other, "name", Array((dictionary?.text(70_005) ?? "").utf8)) }
      })
    #expect(try store.read { try $0.object(.other, "name") } == nil, "nothing made of it is kept")
    #expect(try store.read { try $0.dictionary(DictionaryID.user).text(5) } == "u5", "a view that meets no damage")
  }

  @Test func importsContinueTheNumbers() throws {
    let store = try Store.temporary()
    try store.write { for text in ["a", "b", "c"] { _ = try $0.intern(text, in: 2) } }
    let builder = try store.read { try $0.dictionaryBuilder(2) }
    #expect(["c", "d", "a", "e"].map { builder.code(of: $0) } == [2, 3, 0, 4])
    #expect(try store.commitTerms(builder, in: 2) == nil)
    let dictionary = try store.read { try $0.dictionary(2) }
    #expect((0..<5).map { dictionary.text($0) } == ["a", "b", "c", "d", "e"])
  }

  @Test func saysWhenOthersAddedTextsMeanwhile() throws {
    let store = try Store.temporary()
    try store.write { _ = try $0.intern("a", in: 2) }
    let builder = try store.read { try $0.dictionaryBuilder(2) }
    #expect(["b", "c"].map { builder.code(of: $0) } == [1, 2])
    try store.write { for text in ["x", "c"] { _ = try $0.intern(text, in: 2) } }
    #expect(try store.commitTerms(builder, in: 2) == [0, 3, 2])
  }
}
