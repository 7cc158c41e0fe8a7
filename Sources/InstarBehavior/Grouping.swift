/// Where a breakdown value comes from. It belongs to the moment that the analysis starts from, whatever it becomes later.
package enum Grouping: Sendable {
  /// One group for all.
  case none
  /// A code for each user of the batch.
  case user
  /// A code for each row, taken at the birth of a member or the first row of a session.
  case row
}
