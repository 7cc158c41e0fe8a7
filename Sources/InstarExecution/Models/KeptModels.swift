import InstarCalendar
import InstarStorage

/// How long a model of a large log stays in use while events are added.
///
/// A model of a small log is fitted on just the events that are there; on a large log that would cost seconds after each
/// commit, and what most users turn to changes slowly. A user's own events are always read as they are.
package struct ModelAging: Sendable {
  /// Logs with fewer events are small.
  package var leastEvents = 100_000
  /// How many events may have come since, as a share of those that the model knows: of counts, and of what is learnt.
  package var counts = 0.01
  package var learnt = 0.2

  package init() {}
}

/// What a kept model was fitted on.
struct ModelStamp: Sendable, Equatable {
  var digest: String
  var moment: Int64
  var eventCount: UInt64
  var erasures: UInt64

  init(_ commit: CommitRecord, moment: Int64) {
    digest = commit.digestText
    self.moment = moment
    eventCount = UInt64(commit.eventCount)
    erasures = commit.erasures
  }

  init(from reader: inout ByteReader) {
    digest = reader.text()
    moment = reader.integer()
    eventCount = reader.integer()
    erasures = reader.integer()
  }

  func write(to writer: inout ByteWriter) {
    writer.text(digest)
    writer.integer(moment)
    writer.integer(eventCount)
    writer.integer(erasures)
  }
}

/// A model with what it was fitted on, as this process keeps it.
struct KeptModel<Model: Sendable>: Sendable {
  var model: Model
  var stamp: ModelStamp
}

extension QueryEnvironment {
  /// The model under `name`: from this process, from the store, or fitted now and noted to be kept.
  ///
  /// A model of the present may lack the newest events, as ``ModelAging`` says; the receipt then tells by how much.
  ///
  /// - Parameters:
  ///   - settings: what the model depends on beside the events.
  ///   - share: how many events it may lack, as a share of those that it knows.
  func keptModel<Model: Sendable>(
    _ name: String, _ settings: String, share: Double, in snapshot: borrowing Snapshot, decode: ([UInt8]) -> Model?,
    encode: (Model) -> [UInt8], fit: () throws -> Model
  ) throws -> Model {
    guard moment == present else { return try models.value("\(name) \(modelKey(at: moment, settings))", make: fit) }
    let place = "\(name) \(settings)"
    if let kept = models.known(place, as: KeptModel<Model>.self), serves(kept.stamp, share) {
      return told(kept, name)
    }
    if let (stamp, payload) = try StoredModels.kept(
      name, settings: settings, in: snapshot, where: { serves($0, share) }),
      let model = decode(payload)
    {
      let kept = KeptModel(model: model, stamp: stamp)
      models.keep(kept, under: place)
      return told(kept, name)
    }
    let kept = KeptModel(model: try fit(), stamp: ModelStamp(schema.commit, moment: moment))
    models.keep(kept, under: place)
    if keepsModels {
      let bytes = StoredModels.bytes(encode(kept.model), settings: settings, kept.stamp)
      log.add(payload: .init(name: StoredModels.object(name), bytes: bytes))
    }
    return kept.model
  }

  /// Whether a model fitted on `stamp` answers a question about the present.
  private func serves(_ stamp: ModelStamp, _ share: Double) -> Bool {
    let commit = schema.commit
    if stamp == ModelStamp(commit, moment: moment) { return true }
    guard stamp.erasures == commit.erasures, stamp.moment <= moment, commit.eventCount >= aging.leastEvents else {
      return false
    }
    let added = commit.eventCount - Int(stamp.eventCount)
    return added >= 0 && Double(added) <= share * Double(stamp.eventCount)
  }

  private func told<Model>(_ kept: KeptModel<Model>, _ name: String) -> Model {
    let added = schema.commit.eventCount - Int(kept.stamp.eventCount)
    if added > 0 {
      let moment = TimeFormatter(zone: calendar.zone, precision: .seconds).text(kept.stamp.moment - 1)
      log.add(line: "\(name) as of \(moment); \(added) events since (\(percent(added, of: kept.stamp.eventCount)))")
    }
    return kept.model
  }

  private func percent(_ part: Int, of whole: UInt64) -> String {
    let hundredths = (10_000 * Double(part) / Double(whole)).rounded(.up)
    return "\(hundredths / 100) %"
  }
}
