internal import InstarColumns
internal import Synchronization

/// Hands the rows of linked identities to the user that they are: a lane of its own behind each run.
///
/// ```
///            users ->  0    8    16   24
/// run 1                [ a ][ B ][ c ][ d ]      a is linked to d: the scan leaves a out where he stands
/// linked of run 1                      a -> d    and merges his rows at d, as it merges a younger run
/// ```
///
/// Rows of equal times come in the order of runs, of one run first those of the person himself, then those of his other
/// identities by number. Gathering reads each run once; the store keeps the last lanes, because a session asks alike.
struct LinkedRows {
  let identity: IdentityMap
  let request: ScanRequest

  /// The linked rows of `source`, one lane for each run and one for the recent events; `nil` where there is none.
  func lanes(of source: ScanSource) throws -> [SortedRows?] {
    var members = identity.members
    if let wanted = request.users { members = identity.members(of: wanted) }
    // Erasure hides a user before it removes him; his rows stay hidden wherever they are joined.
    members.removeAll { user in
      let place = source.hiddenUsers.lowerBound(user)
      return place < source.hiddenUsers.count && source.hiddenUsers[place] == user
    }
    var lanes: [SortedRows?] = []
    for run in source.runs { lanes.append(try lane(of: source.only(runs: [run], recent: nil), members)) }
    lanes.append(source.recent == nil ? nil : try lane(of: source.only(runs: [], recent: source.recent), members))
    return lanes
  }

  private func lane(of source: ScanSource, _ members: [UInt32]) throws -> SortedRows? {
    guard !members.isEmpty else { return nil }
    var request = ScanRequest(columns: self.request.columns, threads: self.request.threads)
    request.users = members
    request.isCancelled = self.request.isCancelled
    let types = source.columnTypes
    var statistics = ScanStatistics()
    let parts = try EventScan.run(
      source, request, statistics: &statistics,
      makeState: { _ in EventBatch(columns: types.map { EventColumnBuffer(type: $0) }) },
      body: { $0.appendUsers(0..<$1.userCount, of: $1) })
    return rows(of: parts, types)
  }

  /// The slice of one identity within the gathered parts.
  private struct Slice {
    var root: UInt32
    var member: UInt32
    var part: Int
    var rows: Range<Int>
  }

  /// The gathered rows by person, then time.
  private func rows(of parts: [EventBatch], _ types: [ValueType]) -> SortedRows? {
    var slices: [Slice] = []
    for (number, part) in parts.enumerated() {
      let (users, starts) = (part.users, part.starts)
      for place in users.indices {
        slices.append(
          Slice(
            root: identity.root(of: users[place]), member: users[place], part: number,
            rows: starts[place]..<starts[place + 1]))
      }
    }
    guard !slices.isEmpty else { return nil }
    slices.sort { ($0.root, $0.member) < ($1.root, $1.member) }
    let target = EventBatch(columns: types.map { EventColumnBuffer(type: $0) })
    var (users, starts): ([UInt32], [Int]) = ([], [0])
    var first = 0
    while first < slices.count {
      var end = first + 1
      while end < slices.count, slices[end].root == slices[first].root { end += 1 }
      if end == first + 1 {
        target.appendRows(slices[first].rows, of: parts[slices[first].part])
      } else {
        merge(slices[first..<end], parts, to: target)
      }
      users.append(slices[first].root)
      starts.append(target.rowCount)
      first = end
    }
    return SortedRows(users: users, starts: starts, target, columns: request.columns)
  }

  /// Several identities of one person: by time, of equal times in the order of their numbers.
  private func merge(_ slices: ArraySlice<Slice>, _ parts: [EventBatch], to target: EventBatch) {
    var next = slices.map(\.rows.lowerBound)
    let times = slices.map { parts[$0.part].times }
    while true {
      var best = -1
      for place in next.indices where next[place] < slices[slices.startIndex + place].rows.upperBound {
        if best < 0 || times[place][next[place]] < times[best][next[best]] { best = place }
      }
      guard best >= 0 else { return }
      target.appendRows(next[best]..<next[best] + 1, of: parts[slices[slices.startIndex + best].part])
      next[best] += 1
    }
  }
}

extension SortedRows {
  fileprivate init(users: [UInt32], starts: [Int], _ batch: EventBatch, columns: [EventColumn]) {
    self.init()
    self.users = users
    self.starts = starts
    times = batch.times
    types = batch.types
    columnNumbers = columns.map(\.number)
    self.columns = batch.columns
  }
}

extension ScanSource {
  fileprivate func only(runs: [RunBlocks], recent: SortedRows?) -> ScanSource {
    var part = ScanSource(
      runs: runs, recent: recent, columnTypes: columnTypes, userCount: userCount, rowCount: rowCount,
      verified: verified, deadline: deadline)
    part.hiddenUsers = hiddenUsers
    return part
  }
}

/// Links and lanes of linked rows that statements share.
final class LinkedRowsCache: Sendable {
  /// What the rows of a lane depend on. Blocks change with the list of runs or with an erasure.
  struct LaneKey: Equatable {
    var runs: [RunRecord]
    var erasures: UInt64
    var identity: IdentityMap
    var columns: [EventColumn]
  }

  private struct State {
    var changes: (dataNumber: UInt64, changes: [LinkChange])?
    var lanes: [(key: LaneKey, lanes: [SortedRows?])] = []
  }

  /// Lanes with more values are gathered anew each time.
  private static let mostValues = 64 << 20
  private static let mostEntries = 4

  private let state = Mutex(State())

  func changes(at dataNumber: UInt64) -> [LinkChange]? {
    state.withLock { $0.changes?.dataNumber == dataNumber ? $0.changes?.changes : nil }
  }

  func keep(_ changes: [LinkChange], at dataNumber: UInt64) {
    state.withLock { $0.changes = (dataNumber, changes) }
  }

  func lanes(_ key: LaneKey) -> [SortedRows?]? {
    state.withLock { state in state.lanes.first { $0.key == key }?.lanes }
  }

  func keep(_ lanes: [SortedRows?], _ key: LaneKey) {
    let values = lanes.reduce(0) { $0 + ($1?.rowCount ?? 0) } * (2 + key.columns.count)
    guard values <= Self.mostValues else { return }
    state.withLock { state in
      state.lanes.insert((key, lanes), at: 0)
      if state.lanes.count > Self.mostEntries { state.lanes.removeLast() }
    }
  }
}

extension Snapshot {
  /// The source of a scan with linked identities joined; `request` then names persons where it named identities.
  borrowing func joined(_ source: ScanSource, _ request: inout ScanRequest) throws -> ScanSource {
    guard request.joinsIdentities else { return source }
    let identity = try identity(before: request.before)
    guard !identity.isEmpty else { return source }
    request.users = request.users.map { Array(Set($0.map(identity.root(of:)))).sorted() }
    let gather = LinkedRows(identity: identity, request: request)
    var joined = source
    joined.linked = request.users == nil ? try sharedLanes(source, gather) : try gather.lanes(of: source)
    joined.hiddenUsers =
      source.hiddenUsers.isEmpty
      ? identity.members : Array(Set(source.hiddenUsers).union(identity.members)).sorted()
    return joined
  }

  /// The lanes of runs from the cache; recent events are few and change often, so theirs are gathered each time.
  private borrowing func sharedLanes(_ source: ScanSource, _ gather: LinkedRows) throws -> [SortedRows?] {
    let key = LinkedRowsCache.LaneKey(
      runs: try transaction.visibleRuns(), erasures: schema.commit.erasures, identity: gather.identity,
      columns: gather.request.columns)
    var runs = source
    runs.recent = nil
    let known = source.hiddenUsers.isEmpty ? store.linkedRows.lanes(key) : nil
    let lanes = try known ?? gather.lanes(of: runs)
    if known == nil, source.hiddenUsers.isEmpty { store.linkedRows.keep(lanes, key) }
    var recent = source
    recent.runs = []
    return lanes.dropLast() + (try gather.lanes(of: recent))
  }
}
