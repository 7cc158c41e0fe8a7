import ArgumentParser
import Instar

/// Which store a command works on, and how it is opened.
struct StoreOpening {
  /// `nil` for a store in memory.
  var path: String?
  var access: AccessOptions
  var key: KeyOptions = .none
  /// Whether a store is made where there is none.
  var makesStore: Bool

  /// Opens the store, or ends the command with the error.
  func open(errors: ErrorForm) throws -> Database {
    var configuration = Configuration()
    configuration.readOnly = access.readOnly
    configuration.createIfMissing = makesStore
    configuration.allowsFiles = !access.safe
    configuration.threads = access.threads
    configuration.rowLimit = access.maxRows
    configuration.timeout = access.maxSeconds.map { .seconds($0) }
    configuration.memoryLimitByteCount = access.maxMegabytes.map { $0 << 20 }
    do {
      guard let path else { return try Database.inMemory(configuration: configuration) }
      let isNew = makesStore && !access.readOnly && !FileInput.exists(path)
      configuration.key = try key.key(isNew: isNew, store: path)
      let database = try open(path, configuration)
      if isNew { Terminal.note("made the store \(path)") }
      return database
    } catch var error as InstarError {
      if error.code == InstarError.storeNotFound, !makesStore, !access.readOnly {
        error.help = "check the path; --create makes a new store, 'instar import' makes one from a log"
      }
      ErrorText(form: errors).write(error)
      throw ExitCode(1)
    }
  }

  /// Opens a store; asks for the passphrase of an encrypted one where nothing was said and somebody can answer.
  private func open(_ path: String, _ configuration: Configuration) throws -> Database {
    do { return try Database.open(path, configuration: configuration) } catch let error as InstarError {
      guard error.code == InstarError.encrypted, configuration.key == nil, PassphrasePrompt.isPossible else {
        throw error
      }
      var configuration = configuration
      configuration.key = try KeyOptions.ask(isNew: false, store: path)
      return try Database.open(path, configuration: configuration)
    }
  }
}
