import InstarCalendar
import InstarColumns
import InstarImport
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

struct ChunkColumnTests {
  private let folder = TemporaryFolder()

  @Test func expressionsSeeColumns() throws {
    let source = try ImportSource(folder.write("e.csv", "kind,n,x\nbuy,1,0.5\nview,2,\nbuy,3,1.5\n,4,2.5\n"))
    let format = try Sniffer.sniff(source)
    let requests = format.columns.indices.map { ColumnRequest(column: $0, conversion: format.columns[$0].conversion) }
    let reader = ImportReader(source, format: format, requests: requests)
    let columns = try reader.read(workers: 1, makeState: { _ in [[Value]]() }) { state, chunk in
      for index in chunk.columns.indices {
        let column = chunk.column(index)
        state.append((0..<column.count).map { column[$0] })
      }
    }[0]
    #expect(columns == [["buy", "view", "buy", .missing], [1, 2, 3, 4], [0.5, .missing, 1.5, 2.5]])
  }

  @Test func codesStayTheSameFromChunkToChunk() throws {
    let names = (0..<5_000).map { "user-\($0 * 7 % 1_000)" }
    let text = "user,n\n" + names.enumerated().map { "\($0.element),\($0.offset)\n" }.joined()
    let source = try ImportSource(folder.write("c.csv", text))
    let format = try Sniffer.sniff(source)
    var options = ImportReader.Options()
    options.chunkBytes = 1_000
    let reader = ImportReader(source, format: format, requests: [.init(column: 0, conversion: .text)], options: options)
    let state = try reader.read(workers: 1, makeState: { _ in (interner: TextInterner(), codes: [UInt32]()) }) {
      state, chunk in
      var codes: [UInt32] = []
      state.interner.intern(chunk.columns[0], of: chunk, into: &codes)
      state.codes += codes
    }[0]
    #expect(state.interner.count == 1_000)
    #expect(state.codes.map { state.interner.text($0) } == names)
    #expect(state.interner.code(of: "user-7") == 1)
    #expect(state.interner.code(of: "nobody") == nil)
  }

  @Test func timesWithoutZoneAreLocal() throws {
    let source = try ImportSource(folder.write("z.csv", "user,t\na,2026-07-01 12:00\nb,2026-07-01T12:00Z\n"))
    let format = try Sniffer.sniff(source)
    var options = ImportReader.Options()
    options.zone = Zone(fixedOffset: 3 * 3_600_000)
    let request = ColumnRequest(column: 1, conversion: .time(.yearFirst))
    let rows = try ImportReader(source, format: format, requests: [request], options: options).readRows().rows
    // 2026-07-01T12:00Z is day 20,635 since 1970 (181 days after 2026-01-01, day 20,454) and 12 hours.
    let noon: Int64 = 20_635 * 86_400_000 + 12 * 3_600_000
    #expect(rows == [[.time(noon - 3 * 3_600_000)], [.time(noon)]])
  }

  @Test func aPipeIsSniffedAndReadOnce() throws {
    let path = folder.write("pipe", "")
    unlink(path)
    #expect(mkfifo(path, 0o600) == 0)
    let text = "user,n\n" + (0..<20_000).map { "u\($0),\($0)\n" }.joined()
    let writer = Thread(path, text)
    let source = try ImportSource(path)
    let format = try Sniffer.sniff(source)
    let reader = ImportReader(source, format: format, requests: [.init(column: 1, conversion: .integer)])
    let rows = try reader.readRows().rows
    writer.join()
    #expect(rows.count == 20_000)
    #expect(rows.last == [19_999])
  }

  @Test func theMappingReadsAsLines() throws {
    let path = folder.write("s.csv", "uid,ts,kind,price,city\na,2026-01-01,view,1.5,x\nb,2026-01-02,cart,2.5,y\n")
    let format = try Sniffer.sniff(ImportSource(path))
    #expect(format.summary == "CSV, comma, header; 5 columns")
    let mapping = try RoleMapper.map(format, kind: .events, pattern: path)
    #expect(
      mapping.lines(format) == [
        "user = uid (by its name)", "time = ts (by its name)", "event = kind (by its values)",
        "amount = price (by its name)", "properties: city",
        "times in ts name no zone and are read as UTC; WITH timezone = '..' changes that",
      ])
  }
}

/// A thread that writes a text into a pipe.
private final class Thread {
  private var handle = pthread_t()

  init(_ path: String, _ text: String) {
    let box = Unmanaged.passRetained(Job(path: path, text: text))
    pthread_create(
      &handle, nil,
      { pointer in
        let job = Unmanaged<Job>.fromOpaque(pointer!).takeRetainedValue()
        let file = fopen(job.path, "w")!
        fputs(job.text, file)
        fclose(file)
        return nil
      }, box.toOpaque())
  }

  func join() { pthread_join(handle, nil) }

  private final class Job {
    let path: String
    let text: String

    init(path: String, text: String) { (self.path, self.text) = (path, text) }
  }
}

/// Whatever the bytes are: no crash, and every record is a row or a reject.
struct GarbageTests {
  private let folder = TemporaryFolder()

  @Test(arguments: 0..<60) func randomBytes(_ seed: UInt64) throws {
    var random = SplitMix(seed: seed &+ 1_000)
    let pieces: [[UInt8]] = [
      Array("{\"a\":".utf8), Array("}".utf8), Array("\"".utf8), Array(",".utf8), Array("\n".utf8), Array("\r\n".utf8),
      Array("12.5".utf8), Array("2026-01-01".utf8), [0xff], [0xc3], Array("é".utf8), Array("\\u12".utf8),
      Array("NULL".utf8), Array("[".utf8), Array(";".utf8), Array(" ".utf8), Array("x".utf8), Array("-".utf8),
    ]
    var bytes = seed % 2 == 0 ? Array("a,b,c\n1,2,3\n".utf8) : Array("{\"a\": 1}\n".utf8)
    for _ in 0..<random.below(3_000) { bytes += pieces[random.below(pieces.count)] }
    let path = folder.write("g", bytes)
    do {
      let imported = try importDetected(path, chunkBytes: 64 + random.below(4_096), workers: 3)
      let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
      #expect(imported.rows.count + imported.rejects.count <= lines, "seed \(seed)")
      for reject in imported.rejects { #expect(reject.line >= 1 && reject.line <= lines, "seed \(seed)") }
    } catch let error as ImportError {
      #expect(!error.help.isEmpty, "seed \(seed)")
    }
  }
}
