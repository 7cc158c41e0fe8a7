import InstarCalendar
import InstarModels
import InstarPlan
import InstarStorage

/// A version of a model as the store keeps it.
struct ModelVersion: Sendable {
  var number: Int
  /// The DEFINE statement that it was trained by.
  var definition: String
  var model: TrainedModel
  /// What the store had forgotten when it was trained: more means that it knows users who are gone.
  var erasures: UInt64
  /// The digest of the data.
  var data: String
}

/// Versions of models: immutable objects, numbered from 1, and which of them is active.
///
/// ```
/// format | definition | data | erasures | trained to | rows users positives mean | anchors | features | tests | dropped | predictor
/// ```
enum ModelVersions {
  private static let format: UInt16 = 4
  private static let keep = 1_000

  private static func object(_ name: String) -> String { "model version \(name)" }
  private static func active(_ name: String) -> String { "model active \(name)" }

  // MARK: - Writing

  static func bytes(_ model: TrainedModel, definition: String, _ schema: Schema) -> [UInt8] {
    var writer = ByteWriter()
    writer.integer(format)
    writer.text(definition)
    writer.text(schema.commit.digestText)
    writer.integer(schema.commit.erasures)
    model.write(to: &writer)
    return writer.bytes
  }

  static func put(_ name: String, _ bytes: [UInt8], promoted: Bool, in transaction: borrowing WriteTransaction) throws {
    let version = try transaction.putObject(.other, object(name), bytes, keep: keep)
    if promoted { try promote(name, Int(version), in: transaction) }
  }

  static func promote(_ name: String, _ version: Int, in transaction: borrowing WriteTransaction) throws {
    var writer = ByteWriter()
    writer.integer(UInt32(version))
    try transaction.putObject(.other, active(name), writer.bytes)
  }

  static func drop(_ name: String, in transaction: borrowing WriteTransaction) throws {
    try transaction.deleteObject(.other, object(name))
    try transaction.deleteObject(.other, active(name))
  }

  /// Removes the versions that hold one of the texts as a field, such as a value that is a feature; returns their names.
  ///
  /// - Complexity: O(bytes of all versions).
  static func drop(naming texts: Set<String>, in transaction: borrowing WriteTransaction) throws -> [String] {
    let wanted = Set(texts.map { Array($0.utf8) })
    let lengths = Set(wanted.map(\.count))
    let prefix = object("")
    let dropped = try transaction.deleteObjects(.other) { info, bytes in
      info.name.hasPrefix(prefix) && Self.holds(wanted, lengths, bytes)
    }
    for info in dropped {
      // Without its version a model has none that is active until it is trained again.
      let name = String(info.name.dropFirst(prefix.count))
      if let bytes = try transaction.object(.other, active(name)), number(bytes) == Int(info.version) {
        try transaction.deleteObject(.other, active(name))
      }
    }
    return dropped.map { "\($0.name.dropFirst(prefix.count))@\($0.version)" }
  }

  /// Whether a text of `wanted` stands somewhere behind its length, as ``ByteWriter/text(_:)`` writes it.
  private static func holds(_ wanted: Set<[UInt8]>, _ lengths: Set<Int>, _ bytes: [UInt8]) -> Bool {
    var place = 4
    while place < bytes.count {
      let length = (1...4).reduce(0) { $0 << 8 | Int(bytes[place - $1]) }
      if length > 0, length <= bytes.count - place, lengths.contains(length),
        wanted.contains(Array(bytes[place..<place + length]))
      {
        return true
      }
      place += 1
    }
    return false
  }

  // MARK: - Reading

  /// The numbers of the versions, ascending.
  static func numbers(_ name: String, in snapshot: borrowing Snapshot) throws -> [Int] {
    try snapshot.objects(.other).filter { $0.name == object(name) }.map { Int($0.version) }
  }

  /// The active version, `nil` where none was promoted.
  static func activeNumber(_ name: String, in snapshot: borrowing Snapshot) throws -> Int? {
    try snapshot.object(.other, active(name)).flatMap(number)
  }

  /// The number in the object that names the active version.
  private static func number(_ bytes: [UInt8]) -> Int? {
    var reader = ByteReader(bytes.span.bytes)
    let number = reader.integer(UInt32.self)
    return reader.isDamaged ? nil : Int(number)
  }

  static func newest(_ name: String, in snapshot: borrowing Snapshot) throws -> Int {
    guard let newest = try numbers(name, in: snapshot).last else {
      throw ExecutionError("E0405", "model \(name) has no version", help: "run TRAIN \(name);")
    }
    return newest
  }

  /// - Throws: ``ExecutionError`` when there is no such version, or none is active.
  static func read(_ model: ModelName, in snapshot: borrowing Snapshot) throws -> ModelVersion {
    let (number, bytes) = try payload(model, in: snapshot)
    return try decode(bytes, ModelName(model.name, version: number), StoreCatalog(snapshot), snapshot.schema)
  }

  /// - Throws: ``ExecutionError`` when there is no such version, or it cannot be used.
  static func check(_ model: ModelName, in snapshot: borrowing Snapshot) throws {
    if try RecommendationVersion.isOne(payload(model, in: snapshot).bytes) {
      _ = try RecommendationVersion.read(model, in: snapshot)
    } else {
      _ = try read(model, in: snapshot)
    }
  }

  /// The bytes of a version and its number.
  ///
  /// - Throws: ``ExecutionError`` when there is no such version, or none is active.
  static func payload(_ model: ModelName, in snapshot: borrowing Snapshot) throws -> (number: Int, bytes: [UInt8]) {
    guard let number = try model.version ?? activeNumber(model.name, in: snapshot) else {
      throw ExecutionError("E0405", "model \(model.name) has no active version", help: "run TRAIN \(model.name);")
    }
    guard let bytes = try snapshot.object(.other, object(model.name), version: UInt32(clamping: number)) else {
      let known = try numbers(model.name, in: snapshot).map { "\($0)" }.joined(separator: ", ")
      throw ExecutionError(
        "E0405", "model \(model.name) has no version \(number)",
        help: known.isEmpty ? "run TRAIN \(model.name);" : "there is \(known)")
    }
    return (number, bytes)
  }

  private static func decode(
    _ bytes: [UInt8], _ name: ModelName, _ catalog: StoreCatalog, _ schema: Schema
  ) throws -> ModelVersion {
    var reader = ByteReader(bytes.span.bytes)
    let found = reader.integer(UInt16.self)
    guard found == format else {
      throw ExecutionError(
        "E0405", "\(name.text) was stored in format \(found), and this engine reads \(format)", help: "TRAIN it again")
    }
    let definition = reader.text()
    let data = reader.text()
    let erasures = reader.integer(UInt64.self)
    let model = try TrainedModel(&reader, name: name) {
      try Self.model(definition, name, catalog)
    } schema: {
      schema
    }
    return ModelVersion(number: name.version ?? 0, definition: definition, model: model, erasures: erasures, data: data)
  }

  private static func model(_ definition: String, _ name: ModelName, _ catalog: StoreCatalog) throws -> PredictionModel
  {
    switch Resolver.predictionModel(definition, in: catalog) {
    case .success(let model): return model
    case .failure(let failure):
      throw ExecutionError(
        "E0405",
        "\(name.text) no longer fits the store: \(failure.diagnostics.first?.message ?? "its definition is damaged")",
        help: "define and train it again")
    }
  }
}

// MARK: - Bytes of a trained model

extension TrainedModel {
  func write(to writer: inout ByteWriter) {
    writer.integer(trainedTo)
    for number in [rows, users, positives] { writer.integer(Int64(number)) }
    writer.real(labelMean)
    writer.integer(UInt32(anchors.count))
    for anchor in anchors { writer.integer(anchor) }
    specification.write(to: &writer)
    writer.integer(UInt32(qualities.count))
    for quality in qualities {
      quality.write(to: &writer)
    }
    writer.integer(UInt32(dropped.count))
    for feature in dropped { feature.write(to: &writer) }
    writer.bytes(predictor.encoded())
  }

  /// - Parameters:
  ///   - definition: the model that was learnt, resolved anew: it says where the features come from.
  /// - Throws: ``ExecutionError`` when the bytes are damaged or a feature is gone.
  init(
    _ reader: inout ByteReader, name: ModelName, definition: () throws -> PredictionModel, schema: () -> Schema
  ) throws {
    let damaged = ExecutionError("E0405", "\(name.text) is damaged", help: "TRAIN it again")
    trainedTo = reader.integer()
    let counts = (0..<3).map { _ in Int(reader.integer(Int64.self)) }
    (rows, users, positives) = (counts[0], counts[1], counts[2])
    labelMean = reader.real()
    func count(_ reader: inout ByteReader) throws -> Int {
      let number = Int(reader.integer(UInt32.self))
      guard !reader.isDamaged, number < 1 << 20 else { throw damaged }
      return number
    }
    anchors = []
    for _ in 0..<(try count(&reader)) { anchors.append(reader.integer()) }
    guard let specification = FeatureSpecification(&reader, try definition(), schema()) else {
      throw ExecutionError("E0405", "\(name.text) reads a property that is gone", help: "TRAIN it again")
    }
    self.specification = specification
    qualities = []
    for _ in 0..<(try count(&reader)) {
      guard let quality = ModelQuality(&reader) else { throw damaged }
      qualities.append(quality)
    }
    for _ in 0..<(try count(&reader)) { dropped.append(DroppedFeature(&reader)) }
    guard !reader.isDamaged else { throw damaged }
    var rest: [UInt8] = []
    while !reader.isAtEnd, !reader.isDamaged { rest.append(reader.integer()) }
    guard let predictor = try? Predictor(decoding: rest), predictor.inputNames == specification.names else {
      throw damaged
    }
    self.predictor = predictor
  }
}
