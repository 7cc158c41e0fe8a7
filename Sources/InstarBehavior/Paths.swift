/// Which ways users take from an event, to an event, or from one to the other: `PATHS FROM a TO b`.
///
/// A path is a run of a user's visible rows, each a *node* (its event type, or the value of `on`). Rows come with masks
/// of ``fromBit``, ``toBit``, ``endBit`` and ``SequencePattern/hiddenRow``. Reference: docs/reference/paths.md.
package struct PathDefinition: Sendable {
  package static let fromBit: UInt64 = 1
  package static let toBit: UInt64 = 2
  /// Ends a path before this row: `WITHOUT`.
  package static let endBit: UInt64 = 4
  /// The node that a path goes to when the user leaves.
  package static let left = UInt32.max >> 4

  package enum Anchor: Sendable {
    /// Forward from a row that fits FROM, until TO where there is one.
    case from
    /// Backward from a row that fits TO.
    case to
  }

  package var anchor: Anchor
  /// The most transitions of a path, 1 ... 255.
  package var steps: Int
  /// The longest time from the anchor to any other row, milliseconds, inclusive.
  package var within: Int64?
  /// Half-open range for the anchor.
  package var during: Range<Int64>?
  /// Whether a run of equal nodes is one.
  package var collapse: Bool

  package init(
    anchor: Anchor, steps: Int, within: Int64? = nil, during: Range<Int64>? = nil, collapse: Bool = false
  ) {
    precondition((1...255).contains(steps), "a path has 1 to 255 steps")
    self.anchor = anchor
    self.steps = steps
    self.within = within
    self.during = during
    self.collapse = collapse
  }
}

/// How a path ended.
package enum PathEnd: Sendable {
  /// At TO.
  case reached
  /// After the most steps that were asked for.
  case cut
  /// The user did nothing more within the window, the session or the log, or an excluded event came.
  case left
}

/// One row of the summary of paths.
package struct PathTransition: Sendable, Equatable {
  /// 1 for the first transition from FROM; −1 for the last one into TO when paths are followed backward.
  package var position: Int
  package var from: UInt32
  /// ``PathDefinition/left`` where the user left.
  package var to: UInt32
  package var transitions: Int
  package var users: Int
  /// Over all transitions of the position.
  package var share: Double
  /// Milliseconds; `nil` where the user left.
  package var medianGap: Int64?
}

/// The `PER USER` columns of paths: one row for each path.
package struct PathUsers: Sendable {
  package private(set) var users: [UInt32] = []
  package private(set) var groups: [UInt32] = []
  /// The nodes of each path in order; its length is their number.
  package private(set) var paths: [[UInt32]] = []
  package private(set) var ends: [PathEnd] = []

  mutating func append(_ user: UInt32, _ group: UInt32, _ path: [UInt32], _ end: PathEnd) {
    users.append(user)
    groups.append(group)
    paths.append(path)
    ends.append(end)
  }

  mutating func merge(_ other: PathUsers) {
    users.append(contentsOf: other.users)
    groups.append(contentsOf: other.groups)
    paths.append(contentsOf: other.paths)
    ends.append(contentsOf: other.ends)
  }
}
