import InstarStorage

/// Fitted models kept in the store, so that the next process need not fit them again.
///
/// A model lies under its name with the key of what it was fitted on: data, moment, settings. Another key is another
/// model and is fitted anew. Only models as of the present moment are kept.
enum StoredModels {
  private static let prefix = "model "

  static func object(_ name: String) -> String { prefix + name }

  /// Whether an object is a model that was kept without being named: the next statement that needs it fits it anew.
  private static func isKept(_ object: String) -> Bool {
    object.hasPrefix(prefix) && !object.hasPrefix("model version ") && !object.hasPrefix("model active ")
  }

  /// Removes the models that were kept without being named.
  static func dropKept(in transaction: borrowing WriteTransaction) throws {
    for name in Set(try transaction.objects(.other).map(\.name)) where isKept(name) {
      _ = try transaction.deleteObject(.other, name)
    }
  }

  /// The payload of the model, or `nil` where none was fitted on just this.
  static func payload(_ name: String, key: String, in snapshot: borrowing Snapshot) throws -> [UInt8]? {
    guard let bytes = try snapshot.object(.other, object(name)) else { return nil }
    var reader = ByteReader(bytes.span.bytes)
    guard reader.text() == key, !reader.isDamaged else { return nil }
    return Array(bytes[reader.position...])
  }

  static func bytes(_ payload: [UInt8], key: String) -> [UInt8] {
    var writer = ByteWriter()
    writer.text(key)
    writer.bytes(payload)
    return writer.bytes
  }

  /// The payload of a kept model with what it was fitted on, or `nil` where none with these settings `serves`.
  static func kept(
    _ name: String, settings: String, in snapshot: borrowing Snapshot, where serves: (ModelStamp) -> Bool
  ) throws -> (ModelStamp, [UInt8])? {
    guard let bytes = try snapshot.object(.other, object(name)) else { return nil }
    var reader = ByteReader(bytes.span.bytes)
    guard reader.text() == settings else { return nil }
    let stamp = ModelStamp(from: &reader)
    guard !reader.isDamaged, serves(stamp) else { return nil }
    return (stamp, Array(bytes[reader.position...]))
  }

  static func bytes(_ payload: [UInt8], settings: String, _ stamp: ModelStamp) -> [UInt8] {
    var writer = ByteWriter()
    writer.text(settings)
    stamp.write(to: &writer)
    writer.bytes(payload)
    return writer.bytes
  }

  /// A short name for a long key.
  static func digest(_ text: String) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let hex = SHA256.digest(Array(text.utf8)).prefix(12).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: hex, as: UTF8.self)
  }
}

extension QueryEnvironment {
  /// The key of a model fitted on these data as of `moment`; `settings` is whatever else it depends on.
  func modelKey(at moment: Int64, _ settings: String) -> String {
    "\(schema.commit.digestText) \(moment) \(settings)"
  }

  /// The model under `name`: from this process, from the store, or fitted now and noted to be kept.
  func model<Model: Sendable>(
    _ name: String, key: String, in snapshot: borrowing Snapshot, decode: ([UInt8]) -> Model?,
    encode: (Model) -> [UInt8],
    fit: () throws -> Model
  ) throws -> Model {
    let stored =
      try models.known("\(name) \(key)", as: Model.self) == nil
      ? StoredModels.payload(name, key: key, in: snapshot) : nil
    return try models.value("\(name) \(key)") {
      if let stored, let model = decode(stored) { return model }
      let model = try fit()
      if keepsModels {
        log.add(payload: .init(name: StoredModels.object(name), bytes: StoredModels.bytes(encode(model), key: key)))
      }
      return model
    }
  }
}
