package import InstarCalendar

/// What a model learns: of whom, what, and how. The same question can be asked at any past moment.
package struct PredictionModel: Sendable, Hashable {
  package enum Method: String, Sendable, Hashable, CaseIterable {
    /// The method that the kind of target has proved best with.
    case auto
    case logistic
  }

  package enum Solver: String, Sendable, Hashable, CaseIterable { case newton, lbfgs, gd, sgd }

  package enum Promotion: String, Sendable, Hashable, CaseIterable {
    case ifBetter = "if_better"
    case always
    case never
  }

  /// Choices with a default, from the clause WITH.
  package struct Options: Sendable, Hashable {
    package var solver = Solver.newton
    /// The L2 penalty on standardised coefficients.
    package var penalty = 1.0
    package var seed: UInt64 = 1
    /// The distance between anchors and how far they go back, milliseconds; `nil` for the defaults.
    package var every: Int64?
    package var history: Int64?
    /// Anchors of this newest stretch never teach, milliseconds; `nil` for the newest anchor alone.
    package var holdout: Int64?
    package var promotion = Promotion.ifBetter
    /// Further features, numbers or conditions of users.
    package var features: [NamedExpression] = []
    /// Properties without dates that the statement vouches for.
    package var timeless: [UInt16] = []

    package init() {}
  }

  /// A chain that starts from users and only filters and adds; asked again at every anchor.
  package var population: ChainBox
  /// A condition over a window that begins at the moment (``Window/next(_:)``).
  package var target: Expression
  /// The events that the target speaks of: features of rhythm are theirs.
  package var subject: EventPattern
  /// Whether the target is that something does not happen.
  package var isAbsence: Bool
  /// The length of the window.
  package var horizon: CalendarDuration
  package var method: Method
  package var options: Options
  /// The target as written: "did purchase IN NEXT 30 DAYS".
  package var text: String

  package init(
    population: ChainBox, target: Expression, subject: EventPattern, isAbsence: Bool, horizon: CalendarDuration,
    method: Method = .auto, options: Options = Options(), text: String
  ) {
    self.population = population
    self.target = target
    self.subject = subject
    self.isAbsence = isAbsence
    self.horizon = horizon
    self.method = method
    self.options = options
    self.text = text
  }
}

/// A model by name, with the version that is asked for.
package struct ModelName: Sendable, Hashable {
  package var name: String
  /// `nil` for the active one.
  package var version: Int?

  package init(_ name: String, version: Int? = nil) {
    self.name = name
    self.version = version
  }

  package var text: String { version.map { "\(name)@\($0)" } ?? name }
}

/// PREDICT: a column with the prediction, one with its decile, and reasons where they are asked for.
package struct PredictPlan: Sendable, Hashable {
  package var model: PredictionModel
  /// `nil` for a model that the statement writes out: it is fitted when asked.
  package var stored: ModelName?
  /// The name of the column of predictions.
  package var column: String
  /// Reasons per row; `nil` for none.
  package var why: Int?

  package init(model: PredictionModel, stored: ModelName? = nil, column: String = "value", why: Int? = nil) {
    self.model = model
    self.stored = stored
    self.column = column
    self.why = why
  }

  /// The columns that the step adds.
  package var columns: [PlanColumn] {
    let reasons = why == nil ? [] : [PlanColumn("why", .text)]
    return [PlanColumn(column, .real), PlanColumn("decile", .integer)] + reasons
  }
}
