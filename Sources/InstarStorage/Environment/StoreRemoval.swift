extension Store {
  /// Whether nothing was ever stored: no events, no properties, no objects.
  package var isUnused: Bool {
    get throws {
      try read { snapshot in try snapshot.schema.commit.dataNumber == 0 && snapshot.objects().isEmpty }
    }
  }

  /// Removes a store that no process has open, with its lock file; returns whether it did.
  ///
  /// For a store that was made for a statement that then failed.
  package static func remove(_ path: String) -> Bool {
    guard let identity = FileSystem.identity(path) else { return false }
    return EnvironmentRegistry.shared.ifClosed(identity) { FileSystem.removeUnlocked(path) } ?? false
  }
}
