import InstarCalendar
import InstarModels
import InstarPlan
import InstarStorage

/// A version of a model that recommends, as the store keeps it: what its methods learnt, and how it was judged.
///
/// ```
/// format | definition | data | erasures | trained to | interactions users items judged | ndcg popular | parts
/// ```
struct RecommendationVersion: Sendable {
  /// What one method learnt.
  struct Part: Sendable {
    /// `next`, `taste`, `cooc` or `als`; `hybrid` for the weights of the fusion.
    var name: String
    var payload: [UInt8]
  }

  var number = 0
  /// The DEFINE statement that it was trained by.
  var definition: String
  /// The digest of the data.
  var data: String
  /// What the store had forgotten when it was trained.
  var erasures: UInt64
  /// The moment as of which it was trained, milliseconds since 1970.
  var trainedTo: Int64
  var interactions: Int
  var users: Int
  var items: Int
  var quality: Quality?
  var parts: [Part] = []

  /// How the lists of such models, made before the newest part of the log, did on it.
  struct Quality: Sendable {
    var users: Int
    var ndcg: Double
    /// The same of what is popular.
    var popular: Double
  }

  private static let format: UInt16 = 0x5201

  // MARK: - Bytes

  static func isOne(_ bytes: [UInt8]) -> Bool {
    var reader = ByteReader(bytes.span.bytes)
    return reader.integer(UInt16.self) == format && !reader.isDamaged
  }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.integer(Self.format)
    writer.text(definition)
    writer.text(data)
    writer.integer(erasures)
    writer.integer(trainedTo)
    for number in [interactions, users, items, quality?.users ?? 0] { writer.integer(Int64(number)) }
    writer.real(quality?.ndcg ?? 0)
    writer.real(quality?.popular ?? 0)
    writer.integer(UInt32(parts.count))
    for part in parts {
      writer.text(part.name)
      writer.integer(UInt64(part.payload.count))
      writer.bytes(part.payload)
    }
    return writer.bytes
  }

  /// - Throws: ``ExecutionError`` when there is no such version, none is active, or its bytes are damaged.
  static func read(_ model: ModelName, in snapshot: borrowing Snapshot) throws -> RecommendationVersion {
    let (number, bytes) = try ModelVersions.payload(model, in: snapshot)
    guard var version = RecommendationVersion(bytes) else {
      throw ExecutionError(
        "E0405", "\(model.name)@\(number) is damaged, or was trained by another definition",
        help: "TRAIN \(model.name) again")
    }
    version.number = number
    return version
  }

  private init?(_ bytes: [UInt8]) {
    var reader = ByteReader(bytes.span.bytes)
    guard reader.integer(UInt16.self) == Self.format else { return nil }
    definition = reader.text()
    data = reader.text()
    erasures = reader.integer()
    trainedTo = reader.integer()
    let counts = (0..<4).map { _ in Int(clamping: reader.integer(Int64.self)) }
    (interactions, users, items) = (counts[0], counts[1], counts[2])
    let (ndcg, popular) = (reader.real(), reader.real())
    if counts[3] > 0 { quality = Quality(users: counts[3], ndcg: ndcg, popular: popular) }
    let count = reader.integer(UInt32.self)
    guard !reader.isDamaged, count < 64 else { return nil }
    for _ in 0..<count {
      let name = reader.text()
      parts.append(Part(name: name, payload: reader.bytes(Int(clamping: reader.integer(UInt64.self)))))
    }
    if reader.isDamaged { return nil }
  }

  init(
    definition: String, data: String, erasures: UInt64, trainedTo: Int64, interactions: Int, users: Int, items: Int
  ) {
    self.definition = definition
    self.data = data
    self.erasures = erasures
    self.trainedTo = trainedTo
    self.interactions = interactions
    self.users = users
    self.items = items
  }

  // MARK: - Use

  func payload(_ name: String) -> [UInt8]? { parts.first { $0.name == name }?.payload }

  /// A key under which what was decoded may be kept.
  var key: String { StoredModels.digest("\(number) \(data) \(erasures) \(trainedTo) \(definition)") }

  /// The lines of DESCRIBE MODEL.
  func description(_ state: String, _ zone: Zone) -> [(String, String)] {
    let time = TimeFormatter(zone: zone, precision: .days)
    var lines = [
      ("version", "\(number) (\(state))"), ("trained by", definition), ("trained to", time.text(trainedTo)),
      ("data", data), ("interactions", "\(interactions) of \(users) users with \(items) items"),
    ]
    if let quality {
      lines.append(("judged", "\(quality.users) users, by the newest tenth of the log"))
      lines.append(("ndcg", "\(rounded(quality.ndcg)) (popular \(rounded(quality.popular)))"))
    }
    for part in parts {
      if part.name == RecommendationSource.hybrid.name, let weights = try? HybridModel.weights(decoding: part.payload) {
        for (source, weight) in zip(HybridModel.parts, weights) {
          lines.append(("weight of \(source.name)", rounded(weight)))
        }
      } else {
        lines.append(("learnt", "\(part.name), \(part.payload.count) bytes"))
      }
    }
    return lines
  }

  private func rounded(_ value: Double) -> String { "\((value * 10_000).rounded() / 10_000)" }
}
