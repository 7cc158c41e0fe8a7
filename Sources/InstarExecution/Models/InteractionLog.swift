import InstarModels
import InstarPlan
import InstarStorage

/// The interactions that a statement needs: all of them where a model is fitted, and those of a few users alone where
/// the models are known.
struct InteractionLog: Sendable {
  private let reader: InteractionReader
  private let key: String

  init(_ reader: InteractionReader) {
    self.reader = reader
    let environment = reader.environment
    // Campaigns come and go without a change of the log; a catalogue that counts them says so itself.
    let campaigns = environment.exposureTypes.isEmpty ? 0 : environment.schema.commit.number
    let settings = StoredModels.digest(
      "\(reader.catalog) \(reader.conditions) \(campaigns)")
    key = "interactions \(environment.modelKey(at: environment.moment, settings))"
  }

  /// All interactions before the moment, kept from statement to statement.
  func all(in snapshot: borrowing Snapshot) throws -> InteractionReader.Reading {
    try reader.environment.models.value(key) { try reader.read(in: snapshot) }
  }

  /// A reading that has at least the interactions of `users`.
  ///
  /// - Complexity: O(events of the users) where they are few and nothing was read before.
  func reading(of users: [UInt32], in snapshot: borrowing Snapshot) throws -> InteractionReader.Reading {
    if let known = reader.environment.models.known(key, as: InteractionReader.Reading.self) { return known }
    if users.count > snapshot.userCount / Self.fewUsers { return try all(in: snapshot) }
    return try reader.read(users.sorted(), in: snapshot)
  }

  /// One in so many users is few: reading them alone costs less than reading all.
  private static let fewUsers = 16
}
