import Glibc
import InstarColumns
import InstarImport
import InstarModels
import InstarStorage
import InstarSyntax

/// What libFuzzer calls with each input. `INSTAR_FUZZ` names what is fed with it: query, csv, jsonl, block or model.
///
/// A target fails by crashing, by a read that AddressSanitizer refuses, or by breaking a promise that is checked here.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = UnsafeBufferPointer(start: start, count: count)
  switch target {
  case "query": Fuzz.query(input)
  case "csv", "jsonl": Fuzz.file(input)
  case "block": Fuzz.block(input)
  case "model": Fuzz.model(input)
  default: fatalError("INSTAR_FUZZ is query, csv, jsonl, block or model")
  }
  return 0
}

private let target = getenv("INSTAR_FUZZ").map { String(cString: $0) } ?? ""

enum Fuzz {
  /// Text that parses is formatted to text that parses, and formatting that again changes nothing.
  static func query(_ input: UnsafeBufferPointer<UInt8>) {
    let text = String(decoding: input, as: UTF8.self)
    let parsed = Parser.parse(text)
    guard !parsed.diagnostics.contains(where: \.isError), !text.isEmpty else { return }
    let formatted = parsed.statements.map(Formatter.format).joined(separator: ";\n") + ";"
    let again = Parser.parse(formatted)
    precondition(!again.diagnostics.contains(where: \.isError), "the formatted text does not parse: \(formatted)")
    let twice = again.statements.map(Formatter.format).joined(separator: ";\n") + ";"
    precondition(twice == formatted, "formatted twice: \(formatted) and \(twice)")
  }

  private static let path = "/dev/shm/instar-fuzz-\(getpid()).\(target)"

  /// Every row of a file that is accepted is either a row or a reject, and each column has a value for each row.
  static func file(_ input: UnsafeBufferPointer<UInt8>) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    _ = write(file, input.baseAddress, input.count)
    close(file)
    do {
      let source = try ImportSource(path)
      let format = try Sniffer.sniff(source)
      let requests = format.columns.indices.map { ColumnRequest(column: $0, conversion: format.columns[$0].conversion) }
      var options = ImportReader.Options()
      options.chunkBytes = 4_096
      let reader = ImportReader(source, format: format, requests: requests, options: options)
      let rows = try reader.read(workers: 1, makeState: { _ in 0 }) { rows, chunk in rows += chunk.rowCount }
      precondition(rows[0] == reader.progress.rows)
    } catch {}
  }

  /// The bytes of a stored block, with the mark and the version that get them past the first look.
  static func block(_ input: UnsafeBufferPointer<UInt8>) {
    guard input.count > 8 else { return }
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: input.count - 1, alignment: 64)
    defer { bytes.deallocate() }
    bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(input)[1...]))
    bytes.storeBytes(of: BlockLayout.magic.littleEndian, toByteOffset: 0, as: UInt16.self)
    bytes[2] = BlockLayout.version
    let raw = UnsafeRawBufferPointer(bytes)
    let column = StoredColumn(key: BlockKey(run: 1, firstUser: 0, column: 1), bytes: raw)
    let types: [ValueType] = [.integer, .real, .text, .boolean, .time]
    var buffer = EventColumnBuffer(type: types[Int(input[0]) % types.count])
    let decoder = ColumnDecoder()
    do throws(BlockDamage) {
      if input[0] & 128 != 0 {
        let directory = try BlockDirectory(reading: raw)
        var (users, starts, first, last) = ([UInt32](), [Int](), [Int64](), [Int64]())
        try directory.readUsers(&users, &starts)
        try directory.readTimes(first: &first, last: &last)
      } else {
        let header = try BlockHeader(reading: raw)
        try decoder.append(column, rows: Int(header.rows), to: &buffer, at: 0)
      }
    } catch {}
  }

  /// The body of a stored model of each kind, in an envelope whose length and checksum are right: damaged ones are
  /// refused.
  static func model(_ input: UnsafeBufferPointer<UInt8>) {
    guard let first = input.first else { return }
    let kind = ModelKind.allCases[Int(first) % ModelKind.allCases.count]
    var writer = PayloadWriter(kind)
    for byte in input.dropFirst() { writer.write(byte) }
    let bytes = writer.finish()
    switch kind {
    case .popular: _ = try? ItemPrior(decoding: bytes, source: .popular)
    case .trend: _ = try? ItemPrior(decoding: bytes, source: .trend)
    case .itemTable: _ = try? ItemTable(decoding: bytes)
    case .content: _ = try? ContentModel(decoding: bytes)
    case .probability: _ = try? ProbabilityModel(decoding: bytes)
    case .factors: _ = try? FactorModel(decoding: bytes)
    case .purchases: _ = try? PurchaseModel(decoding: bytes)
    case .spend: _ = try? SpendModel(decoding: bytes)
    case .renewals: _ = try? RenewalModel(decoding: bytes)
    case .survivalCurve: _ = try? SurvivalCurve(decoding: bytes)
    case .proportionalHazards: _ = try? CoxModel(decoding: bytes)
    case .tree: _ = try? DecisionTree(decoding: bytes)
    case .forest: _ = try? RandomForest(decoding: bytes)
    case .boosting: _ = try? BoostedTrees(decoding: bytes)
    case .ridge: _ = try? RidgeRegression(decoding: bytes)
    case .predictor: _ = try? Predictor(decoding: bytes)
    case .weights: _ = try? HybridModel.weights(decoding: bytes)
    }
  }
}
