/// What a statement returns: named columns of equal length, and the receipt that says how they came about.
public struct ResultTable: Sendable {
  public var columns: [Column]
  public var receipt: Receipt
  /// What the table shows, so that a renderer can choose a chart: bars for a funnel, a heat map for retention.
  public var shape: Shape

  /// How people would rather look at the table than read it.
  public enum Shape: String, Sendable {
    case table, funnel, retention, series, profile, message, bars, rfm, survival, quality
  }

  /// - Precondition: all columns have the same number of rows.
  public init(columns: [Column], receipt: Receipt = Receipt(), shape: Shape = .table) {
    precondition(columns.allSatisfy { $0.count == columns[0].count }, "columns of one table have equal length")
    self.columns = columns
    self.receipt = receipt
    self.shape = shape
  }

  public var rowCount: Int { columns.first?.count ?? 0 }

  /// The column called `name`, or `nil`.
  public func column(_ name: String) -> Column? { columns.first { $0.name == name } }
}
