import InstarColumns
import InstarExecution
import InstarStorage
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// REDACT, EXPORT USER and pseudonyms.
@Suite struct PersonalDataTests {
  static func log() throws -> Log {
    try Log(
      """
      user time event    amount phone
      ann  1d   purchase 5      0151
      bob  2d   visit    -      0152
      anon 3d   visit    -      -
      """,
      users: """
        user email     city
        ann  a@b.de    Jena
        bob  b@b.de    Ulm
        """)
  }

  @Test func redactedPropertiesHaveNoValue() throws {
    let log = try Self.log()
    try log.store.write { try $0.sealRecentEvents() }
    #expect(try log.ask("SEGMENT users KEEP user, email", "email").sorted() == ["-", "a@b.de", "b@b.de"])
    try log.run("REDACT email OF users; REDACT phone OF events")
    #expect(
      try log.ask("SEGMENT users KEEP user, email, city SORT BY user") == ["ann - Jena", "anon - -", "bob - Ulm"])
    #expect(try log.ask("EVENTS event KEEP user, phone SORT BY user", "phone") == ["-", "-", "-"])
    #expect(try log.store.check().problems == [])
    #expect(
      try log.ask("SHOW AUDIT", "text") == ["redacted email of users", "redacted phone of events"])
    #expect(log.refusal("REDACT fax OF users") == "E0105")
    #expect(log.refusal("REDACT phone OF purchase") == "E0308")
  }

  @Test func oneFileHoldsAllOfAUser() throws {
    let log = try Self.log()
    var options = Engine.Options()
    options.allowsFiles = true
    let path = "/tmp/instar-export-\(UInt64.random(in: 0 ... .max)).json"
    defer { unlink(path) }
    try log.run(
      "LINK USER 'anon' TO 'ann' SINCE @2026-01-02; CONSENT USER 'ann' TO predict SINCE @2026-01-03; SEGMENT users WHERE did purchase SNAPSHOT AS buyers; SEGMENT users KEEP user, city SAVE AS TABLE cities"
    )
    try log.run("SEGMENT users WHERE did purchase SAVE AS CAMPAIGN spring")
    try log.run("SET CONSENT REQUIRED FOR analytics; EXPORT USER 'anon' TO '\(path)'")
    let text = try read(path)
    for part in [
      "\"user\": \"ann\", \"identities\": [\"ann\", \"anon\"]",
      "{\"identity\": \"anon\", \"since\": \"2026-01-02T00:00:00Z\", \"linked_to\": \"ann\"}",
      "\"purpose\": \"predict\", \"given\": true", "\"property\": \"email\", \"value\": \"a@b.de\"",
      "\"lists\": [\"buyers\"]", "\"tables\": {\"cities\": [{\"user\": \"ann\", \"city\": \"Jena\"}]}",
      "\"event\": \"purchase\", \"identity\": \"ann\", \"amount\": 5.0, \"phone\": 151",
      "\"event\": \"visit\", \"identity\": \"anon\"}",
      "\"event\": \"exposure\", \"identity\": \"ann\", \"campaign\": \"spring\", \"variant\": \"shown\"",
    ] { #expect(text.contains(part), "\(part) in \(text)") }
    #expect(!text.contains("bob") && !text.contains("Ulm"))
    #expect(try log.ask("SHOW AUDIT", "text").last == "exported user 2: 3 events")
  }

  private func read(_ path: String) throws -> String {
    guard let file = fopen(path, "rb") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }

  /// RFC 4231, test cases 1, 2, 3 and 6.
  @Test func messageCodesAreThoseOfTheStandard() {
    func hex(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
    let cases: [(key: [UInt8], message: [UInt8], digest: String)] = [
      (
        [UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
      ),
      (
        Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
      ),
      (
        [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
      ),
      (
        [UInt8](repeating: 0xAA, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
      ),
    ]
    for (key, message, digest) in cases { #expect(hex(MessageCode(key: key).digest(message)) == digest) }
  }

  @Test func pseudonymsNeedTheKey() throws {
    let folder = "/tmp/instar-names-\(UInt64.random(in: 0 ... .max))"
    mkdir(folder, 0o700)
    defer { for name in ["log.csv", "users.csv", "key", "short"] { unlink("\(folder)/\(name)") }; rmdir(folder) }
    func write(_ name: String, _ text: String) {
      let file = fopen("\(folder)/\(name)", "wb")!
      fputs(text, file)
      fclose(file)
    }
    write(
      "log.csv", "user,time,event\nann,2026-01-01T10:00,visit\nbob,2026-01-02T10:00,visit\nann,2026-01-03T10:00,visit\n"
    )
    write("users.csv", "user,city\nann,Jena\n")
    write("key", "0123456789abcdef0123456789abcdef")
    write("short", "0123")
    let log = try Log([])
    let options = "WITH pseudonymise = true, key_file = '\(folder)/key'"
    #expect(log.refusal("IMPORT EVENTS FROM '\(folder)/log.csv' WITH pseudonymise = true") == "E0727")
    #expect(
      log.refusal("IMPORT EVENTS FROM '\(folder)/log.csv' WITH pseudonymise = true, key_file = '\(folder)/short'")
        == "E0727")
    try log.run("IMPORT EVENTS FROM '\(folder)/log.csv' \(options)")
    try log.run("IMPORT USERS FROM '\(folder)/users.csv' \(options)")
    let rows = try log.ask("SEGMENT users ADD n = count(visit) KEEP user, n, city SORT BY n DESC")
    #expect(rows.count == 2)
    #expect(rows[0].hasSuffix(" 2 Jena"), "imports with one key join")
    let code = MessageCode(key: Array("0123456789abcdef0123456789abcdef".utf8)).digest(Array("ann".utf8)).prefix(16)
    let name = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(rows[0].hasPrefix(name + " "))
    #expect(log.refusal("PROFILE USER 'ann'") == "E0121")
  }
}
