/// What a write transaction decides about the store as a whole, written with its last act.
package final class StoreChanges {
  func apply(_ transaction: borrowing WriteTransaction) throws(StorageError) {}
}
