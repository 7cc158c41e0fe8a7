extension Formatter {
  static func parts(of source: Source) -> [String] {
    switch source.kind {
    case .segment(let name): ["SEGMENT " + self.name(name)]
    case .events(let events): ["EVENTS " + self.events(events)]
    case .items(let filter): ["ITEMS" + self.filter(filter)]
    case .table(let name): ["TABLE " + self.name(name)]
    case .compare(let source): parts(of: source)
    case .train(let source): ["TRAIN " + name(source.model)] + with(source.options)
    case .evaluate(let source): parts(of: source)
    case .profile(let value): ["PROFILE " + subject(value)]
    case .timeline(let source): ["TIMELINE " + entity(source.subject)] + during(source.during)
    case .show(let subject): ["SHOW " + subject.rawValue.uppercased()]
    case .describe(let source): ["DESCRIBE " + (source.kind.map { kind($0) + " " } ?? "") + model(source.name)]
    }
  }

  private static func parts(of source: CompareSource) -> [String] {
    ["COMPARE " + side(source.left) + " WITH " + side(source.right), "ON " + list(source.features, expression)]
      + during(source.during) + with(source.options)
  }

  private static func side(_ side: CompareSource.Side) -> String {
    name(side.segment) + (side.at.map { " AT " + timePoint($0) } ?? "")
  }

  private static func parts(of source: EvaluateSource) -> [String] {
    let against = source.against.map { ["AGAINST " + expression($0)] } ?? []
    let rest = against + during(source.during) + with(source.options)
    return switch source.subject {
    case .models(let models): ["EVALUATE " + list(models, model)] + rest
    case .campaigns(let campaigns): ["EVALUATE CAMPAIGN " + names(campaigns)] + rest
    case .inline(let model): ["EVALUATE"] + lines(of: model).map { $0.joined(separator: " ") }
    }
  }
}
