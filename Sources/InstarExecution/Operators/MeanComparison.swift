import InstarBehavior
import InstarColumns
import InstarPlan

/// WITH baseline of AGGREGATE: what it adds to the aggregates in order to compare the means of a figure.
struct MeanComparison {
  private let lift: LiftPlan
  /// Positions among the calls: the mean, the mean of the squares, the number of known values.
  private let mean: Int
  private let squares: Int
  private let known: Int

  /// - Parameter calls: the aggregates of the statement; those that are missing are added.
  init(_ lift: LiftPlan, of figure: Expression, calls: inout [AggregateCall]) {
    func position(_ call: AggregateCall) -> Int {
      if let known = calls.firstIndex(of: call) { return known }
      calls.append(call)
      return calls.count - 1
    }
    self.lift = lift
    // As a real from the first factor on: the square of a whole number may not fit 64 bits.
    let one = Expression.literal(.real(1))
    let real = Expression(.binary(.multiply, one, figure), type: .real, level: figure.level)
    let square = Expression(.binary(.multiply, real, figure), type: .real, level: figure.level)
    mean = position(AggregateCall(.avg, figure))
    squares = position(AggregateCall(.avg, square))
    known = position(AggregateCall(.count, figure))
  }

  /// - Parameter values: one vector for each call, with `count` rows.
  func columns(_ breakdowns: [Column], _ values: [Vector], count: Int) -> (columns: [Column], notes: [String]) {
    let means = values[mean].reals(count)
    let squares = values[squares].reals(count)
    let sizes = values[known].integers(count)
    let rows = (0..<count).map { row -> LiftColumns.Row in
      let size = Int(sizes[row])
      guard size > 0 else { return .init(sample: nil) }
      return .init(
        sample: .mean(sum: means[row] * Double(size), squares: squares[row] * Double(size), of: size), members: size)
    }
    return LiftColumns(plan: lift).compare(breakdowns: breakdowns, rows: rows)
  }
}
