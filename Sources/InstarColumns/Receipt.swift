/// How a result came about: enough to repeat it, and to know what was left out.
///
/// The same file and the same statement give the same table and the same receipt but for ``elapsedMilliseconds``.
public struct Receipt: Sendable {
  /// The statement in canonical form.
  public var statement = ""
  public var engineVersion = ""
  public var formatVersion = 0
  /// Digest over all commits up to the one that was read, as hexadecimal digits.
  public var dataHash = ""
  /// The moment that the statement looks from, milliseconds since 1970; events at or after it are not seen.
  public var asOf: Int64 = 0
  public var timeZone = "UTC"
  public var weekStart = "monday"
  /// Users in the population the statement started from.
  public var population = 0
  /// Rows hidden by the privacy threshold.
  public var suppressedRows = 0
  /// Periods that the data do not cover to their end.
  public var incompletePeriods = 0
  /// Users without a value that a condition asked for.
  public var usersWithMissingValues = 0
  /// Choices the statement left open, as "entry = best".
  public var defaults: [String] = []
  /// Models that took part, as "loyalty@1 (AUC 0.81, baseline 0.74)".
  public var models: [String] = []
  /// Further sentences a reader should know: warnings and remarks.
  public var notes: [String] = []
  public var elapsedMilliseconds = 0.0

  public init() {}
}
