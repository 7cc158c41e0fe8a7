#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A temporary file of sorted pieces, for imports larger than the memory they may use.
///
/// The file has no name from the start, so that it is gone whatever happens to the process. Pieces are written as the
/// blocks of runs 0, 1, 2, ... and read back through a mapping, which is not anonymous memory.
final class SpillFile {
  private let descriptor: CInt
  private var length = 0
  private var entries: [EncodedBlocks.Entry] = []
  private(set) var pieces = 0

  /// - Parameter folder: the folder of the store: the disk that has the room for the data.
  init(folder: String) throws(SpillError) {
    let name = "\(folder)/.instar-spill-\(getpid())-\(UInt64.random(in: .min ... .max))"
    let opened = unsafe open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard opened >= 0 else { throw SpillError(number: errno) }
    unsafe unlink(name)
    descriptor = opened
  }

  deinit { close(descriptor) }

  /// The run number for the next piece.
  func beginPiece() -> UInt32 {
    pieces += 1
    return UInt32(pieces - 1)
  }

  /// Appends blocks of the current piece, in the order of their keys.
  func write(_ blocks: EncodedBlocks) throws(SpillError) {
    var written = 0
    let bytes = unsafe blocks.arena.bytes(0..<blocks.byteCount)
    while written < bytes.count {
      let count = unsafe pwrite(
        descriptor, bytes.baseAddress! + written, bytes.count - written, off_t(length + written))
      guard count > 0 else {
        if errno == EINTR { continue }
        throw SpillError(number: errno)
      }
      written += count
    }
    for entry in blocks.entries {
      let range = entry.bytes.lowerBound + length..<entry.bytes.upperBound + length
      entries.append(EncodedBlocks.Entry(key: entry.key, bytes: range))
    }
    length += bytes.count
  }

  /// The pieces, oldest first, mapped for reading.
  func runs(columns: [UInt16]) throws(SpillError) -> [RunBlocks] {
    let mapping = try SpillMapping(descriptor, length)
    var runs = (0..<pieces).map { _ in RunBlocks(columns: columns, owner: mapping) }
    for entry in entries { unsafe runs[Int(entry.key.run)].add(entry.key, mapping.bytes(entry.bytes)) }
    runs.removeAll { $0.count == 0 }
    return runs
  }
}

/// The disk refused the temporary file of an import.
struct SpillError: Error {
  /// The `errno`.
  var number: CInt
}

/// The mapped spill file; unmapped with the last reference.
@safe private final class SpillMapping {
  private let start: UnsafeMutableRawPointer
  private let length: Int

  init(_ descriptor: CInt, _ length: Int) throws(SpillError) {
    let mapped = unsafe mmap(nil, max(1, length), PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else { throw SpillError(number: errno) }
    unsafe start = mapped
    self.length = length
  }

  deinit { unsafe munmap(start, max(1, length)) }

  func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    precondition(range.upperBound <= length, "inside the file")
    return unsafe UnsafeRawBufferPointer(start: start + range.lowerBound, count: range.count)
  }
}
