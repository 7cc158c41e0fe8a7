/// What a name stands for, where the grammar tells. Completion offers the store's names of that kind.
package enum NameKind: String, Sendable, Hashable, CaseIterable {
  case segment
  case event
  /// A property, an attribute, a score, or a column of the table that arrives.
  case property
  case function
  case model
  case item
  case user
  case table
  case funnel
  case lifecycle
  case campaign
  /// The word of `SET NOUN`.
  case noun
  /// The name of an option of the step (`Completions.step`).
  case option
  case optionValue
  /// A name behind `USING`.
  case method
  /// A value of a setting, such as `monday` or `last_event`.
  case settingValue
  case timezone
  case file
  /// Left of `=` in `MAP`: a role or a property.
  case role
  /// A column of the file, right of `=` in `MAP`.
  case fileColumn
  /// Any name of the store.
  case anything
  /// A name that the statement gives.
  case new
}
