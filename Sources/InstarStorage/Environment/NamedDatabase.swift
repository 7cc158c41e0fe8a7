/// The named databases of a store, in the order in which they are created.
///
/// LMDB hands out handles in the order of opening, from 2; opening verifies it, so that a handle is a constant.
package enum NamedDatabase: UInt32, CaseIterable, Sendable {
  /// Facts about the store as a whole: format, commit record, schema, settings.
  case meta
  /// Runs of blocks.
  case run
  /// Columns of blocks.
  case block
  /// Commits of single events.
  case delta
  /// Hash of a text -> its code.
  case term
  /// Code / 1,024 -> texts.
  case termtext
  /// Property columns of users.
  case user
  /// Property columns of items.
  case item
  /// Dated values of user properties.
  case history
  /// Definitions, models, snapshots of segments.
  case object
  /// Erasures.
  case tombstone
  /// Chained record of erasures and exports.
  case audit

  var name: String { String(describing: self) }
  /// LMDB's handle.
  var handle: UInt32 { rawValue + 2 }
}
