struct Formatter { static func quotedText(_ s: String) -> String { s } }
