/// What was read from a text.
package struct ParsedText: Sendable, Hashable {
  /// The statements without an error, in their order.
  package var statements: [Statement]
  /// At most one for each statement, in their order.
  package var diagnostics: [Diagnostic]
  /// Comments behind the last statement.
  package var trailingComments: [String]
}

extension Parser {
  /// Reads every statement of a text. The `;` behind the last one may be absent.
  ///
  /// - Complexity: O(*n*) in the length of the text.
  package static func parse(_ text: String) -> ParsedText {
    var parser = Parser(lexer: Lexer(text))
    return parser.parseScript()
  }

  mutating func parseScript() -> ParsedText {
    var result = ParsedText(statements: [], diagnostics: [], trailingComments: [])
    var layouts = LayoutReader(parser: self)
    while current.kind != .endOfText {
      if current.kind == .semicolon {
        index += 1
        continue
      }
      let start = index
      switch readStatement() {
      case .success(var statement):
        statement.layout = layouts.layout(from: start, to: index)
        result.statements.append(statement)
      case .failure(let failure):
        result.diagnostics.append(diagnostic(for: failure, from: start))
        recover(behind: failure.index)
        _ = layouts.layout(from: start, to: index)
      }
      if result.diagnostics.count >= Parser.maximumErrors && current.kind != .endOfText {
        result.diagnostics.append(tooManyErrors())
        break
      }
    }
    result.trailingComments = layouts.rest()
    return result
  }

  private func tooManyErrors() -> Diagnostic {
    Diagnostic(
      code: SyntaxCode.tooManyErrors.rawValue,
      message: "\(Parser.maximumErrors) statements have errors; the rest is not read",
      range: current.range, help: "if this is a file of data, load it with IMPORT EVENTS FROM 'file'", source: source)
  }

  /// Reads one statement and what must follow it: a `;` or the end.
  private mutating func readStatement() -> Result<Statement, SyntaxError> {
    depth = 0
    operators = 0
    step = StepContext()
    do throws(SyntaxError) {
      let statement = try parseStatement()
      guard at(.semicolon) || at(.endOfText) else { throw unexpected() }
      return .success(statement)
    } catch {
      return .failure(error)
    }
  }

  /// Moves behind the first `;` that is not before `token`.
  private mutating func recover(behind token: Int) {
    index = max(index, token)
    while current.kind != .semicolon && current.kind != .endOfText { index += 1 }
    if current.kind == .semicolon { index += 1 }
  }

  /// Reads the statement again, to gather what could stand at the token at fault.
  private mutating func diagnostic(for failure: SyntaxError, from start: Int) -> Diagnostic {
    if let diagnostic = failure.diagnostic { return diagnostic }
    expectations(from: start, at: failure.index)
    index = failure.index
    let diagnostic = unexpectedToken(statementStart: start)
    let isGeneral = [SyntaxCode.unexpected, .unfinished, .openBracket].map(\.rawValue).contains(diagnostic.code)
    guard isGeneral, failure.index > start else { return diagnostic }
    expectations(from: start, at: failure.index - 1)
    index = failure.index
    return misspeltBefore(failure.index - 1) ?? diagnostic
  }

  /// Reads the statement at `start` and gathers in ``expected`` what could stand at `token`.
  mutating func expectations(from start: Int, at token: Int) {
    index = start
    watched = token
    expected = Expectation()
    _ = readStatement()
    watched = -1
  }

  mutating func parseStatement() throws(SyntaxError) -> Statement {
    let start = index
    let asOf = at(.as) ? try parseAsOf() : nil
    let explain = at(.explain) ? try parseExplain() : nil
    let body = try parseStatementBody()
    return Statement(asOf: asOf, explain: explain, body: body, layout: StatementLayout(), range: range(from: start))
  }

  mutating func parseAsOf() throws(SyntaxError) -> TimePoint {
    try expect(.as)
    try expect(.of)
    return try parseTimePoint()
  }

  mutating func parseExplain() throws(SyntaxError) -> ExplainMode {
    try expect(.explain)
    return accept(.analyze) ? .analyze : .plan
  }

  mutating func parseStatementBody() throws(SyntaxError) -> StatementBody {
    if at(.define) { return .define(try parseDefine()) }
    if at(.let) { return .let(try parseLet()) }
    if at(.promote) { return .promote(try parsePromote()) }
    if at(.drop) { return .drop(try parseDrop()) }
    if at(.set) { return .set(try parseSet()) }
    if at(.import) { return .import(try parseImport()) }
    if at(.forget) { return .forget(try parseForget()) }
    if at(.redact) { return .redact(try parseRedact()) }
    if at(.retain) { return .retain(try parseRetain()) }
    if at(.consent) { return .consent(try parseConsent()) }
    if at(.withdraw) { return .withdraw(try parseWithdraw()) }
    if at(.link) { return .link(try parseLink()) }
    if at(.unlink) { return .unlink(try parseUnlink()) }
    if at(.export, .user) || at(.export, .item) { return .exportUser(try parseExportUser()) }
    if at(.run) { return .run(try parseRun()) }
    return .pipeline(try parsePipeline())
  }

  mutating func parsePipeline() throws(SyntaxError) -> Pipeline {
    let start = index
    let source = at(anyOf: Keyword.sources) ? try parseSource() : nil
    var steps: [Step] = []
    if source == nil { steps.append(try parseStep()) }
    while at(anyOf: Keyword.steps) { steps.append(try parseStep()) }
    return Pipeline(source: source, steps: steps, range: range(from: start))
  }

  mutating func parseSource() throws(SyntaxError) -> Source {
    let start = index
    step = StepContext(verb: current.keyword, start: index)
    let kind: Source.Kind =
      switch current.keyword {
      case .segment: .segment(try parseSegmentSource())
      case .events: .events(try parseEventsSource())
      case .items: .items(filter: try parseItemsSource())
      case .table: .table(try parseTableSource())
      case .compare: .compare(try parseCompare())
      case .train: .train(try parseTrain())
      case .evaluate: .evaluate(try parseEvaluate())
      case .profile: .profile(try parseProfile())
      case .timeline: .timeline(try parseTimeline())
      case .show: .show(try parseShow())
      case .describe: .describe(try parseDescribe())
      default: throw unexpected()
      }
    return Source(kind: kind, range: range(from: start))
  }

  mutating func parseStep() throws(SyntaxError) -> Step {
    let start = index
    guard at(anyOf: Keyword.steps), let verb = current.keyword else { throw unexpected() }
    step = StepContext(verb: verb, start: index)
    let kind: Step.Kind =
      switch verb {
      case .where: .where(try parseWhere())
      case .add: .add(try parseAdd())
      case .keep: .keep(try parseKeep())
      case .sort: .sort(try parseSort())
      case .limit: .limit(try parseLimit())
      case .pivot: .pivot(try parsePivot())
      case .assert: .assert(try parseAssert())
      case .join: .join(try parseJoin())
      case .save: .save(try parseSave())
      case .snapshot: .snapshot(try parseSnapshot())
      case .export: .export(try parseExport())
      case .aggregate: .aggregate(try parseAggregate())
      case .funnel: .funnel(try parseFunnel())
      case .retention: .retention(try parseRetention())
      case .paths: .paths(try parsePaths())
      case .stickiness: .stickiness(try parseStickiness())
      case .lifecycle: .lifecycle(try parseLifecycle())
      case .sessions: .sessions(try parseSessions())
      case .rfm: .rfm(try parseRfm())
      case .cluster: .cluster(try parseCluster())
      case .rules: .rules(try parseRules())
      case .recommend: .recommend(try parseRecommend())
      case .predict: .predict(try parsePredict())
      case .forecast: .forecast(try parseForecast())
      default: throw unexpected()
      }
    return Step(kind: kind, range: range(from: start))
  }
}
