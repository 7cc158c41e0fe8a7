package import InstarCalendar

/// What a model learns: of whom, what, and how. The same question can be asked at any past moment.
package struct PredictionModel: Sendable, Hashable {
  package enum Method: String, Sendable, Hashable, CaseIterable {
    /// The method that the kind of target has proved best with.
    case auto
    case logistic, tree, forest, boosting
    /// A number as a sum of features.
    case ridge
    /// Closed forms of repeat purchases.
    case mbgnbd, bgnbd, paretonbd

    package var isClosedForm: Bool { [.mbgnbd, .bgnbd, .paretonbd].contains(self) }
  }

  /// What the answer is.
  package enum Kind: String, Sendable, Hashable {
    /// The probability of a condition.
    case condition
    /// A number of events in the window.
    case count
    /// A sum of amounts of the events in the window.
    case money
    /// Any other number of the window.
    case number
    /// Whether the event ever comes again: the score `p_alive`.
    case alive
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
  /// A condition or a number over a window that begins at the moment (``Window/next(_:)``).
  package var target: Expression
  /// The events that the target speaks of: features of rhythm are theirs.
  package var subject: EventPattern
  /// Whether the target is that something does not happen.
  package var isAbsence: Bool
  /// The length of the window.
  package var horizon: CalendarDuration
  package var kind: Kind
  /// Whether the target asks for one more of its events, which is what closed forms answer.
  package var isRepeat: Bool
  package var method: Method
  package var options: Options
  /// The target as written: "did purchase IN NEXT 30 DAYS".
  package var text: String
  /// The events that are the anchors: each is a moment from which the target is asked. `nil` for moments of the calendar.
  package var anchor: EventPattern?
  /// The events that the statement made up, in the order of their types.
  package var absences: [Absence] = []

  package init(
    population: ChainBox, target: Expression, subject: EventPattern, isAbsence: Bool, horizon: CalendarDuration,
    kind: Kind = .condition, isRepeat: Bool = false, method: Method = .auto, options: Options = Options(), text: String
  ) {
    self.population = population
    self.target = target
    self.subject = subject
    self.isAbsence = isAbsence
    self.horizon = horizon
    self.kind = kind
    self.isRepeat = isRepeat
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

/// TRAIN: a new version of a defined model.
package struct TrainPlan: Sendable, Hashable {
  package var name: String
  package var model: PredictionModel
  /// The DEFINE statement, kept with the version.
  package var definition: String

  package init(name: String, model: PredictionModel, definition: String) {
    self.name = name
    self.model = model
    self.definition = definition
  }

  package static let columns = [
    PlanColumn("model", .text), PlanColumn("version", .integer), PlanColumn("state", .text),
    PlanColumn("rows", .integer), PlanColumn("users", .integer), PlanColumn("positives", .integer),
    PlanColumn("auc", .real), PlanColumn("recency_auc", .real), PlanColumn("log_loss", .real),
    PlanColumn("base_log_loss", .real), PlanColumn("note", .text),
  ]
}

/// EVALUATE: models or rules, judged at past moments whose window has closed.
package struct EvaluatePlan: Sendable, Hashable {
  package enum Subject: Sendable, Hashable {
    /// A defined model: the version where it has not seen the judged windows, its method otherwise.
    case stored(ModelName, PredictionModel)
    /// A model that the statement writes out.
    case inline(PredictionModel)
    /// A segment as a forecast: its members will, the others will not.
    case rule(name: String, condition: Expression?, PredictionModel)
  }

  package var subjects: [Subject]
  /// Only anchors in this range.
  package var during: TimeRange?
  /// How many moments are judged.
  package var folds: Int

  package init(subjects: [Subject], during: TimeRange? = nil, folds: Int = 3) {
    self.subjects = subjects
    self.during = during
    self.folds = folds
  }

  package static let columns = [
    PlanColumn("model", .text), PlanColumn("anchor", .time), PlanColumn("n", .integer),
    PlanColumn("positives", .integer),
    PlanColumn("metric", .text), PlanColumn("value", .real), PlanColumn("baseline", .real),
  ]
}

/// PREDICT: a column with the prediction, one with its decile, and reasons where they are asked for. With BY a summary:
/// for each group the mean and the sum of the predictions, beside what came in the newest window that has closed.
package struct PredictPlan: Sendable, Hashable {
  package var model: PredictionModel
  /// `nil` for a model that the statement writes out: it is fitted when asked.
  package var stored: ModelName?
  /// The name of the column of predictions.
  package var column: String
  /// Reasons per row; `nil` for none.
  package var why: Int?
  /// Values of users, by which the predictions are summed up; empty for a row of each user.
  package var by: [Bucket] = []

  package init(model: PredictionModel, stored: ModelName? = nil, column: String = "value", why: Int? = nil) {
    self.model = model
    self.stored = stored
    self.column = column
    self.why = why
  }

  /// The columns that the step adds; those of the summary with BY.
  package var columns: [PlanColumn] {
    if !by.isEmpty {
      return by.map { PlanColumn($0.name, $0.key.type, unit: $0.key.unit) } + [
        PlanColumn("users", .integer), PlanColumn(column, .real), PlanColumn("expected", .real),
        PlanColumn("past_users", .integer), PlanColumn("past", .real),
      ]
    }
    let anchor = model.anchor == nil ? [] : [PlanColumn("anchor", .time)]
    let reasons = why == nil ? [] : [PlanColumn("why", .text)]
    return [PlanColumn(column, .real), PlanColumn("decile", .integer)] + anchor + reasons
  }
}
