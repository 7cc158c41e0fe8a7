/// A column of the events of a store, by role.
///
/// Time and type are part of every batch; a scan names the others that it wants.
package enum EventColumn: Hashable, Sendable {
  /// Code in the item dictionary.
  case item
  /// Code in the order dictionary; rows of one user, type and order are one occurrence.
  case order
  /// Money or another real measure; exact decimals keep their scale in the file.
  case amount
  case quantity
  /// The number of the import that brought the row; missing in single events. No statement names it.
  case importNumber
  /// A further property, by its number in the store's schema.
  case property(UInt16)
}

/// The rows of one column in a batch, in the canonical type of its property.
///
/// Exactly one of the arrays is filled, as `type` says: `integers` for integer, time and duration, `reals` for real,
/// `codes` for text (and for item and order), `flags` for boolean. The arrays are scratch that the next batch reuses.
package struct EventColumnBuffer {
  package var type: ValueType
  package var integers: [Int64] = []
  package var reals: [Double] = []
  package var codes: [UInt32] = []
  package var flags: [UInt8] = []
  /// Empty when every row has a value; else one byte a row, 1 for present.
  package var present: [UInt8] = []

  package init(type: ValueType) { self.type = type }
}
