internal import InstarSyntax

/// The tree's types under names that do not clash with the plan's: `Syntax.Window` is what was written, `Window` what
/// was understood.
enum Syntax {
  typealias Bucket = InstarSyntax.Bucket
  typealias EventPattern = InstarSyntax.EventPattern
  typealias Expression = InstarSyntax.Expression
  typealias Moment = InstarSyntax.Moment
  typealias NamedExpression = InstarSyntax.NamedExpression
  typealias SortKey = InstarSyntax.SortKey
  typealias TextTest = InstarSyntax.TextTest
  typealias Window = InstarSyntax.Window
  typealias DefinitionKind = InstarSyntax.DefinitionKind
  typealias CatalogDefinition = InstarSyntax.CatalogDefinition
}
