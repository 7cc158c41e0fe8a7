import InstarColumns
import InstarPlan
import InstarStorage

/// Collects what the expressions of a program read beside events: dictionaries, properties, members, scores.
struct ContextBuilder {
  let environment: QueryEnvironment

  func context(_ builder: ProgramBuilder, in snapshot: borrowing Snapshot) throws -> EvaluationContext {
    let schema = environment.schema
    var context = EvaluationContext(
      moment: environment.moment, calendar: environment.calendar,
      eventTypes: try snapshot.dictionary(DictionaryID.eventType), users: try snapshot.dictionary(DictionaryID.user),
      items: try snapshot.dictionary(DictionaryID.item))
    if !environment.absences.isEmpty {
      context.eventTypes = LongerDictionary(context.eventTypes, environment.absences.map(\.name))
    }
    for column in builder.program.columns {
      context.columnTypes.append(schema.type(of: column))
      let dictionary = schema.dictionary(of: column)
      context.columnDictionaries.append(try dictionary.map { try snapshot.dictionary($0) })
    }
    for key in builder.userProperties {
      context.userProperties[key] = try userProperty(key, in: snapshot)
    }
    for property in builder.movingProperties where schema.properties[Int(property)].isDated {
      context.userHistories[property] = try snapshot.userPropertyHistory(property)
    }
    for property in builder.itemProperties {
      context.itemProperties[property] = try snapshot.itemProperty(property)
    }
    // Lists and chains of other moments may name a person by an identity that has been linked since.
    let identity = try snapshot.identity(before: environment.moment)
    for name in builder.snapshots {
      context.snapshots[name] = identity.joined(try StoredSnapshots.members(name, in: snapshot))
    }
    for chain in builder.chains { context.chains.append(identity.joined(try members(of: chain, in: snapshot))) }
    for score in builder.scores {
      context.scores[score] = try Scores(environment: environment.withoutAbsences).column(score, in: snapshot)
    }
    return context
  }

  private func userProperty(_ key: UserPropertyKey, in snapshot: borrowing Snapshot) throws -> Column {
    let isDated = environment.schema.properties[Int(key.property)].isDated
    guard isDated else { return try snapshot.userProperty(key.property) }
    return try snapshot.userPropertyHistory(
      key.property, asOf: min(key.moment ?? environment.moment, environment.moment))
  }

  /// One byte for each user, 1 for those in the result of a chain.
  private func members(of chain: ChainBox, in snapshot: borrowing Snapshot) throws -> [UInt8] {
    var inner = environment
    inner.moment = chain.plan.moment
    let outcome = try QueryExecutor(environment: inner).run(chain.plan, in: snapshot)
    var members = [UInt8](repeating: 0, count: snapshot.userCount)
    for user in outcome.table.users ?? [] where Int(user) < members.count { members[Int(user)] = 1 }
    return members
  }
}
