import InstarBehavior
import InstarColumns
import InstarPlan

/// The columns of WITH baseline: each row beside the row of the baseline that is like it in everything else.
struct LiftColumns {
  /// One row of the summary.
  struct Row {
    /// What its group shows; `nil` where there is nothing to compare.
    var sample: LiftSample?
    /// The members that it adds to the check of the split: those of a group are counted in one of its rows.
    var members = 0
  }

  let plan: LiftPlan

  /// - Parameters:
  ///   - breakdowns: the columns of BY, in its order.
  ///   - others: what else tells rows of one group apart: a step, a cohort and an age.
  /// - Returns: the columns, and what the receipt should say.
  func compare(breakdowns: [Column], others: [Column] = [], rows: [Row]) -> (columns: [Column], notes: [String]) {
    let variant = breakdowns[plan.bucket]
    let rest = breakdowns.indices.filter { $0 != plan.bucket }.map { breakdowns[$0] } + others
    let keys = rows.indices.map { row in rest.map { $0[row] } }
    let isBaseline = rows.indices.map { variant[$0] == plan.baseline }
    var baselines: [[Value]: LiftSample] = [:]
    for row in rows.indices where isBaseline[row] { baselines[keys[row]] = rows[row].sample }
    let lifts = rows.indices.map { row -> Lift in
      guard !isBaseline[row], let sample = rows[row].sample, let baseline = baselines[keys[row]] else {
        return .unknown
      }
      return Lift(sample, over: baseline)
    }
    let columns = [
      Column("lift", reals: lifts.map(\.lift)), Column("low", reals: lifts.map(\.low)),
      Column("high", reals: lifts.map(\.high)), Column("p", reals: lifts.map(\.p)),
    ]
    return (columns, notes(variant, rows, hasBaseline: isBaseline.contains(true)))
  }

  private func notes(_ variant: Column, _ rows: [Row], hasBaseline: Bool) -> [String] {
    guard !rows.isEmpty else { return [] }
    guard hasBaseline else {
      return [
        "\(Self.noBaseline) no row of the baseline, \(plan.baseline.plain): "
          + "nothing could be compared by \(variant.name)"
      ]
    }
    return sampleRatio(variant, rows).map { [$0] } ?? []
  }

  /// A warning where the sizes of the groups are not those of the intended split.
  private func sampleRatio(_ variant: Column, _ rows: [Row]) -> String? {
    var sizes: [Value: Int] = [:]
    var order: [Value] = []
    for row in rows.indices where rows[row].members > 0 && variant.isPresent(row) {
      if sizes[variant[row]] == nil { order.append(variant[row]) }
      sizes[variant[row], default: 0] += rows[row].members
    }
    if let split = plan.split, split.count != order.count {
      return "\(Self.unevenSplit) split names \(split.count) groups, and \(variant.name) has "
        + "\(order.count): the sizes were not checked"
    }
    let shares = plan.split ?? [Double](repeating: 1, count: order.count)
    guard let p = Lift.sampleRatio(order.map { sizes[$0] ?? 0 }, shares: shares), p < Self.suspicious else {
      return nil
    }
    let intended = plan.split == nil ? "an even split" : "the split"
    return "\(Self.unevenSplit) the groups of \(variant.name) have not the sizes of \(intended): by "
      + "chance that happens less than once in 1,000 tests, so the assignment may be at fault"
  }

  static let unevenSplit = "W0106"
  private static let noBaseline = "W0107"
  /// Fair splits look this uneven once in a thousand tests.
  static let suspicious = 0.001
}

extension Value {
  /// As a note prints it.
  fileprivate var plain: String {
    switch self {
    case .text(let text): "'\(text)'"
    case .integer(let number): "\(number)"
    case .real(let number): "\(number)"
    case .boolean(let flag): "\(flag)"
    case .missing, .time, .duration: "the value named"
    }
  }
}
