internal import InstarStorage

/// What ``Database/check(progress:)`` found.
public struct CheckReport: Sendable {
  /// Blocks, rows and bytes that were read.
  public var blocks: Int
  public var rows: Int
  public var bytes: Int
  /// One sentence for each thing that is wrong.
  public var problems: [String]

  public var isIntact: Bool { problems.isEmpty }
}

extension Database {
  /// Verifies the whole store: every checksum, every order, every total. Changes nothing.
  ///
  /// - Parameter progress: called with the bytes read so far.
  /// - Complexity: O(bytes of the store).
  public func check(progress: (Int) -> Void = { _ in }) throws -> CheckReport {
    do {
      let report = try engine.store.check { progress($0.bytes) }
      return CheckReport(blocks: report.blocks, rows: report.rows, bytes: report.bytes, problems: report.problems)
    } catch { throw InstarError(error) }
  }

  /// Rebuilds what is derived from events and texts where ``check(progress:)`` finds fault: totals, and the hashes by which
  /// names are found. Changes no event, no text and no property.
  ///
  /// - Returns: one sentence for each thing that was rebuilt.
  /// - Throws: ``InstarError`` where events or texts themselves are damaged.
  /// - Complexity: O(bytes of the store).
  @discardableResult
  public func repair() throws -> [String] {
    do { return try engine.store.repair() } catch { throw InstarError(error) }
  }

  /// Joins what was imported and appended bit by bit into one sorted whole, which is read fastest.
  ///
  /// Readers go on meanwhile. The store compacts by itself in steps; this does all of it now. A compaction that is cut
  /// off goes on where it stopped. Where `RETAIN EVENTS` says how long events are kept, older ones are removed first.
  ///
  /// - Parameter progress: called with a fraction from 0 to 1.
  public func compact(progress: @escaping @Sendable (Double) -> Void = { _ in }) throws {
    do {
      try engine.compact(progress: progress)
    } catch { throw InstarError(error) }
  }

  /// Whether the store is encrypted.
  public var isEncrypted: Bool { get throws { try engine.store.isEncrypted } }

  /// Lets another key open an encrypted store from now on, in one commit. The old key opens it no more; what was copied
  /// out of the file with it before stays readable to its holder: ``copy(to:key:)`` gives a store a new secret.
  ///
  /// - Throws: ``InstarError/notEncrypted`` for a plain store.
  public func rekey(to key: EncryptionKey) throws {
    do { try engine.store.rekey(to: key.key) } catch { throw InstarError(error) }
  }

  /// Writes a copy of the store as it is now: encrypted with `key` under a secret of its own, or plain without a key.
  ///
  /// The copy appears under its name when it is whole and durable; a file that has the name is not touched.
  ///
  /// - Returns: the bytes of the copy.
  /// - Complexity: O(bytes).
  @discardableResult
  public func copy(to path: String, key: EncryptionKey?) throws -> Int {
    do { return try engine.store.copy(to: path, key: key?.key) } catch { throw InstarError(error) }
  }

  /// Bytes of the file that the store uses now.
  public var byteCount: Int {
    get throws { try engine.store.environment.byteCounts.used }
  }
}
