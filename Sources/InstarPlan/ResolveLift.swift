internal import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

/// `WITH baseline` of FUNNEL, RETENTION and AGGREGATE.
extension Resolution {
  func lift(_ options: Options, by: [Bucket], isPerUser: Bool = false) throws(Failure) -> LiftPlan? {
    guard let value = try options.value("baseline") else {
      guard !options.has("split") else { throw options.wrong("split", "for WITH baseline: name that, too") }
      return nil
    }
    guard let bucket = by.firstIndex(where: { !$0.key.isPeriod }) else {
      throw options.wrong("baseline", "a value of a breakdown: write BY variant WITH baseline = 'control'")
    }
    guard !isPerUser else { throw options.wrong("baseline", "for the summary: leave PER USER out") }
    let wanted = by[bucket].key.type
    let baseline: Value
    switch (value, wanted) {
    case (.integer(let number), .real): baseline = .real(Double(number))
    case _ where value.type == wanted: baseline = value
    default: throw options.wrong("baseline", "a value of \(by[bucket].name), which is \(wanted.phrase)")
    }
    let split = try options.numbers("split")
    if let split, split.count < 2 || !split.allSatisfy({ $0 > 0 && $0.isFinite }) {
      throw options.wrong("split", "the size of each group as in split = (9, 1)")
    }
    if split == nil { useDefault("split = equal") }
    return LiftPlan(bucket: bucket, baseline: baseline, split: split)
  }
}

extension LiftPlan {
  /// The columns that the comparison adds.
  package static var columns: [PlanColumn] {
    ["lift", "low", "high", "p"].map { PlanColumn($0, .real) }
  }
}

extension PlanText {
  func clause(_ lift: LiftPlan?) -> String {
    guard let lift else { return "" }
    return " baseline \(text(lift.baseline)) of #\(lift.bucket)"
      + (lift.split.map { " split \($0.map { "\($0)" }.joined(separator: ":"))" } ?? "")
  }
}

extension Meaning {
  func comparison(_ lift: LiftPlan?, _ by: [Bucket]) -> String {
    lift.map { ", each \(by[$0.bucket].name) compared with \(text.text($0.baseline))" } ?? ""
  }
}
