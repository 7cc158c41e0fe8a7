import Testing

/// The program as a shell sees it: arguments in, text and an exit code out.
struct CommandLineTests {
  private func instar(_ arguments: String..., input: String = "") throws -> ProgramResult {
    try Program.run(Program.instar, arguments, input: input)
  }

  private let events = """
    user,time,event,amount
    ada,2026-01-01T10:00:00Z,view,
    ada,2026-01-02T10:00:00Z,purchase,10.5
    bob,2026-01-03T10:00:00Z,view,

    """

  @Test func importsAndAnswersInAPipe() throws {
    let folder = try TemporaryFolder()
    try folder.write(events, to: "events.csv")
    let store = folder.path("shop.instar")
    let imported = try instar("import", store, folder.path("events.csv"))
    #expect(imported.code == 0, "\(imported.errors)")
    let answer = try instar(store, "-c", "EVENTS purchase AGGREGATE count() AS n, sum(amount) AS revenue")
    #expect(answer.output.split(whereSeparator: \.isNewline) == ["n,revenue", "1,10.5"])
    #expect(answer.errors == "")
    #expect(try instar("check", store).code == 0)
    #expect(try instar("compact", store).code == 0)
  }

  @Test func readsStandardInput() throws {
    let answer = try instar("--format", "json", input: "SHOW SETTINGS KEEP setting LIMIT 1;")
    #expect(answer.code == 0, "\(answer.errors)")
    #expect(answer.output == "[{\"setting\":\"timezone\"}]\n")
  }

  @Test func tellsKindsOfFailureApart() throws {
    #expect(try instar("-c", "SEGMENT users").code == 0)
    #expect(try instar("-c", "SEGMENT users WHER").code == 1)
    #expect(try instar("-c", "SEGMENT users ASSERT users() > 5, 'too few'").code == 2)
    #expect(try instar("--nonsense").code == 64)
    #expect(try instar("--param", "since", "-c", "SHOW EVENTS").code == 64)
  }

  @Test func aMissingStoreIsAnErrorInScripts() throws {
    let folder = try TemporaryFolder()
    let store = folder.path("no.instar")
    let refused = try instar(store, "-c", "SHOW EVENTS")
    #expect(refused.code == 1)
    #expect(refused.errors.contains("--create"))
    #expect(try instar(store, "--create", "-c", "SHOW EVENTS").code == 0)
    #expect(try instar(store, "-c", "SHOW EVENTS").code == 0)
  }

  @Test func errorsCanBeRead() throws {
    let text = try instar("-c", "SEGMENT users WHERE did nothing_such")
    #expect(text.errors.hasPrefix("E0102 line 1:25  no event named 'nothing_such'"))
    let json = try instar("--errors", "json", "-c", "SEGMENT users WHERE did nothing_such")
    #expect(json.errors.hasPrefix("{\"code\":\"E0102\",\"severity\":\"error\""))
    #expect(json.errors.hasSuffix("\"line\":1,\"column\":25,\"start\":24,\"end\":36}\n"))
  }

  @Test func scriptsStopAtTheFirstError() throws {
    let script = "SHOW SETTINGS KEEP setting LIMIT 1;\nSEGMENT nobody;\nSHOW SETTINGS KEEP setting LIMIT 1;\n"
    let stopped = try instar(input: script)
    #expect(stopped.code == 1)
    #expect(stopped.output == "setting\ntimezone\n" || stopped.output == "setting\r\ntimezone\r\n")
    #expect(stopped.errors.contains("line 2:"))
    let whole = try instar(input: ".bail off\n" + script)
    #expect(whole.code == 1)
    #expect(whole.output.components("timezone") == 2)
    #expect(whole.errors.contains("line 3:"))
  }

  @Test func safeBarsFiles() throws {
    let answer = try instar("--safe", "-c", "SEGMENT users EXPORT TO '/tmp/never.csv'")
    #expect(answer.code == 1)
    #expect(answer.errors.hasPrefix("E0502"))
  }

  @Test func receiptsAreOneLineOfJSON() throws {
    let answer = try instar("--receipt", "json", "-c", "SEGMENT users")
    #expect(answer.errors.hasPrefix("{\"statement\":\"SEGMENT users"))
    #expect(answer.errors.hasSuffix("}\n"))
    #expect(answer.errors.contains("\"elapsed_ms\":"))
  }

  @Test func parametersHaveTypes() throws {
    let folder = try TemporaryFolder()
    try folder.write(events, to: "events.csv")
    let store = folder.path("shop.instar")
    _ = try instar("import", store, folder.path("events.csv"))
    let since = try instar(
      store, "--param", "since=@2026-01-03", "-c", "SEGMENT users WHERE did view SINCE $since KEEP user")
    #expect(since.output.split(whereSeparator: \.isNewline) == ["user", "bob"], "\(since.errors)")
    let least = try instar(
      store, "--param", "least=10", "-c", "SEGMENT users WHERE sum(purchase.amount) > $least KEEP user")
    #expect(least.output.split(whereSeparator: \.isNewline) == ["user", "ada"], "\(least.errors)")
  }

  @Test func exportsAndExplains() throws {
    let folder = try TemporaryFolder()
    try folder.write(events, to: "events.csv")
    let store = folder.path("shop.instar")
    _ = try instar("import", store, folder.path("events.csv"))
    let exported = try instar("export", store, "SEGMENT users KEEP user SORT BY user;", folder.path("users.csv"))
    #expect(exported.code == 0, "\(exported.errors)")
    #expect(exported.output == "")
    #expect(try Files.read(folder.path("users.csv")).split(whereSeparator: \.isNewline) == ["user", "ada", "bob"])
    let page = folder.path("funnel.html")
    _ = try instar(store, "-c", "FUNNEL view THEN purchase EXPORT TO '\(page)'")
    let html = try Files.read(page)
    #expect(html.contains("<svg") && html.contains("FUNNEL view THEN purchase"), "the picture and the statement")
    let explained = try instar("explain", store, "SEGMENT users WHERE did purchase")
    #expect(explained.output.contains("users where"))
  }

  @Test func saysThatAFolderIsMissing() throws {
    let folder = try TemporaryFolder()
    let answer = try instar(folder.path("none/shop.instar"), "--create", "-c", "SHOW EVENTS")
    #expect(answer.code == 1)
    #expect(answer.errors.contains("there is no folder"))
  }

  @Test func formatsStatements() throws {
    let formatted = try instar("fmt", input: "segment users where did view -- looked\n;")
    #expect(formatted.code == 0)
    #expect(formatted.output.contains("SEGMENT users WHERE did view;"))
    #expect(try instar("fmt", "--check", input: "segment users;").code == 1)
    #expect(try instar("fmt", "--check", input: formatted.output).code == 0)
  }

  @Test func printsVersionAndCompletions() throws {
    #expect(try instar("--version").output.hasPrefix("instar "))
    for shell in ["bash", "zsh", "fish"] {
      #expect(try instar("completions", shell).output.contains("instar"))
    }
  }
}

extension String {
  /// How often `part` stands in the text.
  fileprivate func components(_ part: String) -> Int {
    var count = 0
    var rest = self[...]
    while let range = rest.firstRange(of: part) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
