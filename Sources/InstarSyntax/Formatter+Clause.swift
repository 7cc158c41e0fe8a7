// Each gives no part for a clause that is absent.

extension Formatter {
  static func by(_ buckets: [Bucket]) -> [String] {
    buckets.isEmpty ? [] : ["BY " + list(buckets, bucket)]
  }

  private static func bucket(_ bucket: Bucket) -> String {
    let text =
      switch bucket.kind {
      case .unit(let unit): singular(unit)
      case .every(let span): "EVERY " + timeSpan(span)
      case .expression(let value): expression(value)
      }
    return text + alias(bucket.name)
  }

  static func alias(_ name: Name?) -> String { name.map { " AS " + self.name($0) } ?? "" }

  static func during(_ range: DateRange?) -> [String] { range.map { ["DURING " + dateRange($0)] } ?? [] }

  static func using(_ methods: [Name]) -> [String] { methods.isEmpty ? [] : ["USING " + names(methods)] }

  static func with(_ options: [Option]) -> [String] { options.isEmpty ? [] : ["WITH " + list(options, option)] }

  private static func option(_ option: Option) -> String {
    let value =
      switch option.value {
      case .expression(let value): expression(value)
      case .list(let values): "(" + list(values, expression) + ")"
      }
    return name(option.name) + " = " + value
  }

  static func perUser(_ isPerUser: Bool) -> [String] { isPerUser ? ["PER USER"] : [] }

  static func why(_ clause: WhyClause?) -> [String] {
    clause.map { ["WHY" + ($0.count.map { " " + count($0) } ?? "")] } ?? []
  }

  static func into(_ count: GroupCount) -> String {
    switch count {
    case .count(let value): "INTO " + self.count(value)
    case .auto: "INTO AUTO"
    }
  }

  static func assignment(_ assignment: Assignment) -> String {
    name(assignment.name) + " = " + expression(assignment.value)
  }

  static func namedExpression(_ value: NamedExpression) -> String {
    expression(value.value) + alias(value.name)
  }

  static func since(_ point: TimePoint?) -> String { point.map { " SINCE " + timePoint($0) } ?? "" }
}
