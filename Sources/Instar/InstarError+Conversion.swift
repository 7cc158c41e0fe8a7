internal import InstarBehavior
internal import InstarCalendar
internal import InstarExecution
internal import InstarImport
internal import InstarModels
internal import InstarPlan
internal import InstarStorage

extension InstarError {
  /// The error of a lower layer as an application sees it; its own errors as they are.
  package init(_ error: any Error) {
    switch error {
    case let error as InstarError: self = error
    case let error as ResolutionFailure: self.init(error.diagnostics)
    case let error as ScriptFailure: self = .inScript(error)
    case let error as ExecutionError: self.init(Code(error.code), error.message, help: error.help)
    case let error as StorageError: self.init(error.code.publicCode, error.message, help: error.help)
    case let error as ImportError: self.init(error)
    case let error as AssertionFailure:
      self.init(InstarError.assertionFailed, "the assertion does not hold: \(error.message)")
    case is ScanCancelled: self.init(InstarError.cancelled, "the statement was cancelled", help: "nothing was changed")
    case let error as ModelError: self.init(Code("E0805"), error.message)
    case let error as JoinFailure: self.init(Code("E0806"), error.message, help: error.help)
    case let error as PeriodTable.TooManyPeriods: self.init(Code("E0807"), error.message)
    case let error as SequencePatternError: self.init(Code("E0320"), error.message)
    default: self.init(Code("E0699"), "\(error)")
    }
  }

  private init(_ error: ImportError) {
    var place = error.file.map { "\($0)" } ?? ""
    if let line = error.line { place += place.isEmpty ? "line \(line)" : ":\(line)" }
    let message = place.isEmpty ? error.message : "\(place): \(error.message)"
    self.init(error.code.publicCode, message, help: error.help)
  }

  private static func inScript(_ failure: ScriptFailure) -> InstarError {
    var error = InstarError(failure.diagnostics)
    error.message = "\(failure.path): \(error.message)"
    for index in error.diagnostics.indices {
      error.diagnostics[index].message = "\(failure.path): \(error.diagnostics[index].message)"
    }
    return error
  }
}

extension StorageError.Code {
  var publicCode: InstarError.Code {
    switch self {
    case .notFound: InstarError.storeNotFound
    case .alreadyExists: InstarError.Code("E0621")
    case .notAStore: InstarError.notAStore
    case .truncated: InstarError.Code("E0623")
    case .newerFormat: InstarError.newerFormat
    case .corrupt: InstarError.corrupt
    case .permissionDenied: InstarError.permissionDenied
    case .readOnly: InstarError.readOnly
    case .diskFull: InstarError.diskFull
    case .networkFileSystem: InstarError.Code("E0629")
    case .readersFull: InstarError.Code("E0630")
    case .mapFull: InstarError.Code("E0631")
    case .transactionTooLarge: InstarError.Code("E0632")
    case .keyTooLong: InstarError.Code("E0633")
    case .limitExceeded: InstarError.Code("E0634")
    case .poisoned: InstarError.Code("E0635")
    case .usedAfterFork: InstarError.Code("E0636")
    case .inUse: InstarError.Code("E0637")
    case .readTooLong: InstarError.Code("E0638")
    case .input: InstarError.invalidInput
    case .encrypted: InstarError.encrypted
    case .wrongKey: InstarError.wrongKey
    case .notEncrypted: InstarError.notEncrypted
    case .system: InstarError.Code("E0640")
    }
  }
}

extension ImportError.Code {
  var publicCode: InstarError.Code {
    switch self {
    case .noSuchFile: InstarError.Code("E0701")
    case .isDirectory: InstarError.Code("E0702")
    case .noPermission: InstarError.Code("E0703")
    case .readFailed: InstarError.Code("E0704")
    case .emptyFile: InstarError.Code("E0705")
    case .unsupportedFormat: InstarError.Code("E0706")
    case .unsupportedEncoding: InstarError.Code("E0707")
    case .damagedCompression: InstarError.Code("E0708")
    case .unclosedQuote: InstarError.Code("E0709")
    case .recordTooLong: InstarError.Code("E0710")
    case .headerMismatch: InstarError.Code("E0711")
    case .missingColumn: InstarError.Code("E0712")
    case .missingRole: InstarError.Code("E0713")
    case .ambiguousRole: InstarError.Code("E0714")
    case .ambiguousTime: InstarError.Code("E0715")
    case .mixedTimes: InstarError.Code("E0716")
    case .wrongType: InstarError.Code("E0717")
    case .cancelled: InstarError.cancelled
    }
  }
}
