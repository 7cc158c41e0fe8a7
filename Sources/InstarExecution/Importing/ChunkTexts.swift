import InstarColumns
import InstarImport
import InstarStorage

/// Columns of a chunk in the form that the loader takes.
struct ChunkTexts {
  let chunk: ImportChunk
  let layout: FileLayout
  let evaluator: TableEvaluator?

  /// Text as codes of a builder of the chunk's own; missing rows carry code 0 and a zero in `present`.
  func texts(_ target: FileLayout.Target) -> (codes: [UInt32], present: [UInt8], dictionary: DictionaryBuilder) {
    switch target.origin {
    case .constant(let text):
      let texts = LoadTexts(repeating: text, count: chunk.rowCount)
      return (texts.codes, [], texts.dictionary)
    case .column(let position): return slices(chunk.columns[position])
    case .node(let node): return computed(node)
    }
  }

  private func slices(_ column: ImportColumn) -> (codes: [UInt32], present: [UInt8], dictionary: DictionaryBuilder) {
    let dictionary = DictionaryBuilder(capacity: 4096)
    let count = chunk.rowCount
    guard column.type == .text else { return numbersAsTexts(column, dictionary) }
    let bytes = UnsafeRawBufferPointer(chunk.bytes)
    let codes = [UInt32](unsafeUninitializedCapacity: count) { codes, filled in
      var row = 0
      while row < count {
        if column.present.isEmpty || column.present[row] != 0 {
          let start = Int(column.starts[row])
          let slice = UnsafeRawBufferPointer(rebasing: bytes[start..<start &+ Int(column.lengths[row])])
          codes.initializeElement(at: row, to: dictionary.code(of: slice))
        } else {
          codes.initializeElement(at: row, to: 0)
        }
        row &+= 1
      }
      filled = count
    }
    return (codes, column.present, dictionary)
  }

  /// Identifiers that are numbers in the file.
  private func numbersAsTexts(_ column: ImportColumn, _ dictionary: DictionaryBuilder)
    -> (codes: [UInt32], present: [UInt8], dictionary: DictionaryBuilder)
  {
    let codes = (0..<chunk.rowCount).map { row -> UInt32 in
      guard column.isPresent(row) else { return 0 }
      switch column.type {
      case .real: return dictionary.code(of: "\(column.reals[row])")
      case .boolean: return dictionary.code(of: column.flags[row] != 0 ? "true" : "false")
      default: return dictionary.code(of: "\(column.integers[row])")
      }
    }
    return (codes, column.present, dictionary)
  }

  private func computed(_ node: Int) -> (codes: [UInt32], present: [UInt8], dictionary: DictionaryBuilder) {
    let dictionary = DictionaryBuilder()
    guard let vector = evaluator?.rows(node).expanded(chunk.rowCount) else { return ([], [], dictionary) }
    let codes = (0..<chunk.rowCount).map { row -> UInt32 in
      guard vector.isPresent(row) else { return 0 }
      switch vector.values {
      case .texts(let texts): return dictionary.code(of: texts[row])
      case .codes(let codes, let texts): return dictionary.code(of: texts.text(codes[row]))
      case .integers(let integers): return dictionary.code(of: "\(integers[row])")
      case .reals(let reals): return dictionary.code(of: "\(reals[row])")
      case .booleans(let flags): return dictionary.code(of: flags[row] != 0 ? "true" : "false")
      }
    }
    return (codes, vector.present, dictionary)
  }

  /// A column of any type, converted to `type` where numbers differ.
  func column(_ target: FileLayout.Target, as type: ValueType) -> LoadColumn {
    if type == .text {
      let (codes, present, dictionary) = texts(target)
      var buffer = EventColumnBuffer(type: .text)
      buffer.codes = codes
      buffer.present = present
      return LoadColumn(buffer, dictionary: dictionary)
    }
    var buffer = EventColumnBuffer(type: type)
    let vector = vector(target)
    let count = chunk.rowCount
    switch type {
    case .real: buffer.reals = vector.reals(count)
    case .boolean: buffer.flags = vector.expanded(count).flags(count)
    default: buffer.integers = vector.integers(count)
    }
    buffer.present = vector.presence(count)
    return LoadColumn(buffer)
  }

  /// The values of a target that is no text.
  func vector(_ target: FileLayout.Target) -> Vector {
    switch target.origin {
    case .node(let node): return evaluator?.rows(node) ?? Vector.missing(target.type)
    case .constant(let text): return Vector(constant: .text(text), type: .text)
    case .column(let position):
      let column = chunk.columns[position]
      switch column.type {
      case .real: return Vector(.real, .reals(column.reals), present: column.present)
      case .boolean: return Vector(.boolean, .booleans(column.flags), present: column.present)
      case .text: preconditionFailure("text is read as codes")
      default: return Vector(column.type, .integers(column.integers), present: column.present)
      }
    }
  }
}
