// What an application names without a further import: `Value`, `Column`, `ResultTable`, `Receipt`, `Diagnostic` and
// `SourceRange` are declared in lower layers.
@_exported public import InstarColumns
@_exported public import InstarSyntax
