import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// The items that fit each user: an item filter that compares with the user, as in `ITEMS[risk <= user.risk]`.
struct ItemsOfUsers {
  let environment: QueryEnvironment
  let filter: Expression

  /// The greatest number of pairs of a user and an item that are compared.
  static let pairLimit = 200_000_000

  /// One set for each user of the store; empty for users not among `users`.
  func sets(for users: [UInt32], in snapshot: borrowing Snapshot) throws -> UserItems {
    let itemCount = snapshot.itemCount
    guard users.count * itemCount <= Self.pairLimit else {
      throw ExecutionError(
        "E0501", "a filter relative to the user for \(users.count) users and \(itemCount) items is too much work",
        help: "name fewer users: SEGMENT users WHERE ..")
    }
    var builder = environment.builder()
    let node = builder.add(filter)
    let found = try UserColumns(environment: environment).columns([filter], for: users, in: snapshot)
    var columns: [Int: Column] = [:]
    for (expression, column) in found { columns[builder.add(expression)] = column }
    var properties: [UInt16: Column] = [:]
    for property in builder.itemProperties { properties[property] = try snapshot.itemProperty(property) }
    let names = try snapshot.dictionary(DictionaryID.item)
    let items = (0..<itemCount).map { UInt32($0) }
    var fitting = [[UInt32]](repeating: [], count: snapshot.userCount)
    for user in users {
      let table = Table(
        columns: [], rowCount: itemCount, users: [UInt32](repeating: user, count: itemCount), items: items)
      let evaluator = TableEvaluator(
        program: builder.program, table: table, calendar: environment.calendar, userColumns: columns,
        itemProperties: properties, itemNames: names)
      let flags = evaluator.rows(node).flags(itemCount)
      fitting[Int(user)] = items.filter { flags[Int($0)] != 0 }
    }
    var starts = [0]
    starts.reserveCapacity(fitting.count + 1)
    for items in fitting { starts.append(starts[starts.count - 1] + items.count) }
    return UserItems(starts: starts, items: fitting.flatMap { $0 })
  }
}
