package import InstarExecution
internal import InstarStorage
internal import Synchronization

/// One store, open for questions and for new events.
///
/// ```swift
/// let database = try Database.open("shop.instar")
/// try database.append(Event(user: "u42", time: .now, type: "purchase", item: "B00X", amount: 78.03))
/// let table = try database.query("SEGMENT users WHERE loyalty > $least RECOMMEND 3", ["least": 0.7])
/// for row in table.rows { print(row["user"], row["item"]) }
/// ```
///
/// A store is one file. Any number of threads, tasks and processes may use it at once: each statement sees the store as
/// it was at one moment, and writers take turns. What a function has written is on disk when it returns.
///
/// What `LET` defines belongs to the object: two databases on one file have their own.
public final class Database: Sendable {
  public let configuration: Configuration
  /// The path of the store; of a store in memory, one that no longer exists.
  public let path: String
  package let session = Session()
  private let state: Mutex<Engine?>

  private init(_ store: Store, _ configuration: Configuration) {
    self.configuration = configuration
    path = store.path
    state = Mutex(Engine(store, options: configuration.engineOptions))
  }

  deinit { close() }

  /// Opens the store at `path`, and makes it first when there is none and the configuration allows that.
  ///
  /// - Throws: ``InstarError/storeNotFound``, ``InstarError/notAStore``, ``InstarError/newerFormat``,
  ///   ``InstarError/permissionDenied`` and others; the file is unchanged.
  public static func open(_ path: String, configuration: Configuration = Configuration()) throws -> Database {
    do {
      let store = try Store.open(path, mode: configuration.mode, configuration: configuration.storeConfiguration)
      let database = Database(store, configuration)
      // An erasure that was cut off hides its user all the same; what cannot be written now is tried at the next opening.
      try? database.engine.recover()
      return database
    } catch let error where error.code == .notFound && configuration.mode == .createIfMissing {
      throw InstarError(
        InstarError.storeNotFound, "there is no folder to make '\(path)' in", help: "make the folder, or check the path"
      )
    } catch { throw InstarError(error) }
  }

  /// A store that vanishes with the object: for tests and for work on files that are not to be kept.
  ///
  /// It is a temporary file without a name, so it may outgrow the memory. Its commits are not made durable.
  public static func inMemory(configuration: Configuration = Configuration()) throws -> Database {
    do { return Database(try Store.temporary(configuration: configuration.storeConfiguration), configuration) } catch {
      throw InstarError(error)
    }
  }

  /// Lets the store go. Statements that run end as usual; later calls throw ``InstarError/closed``.
  ///
  /// Needed only where the file is to be free before the object goes away. May be called twice.
  public func close() { state.withLock { $0 = nil } }

  /// Closes the database and removes its file when nothing was ever stored in it and nobody else has it open.
  ///
  /// For a store that was made for a statement that failed. Returns whether the file is gone.
  package func discardIfUnused() -> Bool {
    guard (try? engine.store.isUnused) == true else { return false }
    close()
    return Store.remove(path)
  }

  /// The engine while the database is open.
  package var engine: Engine {
    get throws {
      guard let engine = state.withLock({ $0 }) else {
        throw InstarError(InstarError.closed, "the database '\(path)' was closed", help: "open it again")
      }
      return engine
    }
  }
}
