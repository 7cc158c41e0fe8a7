internal import InstarColumns

/// A column that grows by segments of fixed size, so that appending never copies what is there and reading by row number
/// is a shift, a mask and two loads.
///
/// `@unchecked Sendable`: filled by one thread, then only read.
@safe final class SegmentedColumn<Element: BitwiseCopyable>: @unchecked Sendable {
  static var shift: Int { 18 }
  static var segmentRows: Int { 1 << shift }

  private var segments: [UnsafeMutablePointer<Element>] = unsafe []
  private(set) var count = 0

  deinit { removeAll() }

  var byteCount: Int { unsafe segments.count * Self.segmentRows * MemoryLayout<Element>.stride }

  func removeAll() {
    unsafe segments.forEach { unsafe $0.deallocate() }
    unsafe segments.removeAll()
    count = 0
  }

  func append(_ elements: [Element]) {
    unsafe elements.withUnsafeBufferPointer { source in
      var taken = 0
      while taken < source.count {
        let offset = count & (Self.segmentRows - 1)
        if offset == 0 { unsafe segments.append(.allocate(capacity: Self.segmentRows)) }
        let part = min(source.count - taken, Self.segmentRows - offset)
        unsafe (segments[segments.count - 1] + offset)
          .initialize(from: source.baseAddress! + taken, count: part)
        taken += part
        count += part
      }
    }
  }

  func append(repeating element: Element, count added: Int) {
    guard added > 0 else { return }
    append(Array(repeating: element, count: added))
  }

  /// Reads rows `order[0]`, `order[1]`, ... into `target`.
  func gather(_ order: UnsafeBufferPointer<UInt32>, into target: UnsafeMutablePointer<Element>) {
    let mask = Self.segmentRows - 1
    let shift = Self.shift
    unsafe segments.withUnsafeBufferPointer { segments in
      var row = 0
      while row < order.count {
        let source = unsafe Int(order[row])
        unsafe target[row] = segments[source &>> shift][source & mask]
        row &+= 1
      }
    }
  }

  /// Calls `body` for each segment in order.
  func forEachSegment(_ body: (_ firstRow: Int, UnsafeBufferPointer<Element>) -> Void) {
    for number in unsafe 0..<segments.count {
      let segment = unsafe segments[number]
      let first = number * Self.segmentRows
      unsafe body(first, UnsafeBufferPointer(start: segment, count: min(Self.segmentRows, count - first)))
    }
  }

  subscript(row: Int) -> Element {
    unsafe segments[row >> Self.shift][row & (Self.segmentRows - 1)]
  }
}

/// One further column of buffered rows.
final class BufferedColumn: Sendable {
  let type: ValueType
  private let integers = SegmentedColumn<Int64>()
  private let reals = SegmentedColumn<Double>()
  private let codes = SegmentedColumn<UInt32>()
  private let flags = SegmentedColumn<UInt8>()
  /// Empty until a row has no value.
  private let present = SegmentedColumn<UInt8>()

  init(type: ValueType) { self.type = type }

  var byteCount: Int {
    integers.byteCount + reals.byteCount + codes.byteCount + flags.byteCount + present.byteCount
  }

  func append(_ column: EventColumnBuffer, behind rows: Int) {
    switch type {
    case .integer, .time, .duration: integers.append(column.integers)
    case .real: reals.append(column.reals)
    case .text: codes.append(column.codes)
    case .boolean: flags.append(column.flags)
    }
    if !column.present.isEmpty {
      present.append(repeating: 1, count: rows - present.count)
      present.append(column.present)
    }
  }

  /// Completes the validity bytes for `rows` rows.
  func complete(_ rows: Int) {
    if present.count > 0 { present.append(repeating: 1, count: rows - present.count) }
  }

  func removeAll() {
    integers.removeAll()
    reals.removeAll()
    codes.removeAll()
    flags.removeAll()
    present.removeAll()
  }

  /// Reads the rows `order` into `buffer`.
  func gather(_ order: UnsafeBufferPointer<UInt32>, into buffer: inout EventColumnBuffer) {
    buffer.setCount(order.count)
    switch type {
    case .integer, .time, .duration:
      unsafe buffer.integers.withUnsafeMutableBufferPointer { unsafe integers.gather(order, into: $0.baseAddress!) }
    case .real:
      unsafe buffer.reals.withUnsafeMutableBufferPointer { unsafe reals.gather(order, into: $0.baseAddress!) }
    case .text:
      unsafe buffer.codes.withUnsafeMutableBufferPointer { unsafe codes.gather(order, into: $0.baseAddress!) }
    case .boolean:
      unsafe buffer.flags.withUnsafeMutableBufferPointer { unsafe flags.gather(order, into: $0.baseAddress!) }
    }
    buffer.present.setCount(present.count > 0 ? order.count : 0, 1)
    if present.count > 0 {
      unsafe buffer.present.withUnsafeMutableBufferPointer { unsafe present.gather(order, into: $0.baseAddress!) }
    }
  }
}
