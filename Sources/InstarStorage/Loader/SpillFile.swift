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
  /// Seals what is written when the store is encrypted, with a key that dies with the object.
  private let cipher: ValueCipher?

  /// - Parameters:
  ///   - folder: the folder of the store: the disk that has the room for the data.
  ///   - cipher: of an encrypted store.
  init(folder: String, cipher: ValueCipher?) throws(SpillError) {
    self.cipher = cipher?.temporary()
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
    let all = unsafe blocks.arena.bytes(0..<blocks.byteCount)
    guard let cipher else {
      for entry in blocks.entries { keep(entry.key, entry.bytes) }
      return try unsafe append(all)
    }
    for entry in blocks.entries {
      let plain = unsafe UnsafeRawBufferPointer(rebasing: all[entry.bytes])
      let sealed = unsafe entry.key.bytes.withUnsafeBytes { unsafe cipher.seal(plain, key: $0, in: .block) }
      keep(entry.key, 0..<sealed.count)
      try unsafe sealed.span.bytes.withUnsafeBytes { bytes throws(SpillError) in try unsafe append(bytes) }
    }
  }

  /// Notes a value that is about to be appended.
  private func keep(_ key: BlockKey, _ bytes: Range<Int>) {
    entries.append(EncodedBlocks.Entry(key: key, bytes: bytes.lowerBound + length..<bytes.upperBound + length))
  }

  @unsafe private func append(_ bytes: UnsafeRawBufferPointer) throws(SpillError) {
    var written = 0
    while written < bytes.count {
      let count = unsafe pwrite(
        descriptor, bytes.baseAddress! + written, bytes.count - written, off_t(length + written))
      guard count > 0 else {
        if errno == EINTR { continue }
        throw SpillError(number: errno)
      }
      written += count
    }
    length += bytes.count
  }

  /// The pieces, oldest first, mapped for reading.
  func runs(columns: [UInt16]) throws(SpillError) -> [RunBlocks] {
    let mapping = try SpillMapping(descriptor, length)
    var runs = (0..<pieces).map { _ in RunBlocks(columns: columns, owner: mapping, cipher: cipher) }
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
