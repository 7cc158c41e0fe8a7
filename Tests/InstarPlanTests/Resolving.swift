import InstarColumns
import InstarPlan
import InstarSyntax
import Testing

/// The plan of a statement as text, or its diagnostics as `E0102 at 'purchse': message (help)`.
func resolve(
  _ text: String, in shop: Shop = Shop(), _ parameters: [String: Value] = [:],
  session: SessionDefinitions = SessionDefinitions()
) -> Result<LogicalStatement, ResolutionFailure> {
  let parsed = Parser.parse(text)
  guard parsed.diagnostics.isEmpty, let statement = parsed.statements.first else {
    return .failure(ResolutionFailure(parsed.diagnostics))
  }
  return Resolver.resolve(
    statement, source: text, in: shop, parameters: parameters, session: session, systemTime: 1_780_000_000_000)
}

func plan(
  _ text: String, in shop: Shop = Shop(), _ parameters: [String: Value] = [:],
  session: SessionDefinitions = SessionDefinitions(), sourceLocation: SourceLocation = #_sourceLocation
) throws -> LogicalPlan {
  switch resolve(text, in: shop, parameters, session: session) {
  case .success(.query(let plan)), .success(.explain(let plan, _, _)): return plan
  case .success(let other): throw NoPlan(text: "\(other)")
  case .failure(let failure):
    throw NoPlan(
      text: failure.diagnostics.map { "\($0.code) \($0.message) (\($0.help ?? ""))" }.joined(separator: "\n"))
  }
}

struct NoPlan: Error, CustomStringConvertible {
  var text: String
  var description: String { text }
}

/// The printed plan without the line of columns, steps joined by " | ".
func printed(
  _ text: String, in shop: Shop = Shop(), _ parameters: [String: Value] = [:],
  session: SessionDefinitions = SessionDefinitions()
) -> String {
  do {
    let plan = try plan(text, in: shop, parameters, session: session)
    return PlanText(shop).lines(plan).dropLast().map { $0.trimmingPrefix(while: { $0 == " " }) }.joined(
      separator: " | ")
  } catch {
    return "\(error)"
  }
}

/// The names of a result's columns.
func columns(_ text: String, in shop: Shop = Shop()) -> [String] {
  do { return try plan(text, in: shop).columns.map(\.name) } catch { return ["\(error)"] }
}

/// The codes of the diagnostics with the text that each marks.
func faults(_ text: String, in shop: Shop = Shop(), _ parameters: [String: Value] = [:]) -> [String] {
  guard case .failure(let failure) = resolve(text, in: shop, parameters) else { return [] }
  let bytes = Array(text.utf8)
  return failure.diagnostics.map { diagnostic in
    let marked = diagnostic.range.map { String(decoding: bytes[$0.lowerBound..<$0.upperBound], as: UTF8.self) }
    return "\(diagnostic.code) \(marked ?? "-")"
  }
}

func helps(_ text: String, in shop: Shop = Shop()) -> String {
  guard case .failure(let failure) = resolve(text, in: shop) else { return "" }
  return failure.diagnostics.map { "\($0.message) / \($0.help ?? "")" }.joined(separator: "; ")
}
