/// What a user may consent to.
package enum ConsentPurpose: UInt8, Sendable, Hashable, CaseIterable {
  case analytics, recommend, predict

  /// As the language writes it.
  package var name: String { String(describing: self) }

  package init?(name: String) {
    guard let purpose = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = purpose
  }
}

/// One statement about consent: from `time` on `user` agrees, or does not.
package struct ConsentChange: Sendable, Hashable {
  package var user: UInt32
  package var purpose: ConsentPurpose
  /// Milliseconds since 1970.
  package var time: Int64
  package var isGiven: Bool

  package init(user: UInt32, purpose: ConsentPurpose, time: Int64, isGiven: Bool) {
    self.user = user
    self.purpose = purpose
    self.time = time
    self.isGiven = isGiven
  }
}

extension WriteTransaction {
  /// Notes a consent or its withdrawal, in `history` under the number of the purpose, the user and the moment.
  package borrowing func setConsent(_ change: ConsentChange) throws(StorageError) {
    let key = Key().appending(ReservedHistory.consent(change.purpose)).appending(change.user).appending(change.time)
    try put(key, [change.isGiven ? 1 : 0], in: .history)
    noteData(Array("consent".utf8) + [change.purpose.rawValue, change.isGiven ? 1 : 0])
  }
}

extension Snapshot {
  /// The setting of the store that lists the purposes which need consent, parted by blanks.
  package static var consentSetting: String { "consent_required" }

  /// All changes of consent for a purpose, by user, then time.
  package borrowing func consentChanges(_ purpose: ConsentPurpose) throws(StorageError) -> [ConsentChange] {
    var changes: [ConsentChange] = []
    let prefix = Key().appending(ReservedHistory.consent(purpose))
    var cursor = try transaction.cursor(.history)
    var found = try cursor.seek(prefix)
    while found, cursor.hasPrefix(prefix) {
      changes.append(
        ConsentChange(
          user: cursor.key.bigEndian(at: 2), purpose: purpose, time: ReservedHistory.moment(cursor.key),
          isGiven: cursor.value.littleEndian(at: 0, as: UInt8.self) != 0))
      found = try cursor.next()
    }
    return changes
  }

  /// Whether the store asks for consent before it serves `purpose`.
  package borrowing func requiresConsent(_ purpose: ConsentPurpose) -> Bool {
    schema.settings[Snapshot.consentSetting]?.split(separator: " ").contains { $0 == purpose.name } ?? false
  }

  /// The persons whose consent to `purpose` stands, ascending; `nil` where the store asks for none.
  ///
  /// Consent is a matter of the present: a statement that looks AS OF a past moment is processing of today, so the last
  /// word counts. Of a person with several identities the last word of any of them counts; of two at one moment the
  /// refusal.
  package borrowing func consenting(_ purpose: ConsentPurpose, _ identity: IdentityMap) throws(StorageError)
    -> [UInt32]?
  {
    guard requiresConsent(purpose) else { return nil }
    var last: [UInt32: ConsentChange] = [:]
    for change in try consentChanges(purpose) {
      let person = identity.root(of: change.user)
      if let known = last[person] {
        guard change.time > known.time || change.time == known.time && !change.isGiven else { continue }
      }
      last[person] = change
    }
    return last.filter(\.value.isGiven).keys.sorted()
  }

  /// Restricts `request` to the persons who agree to its purpose.
  borrowing func restrict(_ request: inout ScanRequest) throws(StorageError) {
    guard let purpose = request.purpose, requiresConsent(purpose) else { return }
    let identity = request.joinsIdentities ? try identity(before: request.before) : IdentityMap([], before: 0)
    guard let allowed = try consenting(purpose, identity) else { return }
    guard let wanted = request.users else {
      request.users = allowed
      return
    }
    let permitted = Set(allowed)
    request.users = wanted.map(identity.root(of:)).filter(permitted.contains)
    request.users = request.users.map { Array(Set($0)).sorted() }
  }
}
