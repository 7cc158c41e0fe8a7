import InstarColumns
import InstarImport
import Testing

struct JSONLinesTests {
  private let folder = TemporaryFolder()

  @Test func nestedObjectsBecomePaths() throws {
    let path = folder.write(
      "e.jsonl",
      #"""
      {"actor": {"id": "u1", "age": 30}, "created at": "2026-01-31T10:15:00Z", "event": "view", "ok": true}
      {"event": "buy", "actor": {"age": 31.5, "id": "u2"}, "tags": ["a", {"b": 1}], "item": {"sku": null}}

      {"actor": {"id": "ü\n\u00e9\ud83d\ude42\"", "age": null}}
      """#)
    let format = try Sniffer.sniff(ImportSource(path))
    #expect(format.kind == .jsonLines)
    #expect(
      format.columns.map(\.name) == ["actor.id", "actor.age", "created at", "event", "ok", "tags", "item.sku"])
    #expect(format.columns.map(\.type) == [.text, .real, .time, .text, .boolean, .text, .text])
    let imported = try importDetected(path)
    let time: Int64 = 20_484 * 86_400_000 + 36_900_000
    #expect(
      imported.rows == [
        ["u1", 30.0, .time(time), "view", true, .missing, .missing],
        ["u2", 31.5, .missing, "buy", .missing, #"["a", {"b": 1}]"#, .missing],
        ["ü\né🙂\"", .missing, .missing, .missing, .missing, .missing, .missing],
      ])
    #expect(imported.rejects.isEmpty)
  }

  @Test(arguments: [
    #"{"a": 1"#, #"{"a" 1}"#, #"{"a": 1} x"#, #"{"a": }"#, #"["a"]"#, #"{"a": "x"#, #"{"a": "\x"}"#, #"{"a": tru}"#,
    #"{"a": "\ud83d"}"#, "x", #"{"a": 1,}"#, #"{"a": {"b": [1, 2}}"#,
  ]) func linesThatAreNoObjectsAreRejected(_ line: String) throws {
    let path = folder.write("bad.jsonl", "{\"a\": 0}\n" + line + "\n{\"a\": 2}\n")
    let imported = try importDetected(path)
    #expect(imported.rows == [[0], [2]])
    #expect(imported.rejects.map(\.reason) == [.badJSON])
    #expect(imported.rejects.map(\.line) == [2])
    #expect(String(decoding: imported.rejects[0].record, as: UTF8.self) == line)
  }

  @Test func deepNestingIsRejectedNotFollowed() throws {
    let deep = "{\"a\": " + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000) + "}"
    let imported = try importDetected(folder.write("deep.jsonl", "{\"a\": 1}\n" + deep + "\n"))
    #expect(imported.rows == [[1]])
    #expect(imported.rejects.map(\.reason) == [.badJSON])
  }

  @Test func linesAcrossManyChunksStayInOrder() throws {
    let text = (0..<3_000).map { "{\"n\": \($0), \"user\": \"u\($0 % 7)\"}\n" }.joined()
    let imported = try importDetected(folder.write("many.jsonl", text), chunkBytes: 500, workers: 3)
    #expect(imported.rows.map { $0[0] } == (0..<3_000).map { .integer(Int64($0)) })
  }
}
