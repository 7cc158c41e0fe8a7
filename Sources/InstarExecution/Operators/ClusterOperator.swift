import InstarCalendar
import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// CLUSTER: users who are alike now, and what those who looked like that some time ago have done since.
struct ClusterOperator {
  let environment: QueryEnvironment
  let plan: ClusterPlan
  /// Only these users, ascending; `nil` means all.
  let users: [UInt32]?

  func run(_ stream: StreamPlan, in snapshot: borrowing Snapshot) throws -> QueryOutcome {
    let groups =
      try plan.by.isEmpty
      ? nil : SharedGroups(plan.by, calendar: environment.calendar, range: environment.range)
    let (collected, stage) = try collect(stream, environment, during: plan.during, groups, in: snapshot)
    let parts = fit(collected)
    note(collected, parts)
    var outcome = QueryOutcome(table: Table(columns: []))
    outcome.population = collected.population
    outcome.stages = [stage]
    if plan.perUser {
      let table = perUser(collected, parts, groups)
      outcome.table = try StreamExecutor(environment: environment).withUserColumn(
        table, after: plan.by.count, in: snapshot)
      return outcome
    }
    let forward = try forward(stream, parts, groups, in: snapshot)
    let (shown, hidden) = summary(collected, parts, groups, forward).suppressed(
      below: environment.settings.privacyThreshold)
    (outcome.table, outcome.suppressedRows) = (shown, hidden)
    return outcome
  }

  // MARK: - Figures

  /// The users who have all figures.
  private struct Collected {
    var users: [UInt32] = []
    var groups: [UInt32] = []
    var values: [Double] = []
    /// All users who arrived.
    var population = 0
    /// Users without a value, for each figure that somebody lacks.
    var missing: [(name: String, users: Int)] = []
  }

  private func collect(
    _ stream: StreamPlan, _ environment: QueryEnvironment, during: TimeRange?, _ groups: SharedGroups?,
    in snapshot: borrowing Snapshot
  ) throws -> (Collected, StageReport) {
    var collecting = stream
    collecting.sink = .collect
    collecting.remaining = []
    collecting.columns = plan.features.map { NamedExpression($0.name, $0.expression.bounded(by: during)) }
    for bucket in plan.by {
      if case .expression(let value) = bucket.key { collecting.columns.append(NamedExpression(bucket.name, value)) }
    }
    var executor = StreamExecutor(environment: environment)
    executor.users = users
    let outcome = try executor.run(collecting, in: snapshot)
    let table = outcome.table
    let count = table.rowCount
    let vectors = table.columns.map { Vector($0) }
    let features = vectors.prefix(plan.features.count)
    let rows = (0..<count).filter { row in features.allSatisfy { $0.isPresent(row) } }
    let reals = features.map { $0.reals(count) }
    var result = Collected()
    result.population = count
    result.users = gather(table.users ?? [], rows)
    result.values.reserveCapacity(rows.count * reals.count)
    for row in rows { for column in reals { result.values.append(column[row]) } }
    let codes = groups?.codes(Array(vectors.dropFirst(plan.features.count)), count: count)
    result.groups = codes.map { gather($0, rows) } ?? [UInt32](repeating: 0, count: rows.count)
    for (feature, vector) in zip(plan.features, features) where !vector.present.isEmpty {
      let missing = (0..<count).count { !vector.isPresent($0) }
      if missing > 0 { result.missing.append((feature.name, missing)) }
    }
    let stage = StageReport(
      name: "CLUSTER", rows: rows.count, milliseconds: outcome.stages[0].milliseconds,
      statistics: outcome.stages[0].statistics)
    return (result, stage)
  }

  // MARK: - Clusters

  /// The clusters of one value of the breakdown.
  private struct Part {
    var group: UInt32
    /// Its rows among those collected.
    var rows: [Int]
    var clusters: UserClusters
  }

  private func points(_ collected: Collected, _ rows: [Int]) -> PointSet {
    PointSet(collected.values, dimensions: plan.features.count).rows(at: rows)
  }

  private func members(_ collected: Collected) -> [UInt32: [Int]] {
    var members: [UInt32: [Int]] = [:]
    for (row, group) in collected.groups.enumerated() { members[group, default: []].append(row) }
    return members
  }

  private func fit(_ collected: Collected) -> [Part] {
    let number: UserClusters.Number =
      switch plan.number {
      case .exactly(let number): .exactly(number)
      case .auto: .auto
      }
    return members(collected).map { group, rows in
      Part(
        group: group, rows: rows,
        clusters: UserClusters(of: points(collected, rows), number, seed: plan.seed))
    }
  }

  private func note(_ collected: Collected, _ parts: [Part]) {
    for (name, users) in collected.missing {
      environment.log.add(note: "\(users) users have no \(name): they are in no cluster")
    }
    for part in parts {
      let clusters = part.clusters
      if case .exactly(let wanted) = plan.number, clusters.model.clusters < wanted {
        environment.log.add(note: "only \(clusters.model.clusters) different users: as many clusters")
      }
      guard parts.count == 1 else { continue }
      let value = (clusters.silhouette.mean * 1000).rounded() / 1000
      let measured = clusters.silhouette.measured
      let sampled = measured < part.rows.count ? " (a sample)" : ""
      environment.log.add(note: "silhouette \(value) over \(measured) users\(sampled)")
    }
  }

  // MARK: - Forward rate

  /// Of each part and cluster, who was there at the earlier moment and how many of them had the goal since.
  private struct Forward {
    var users: [[Int]]
    var buyers: [[Int]]
  }

  /// The population of an earlier moment, with its figures of then, in the clusters of now.
  private func forward(
    _ stream: StreamPlan, _ parts: [Part], _ groups: SharedGroups?, in snapshot: borrowing Snapshot
  ) throws -> Forward? {
    guard let goal = plan.goal, !parts.isEmpty else { return nil }
    let day: Int64 = 86_400_000
    let history = environment.moment - environment.range.lowerBound
    let horizon = plan.horizon ?? min(90 * day, max(day, history / 3 / day * day))
    var earlier = environment
    earlier.moment -= horizon
    (earlier.keepsModels, earlier.missing) = (false, MissingValues())
    let during = plan.during.map { TimeRange(from: $0.from - horizon, to: $0.to - horizon) }
    let (then, _) = try collect(stream, earlier, during: during, groups, in: snapshot)
    var result = Forward(
      users: parts.map { [Int](repeating: 0, count: $0.clusters.model.clusters) },
      buyers: parts.map { [Int](repeating: 0, count: $0.clusters.model.clusters) })
    let window = Window.range(from: earlier.moment, to: environment.moment)
    let count = Expression.measure(Measure(.count, of: goal, in: window, at: .statement), type: .integer)
    var executor = StreamExecutor(environment: environment)
    executor.users = then.users
    let table = try executor.run(StreamPlan(columnsOfUsers: [NamedExpression("n", count)]), in: snapshot).table
    var bought = [UInt8](repeating: 0, count: snapshot.userCount)
    let counts = table.rowCount > 0 ? Vector(table.columns[0]).integers(table.rowCount) : []
    for (row, user) in (table.users ?? []).enumerated() where counts[row] > 0 { bought[Int(user)] = 1 }
    let members = members(then)
    for (place, part) in parts.enumerated() {
      guard let rows = members[part.group] else { continue }
      let clusters = part.clusters.nearest(points(then, rows)).clusters
      for (cluster, row) in zip(clusters, rows) {
        result.users[place][Int(cluster)] += 1
        result.buyers[place][Int(cluster)] += Int(bought[Int(then.users[row])])
      }
    }
    let date = TimeFormatter(zone: environment.calendar.zone, precision: .days).text(earlier.moment)
    environment.log.add(
      note:
        "forward_rate: of those who looked like the cluster on \(date), with \(goal.text) in the \(horizon / day) days "
        + "since")
    return result
  }

  // MARK: - Tables

  /// The order of parts by their key, and the key columns of rows that belong to them.
  private func ordered(_ parts: [Part], _ groups: SharedGroups?) -> [Int] {
    guard let groups else { return Array(parts.indices) }
    return groups.columns(parts.map(\.group)).order
  }

  private func summary(_ collected: Collected, _ parts: [Part], _ groups: SharedGroups?, _ forward: Forward?) -> Table {
    var lines: [(part: Int, cluster: Int)] = []
    for part in ordered(parts, groups) {
      lines += (0..<parts[part].clusters.model.clusters).map { (part, $0) }
    }
    func model(_ line: (part: Int, cluster: Int)) -> UserClusters { parts[line.part].clusters }
    let sizes = lines.map { model($0).model.sizes[$0.cluster] }
    let centres = lines.map { model($0).centre($0.cluster) }
    var columns = groups?.columns(lines.map { parts[$0.part].group }).columns ?? []
    columns += [
      Column("cluster", type: .integer, values: .integers(lines.map { Int64($0.cluster + 1) })),
      Column("users", type: .integer, values: .integers(sizes.map { Int64($0) })),
      Column(
        "share", type: .real,
        values: .reals(zip(lines, sizes).map { Double($1) / Double(parts[$0.part].rows.count) })),
    ]
    for (place, feature) in plan.features.enumerated() {
      let values = centres.map { $0[place] }
      columns.append(Column(feature.name, type: .real, unit: feature.expression.unit, values: .reals(values)))
    }
    columns.append(Column("silhouette", reals: lines.map { model($0).silhouette.ofClusters[$0.cluster] }))
    guard plan.goal != nil else { return Table(columns: columns, rowCount: lines.count) }
    let judged = lines.map { forward?.users[$0.part][$0.cluster] ?? 0 }
    let rates = zip(lines, judged).map { line, users -> Double? in
      users == 0 ? nil : Double(forward?.buyers[line.part][line.cluster] ?? 0) / Double(users)
    }
    columns.append(Column("forward_users", type: .integer, values: .integers(judged.map { Int64($0) })))
    columns.append(Column("forward_rate", reals: rates))
    return Table(columns: columns, rowCount: lines.count)
  }

  private func perUser(_ collected: Collected, _ parts: [Part], _ groups: SharedGroups?) -> Table {
    let count = collected.users.count
    var numbers = [Int64](repeating: 0, count: count)
    var distances = [Double](repeating: 0, count: count)
    for part in parts {
      let nearest = part.clusters.nearest(points(collected, part.rows))
      for (place, row) in part.rows.enumerated() {
        numbers[row] = Int64(nearest.clusters[place]) + 1
        distances[row] = nearest.distances[place]
      }
    }
    let keys = groups.map { $0.columns(collected.groups).columns } ?? []
    let columns =
      keys + [
        Column("cluster", type: .integer, values: .integers(numbers)),
        Column("distance", type: .real, values: .reals(distances)),
      ]
    return Table(columns: columns, rowCount: count, users: collected.users)
  }
}
