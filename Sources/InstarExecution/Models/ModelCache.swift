import Synchronization

/// Models fitted in this process, kept from statement to statement while the data stay the same.
///
/// Keys name everything that a model depends on, the digest of the data first; the oldest make room for new ones.
package final class ModelCache: Sendable {
  private struct Entry: Sendable {
    var key: String
    var value: any Sendable
  }

  private let entries = Mutex<[Entry]>([])
  private static let capacity = 12

  package init() {}

  /// The model under `key` where it was fitted or read before.
  func known<Model>(_ key: String, as type: Model.Type) -> Model? {
    entries.withLock { entries in entries.first { $0.key == key }?.value as? Model }
  }

  /// The model under `key`, fitted by `make` at first use. Two threads may fit the same model; one result is kept.
  func value<Model: Sendable>(_ key: String, make: () throws -> Model) rethrows -> Model {
    let known = entries.withLock { entries in entries.first { $0.key == key }?.value }
    if let known = known as? Model { return known }
    let model = try make()
    keep(model, under: key)
    return model
  }

  /// Puts a model under `key`, in the place of an older one.
  func keep<Model: Sendable>(_ model: Model, under key: String) {
    entries.withLock { entries in
      entries.removeAll { $0.key == key }
      entries.append(Entry(key: key, value: model))
      if entries.count > Self.capacity { entries.removeFirst() }
    }
  }
}

/// What the models of one statement leave behind: lines for the receipt, and payloads to be stored with its effects.
final class ModelLog: Sendable {
  struct Payload: Sendable {
    var name: String
    var bytes: [UInt8]
  }

  private let state = Mutex<(lines: [String], notes: [String], payloads: [Payload])>(([], [], []))

  func add(line: String) {
    state.withLock { state in
      if !state.lines.contains(line) { state.lines.append(line) }
    }
  }

  func add(note: String) {
    state.withLock { state in
      if !state.notes.contains(note) { state.notes.append(note) }
    }
  }

  func add(payload: Payload) { state.withLock { $0.payloads.append(payload) } }

  var lines: [String] { state.withLock { $0.lines } }
  var notes: [String] { state.withLock { $0.notes } }
  var payloads: [Payload] { state.withLock { $0.payloads } }
}
