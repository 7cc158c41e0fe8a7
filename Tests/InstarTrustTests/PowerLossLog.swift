#if os(Linux)
import InstarTestSupport

/// What a disk may hold after power was cut, from the recorded calls on a store.
///
/// A sector of 512 bytes is written whole or not at all; until the next sync of its file any subset of the written
/// sectors may have reached the disk. A rename is durable after the next sync of a folder.
struct PowerLossLog {
  enum Kind: UInt64 {
    case write = 1
    case durableWrite, sync, folderSync, rename, mark, truncate, punch
  }

  struct Entry {
    var kind: Kind
    var file: UInt64
    var offset: Int
    var count: Int
    /// The place of what follows the entry in the log.
    var payload: Range<Int>
  }

  let bytes: [UInt8]
  private(set) var entries: [Entry] = []
  var writeCount: Int { entries.count { $0.kind == .write || $0.kind == .durableWrite } }
  var syncCount: Int { entries.count { $0.kind == .sync || $0.kind == .durableWrite } }

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var offset = 0
    while offset + 40 <= bytes.count {
      let fields = bytes.withUnsafeBytes { bytes in
        (0..<5).map { bytes.loadUnaligned(fromByteOffset: offset + $0 * 8, as: UInt64.self) }
      }
      let start = offset + 40
      entries.append(
        Entry(
          kind: Kind(rawValue: fields[0])!, file: fields[1], offset: Int(fields[2]), count: Int(fields[3]),
          payload: start..<start + Int(fields[4])))
      offset = start + Int(fields[4])
    }
  }
}

/// The disk at one moment of a log: what is durable, and what is on its way.
struct PowerLossDisk {
  static let sectorByteCount = 512

  private let log: PowerLossLog
  /// Whether the disk lies about writes that are to be durable when they return: for the test of the tests.
  private let lies: Bool
  /// How many entries have happened.
  private(set) var position = 0
  private var durable: [UInt64: [UInt8]] = [:]
  private var pending: [UInt64: [PowerLossLog.Entry]] = [:]
  /// The file that has the name of the store, durably and perhaps.
  private var store: UInt64?
  private var renamed: UInt64?
  /// The states that the store may be in.
  private(set) var allowed = 0...0

  init(_ log: PowerLossLog, lies: Bool = false) { (self.log, self.lies) = (log, lies) }

  /// Lets the next entries happen, up to `end`.
  mutating func advance(to end: Int) {
    while position < end {
      let entry = log.entries[position]
      position += 1
      switch entry.kind {
      case .durableWrite where lies: pending[entry.file, default: []].append(entry)
      case .write, .truncate, .punch: pending[entry.file, default: []].append(entry)
      case .durableWrite: apply(entry, to: &durable[entry.file, default: []])
      case .sync:
        for write in pending[entry.file] ?? [] { apply(write, to: &durable[entry.file, default: []]) }
        pending[entry.file] = []
      case .folderSync: if let renamed { store = renamed }
      case .rename: renamed = entry.file
      case .mark: allowed = entry.offset...entry.count
      }
    }
  }

  /// How much of what is on its way arrives.
  enum Fate: CaseIterable {
    case nothing, everything, half, nearlyAll, nearlyNothing, wholeWrites, allButOne, onlyOne
  }

  /// One of the files that the store may be after a power cut now; `nil` where there may be none.
  func store(after fate: Fate, _ random: inout TestRandom) -> [UInt8]? {
    guard let file = store ?? (fate == .nothing || Bool.random(using: &random) ? nil : renamed) else { return nil }
    var image = durable[file] ?? []
    var writes = pending[file] ?? []
    // A durable write that is under way may be there in part as well.
    if position < log.entries.count, log.entries[position].kind == .durableWrite, log.entries[position].file == file {
      writes.append(log.entries[position])
    }
    let special = Int.random(in: 0..<max(1, sectorCount(writes)), using: &random)
    var sector = 0
    for write in writes {
      let isWhole = Bool.random(using: &random)
      guard write.kind == .write || write.kind == .durableWrite else {
        if isWhole { apply(write, to: &image) }
        continue
      }
      var place = write.payload.lowerBound
      while place < write.payload.upperBound {
        let offset = write.offset + place - write.payload.lowerBound
        let count = min(Self.sectorByteCount - offset % Self.sectorByteCount, write.payload.upperBound - place)
        let arrives =
          switch fate {
          case .nothing: false
          case .everything: true
          case .half: Bool.random(using: &random)
          case .nearlyAll: Int.random(in: 0..<10, using: &random) > 0
          case .nearlyNothing: Int.random(in: 0..<10, using: &random) == 0
          case .wholeWrites: isWhole
          case .allButOne: sector != special
          case .onlyOne: sector == special
          }
        if arrives { copy(place..<place + count, to: &image, at: offset) }
        place += count
        sector += 1
      }
    }
    // The file may have grown without what was written there.
    let end = writes.map { $0.offset + $0.payload.count }.max() ?? 0
    if end > image.count, Bool.random(using: &random) { grow(&image, to: end) }
    return image
  }

  private func sectorCount(_ writes: [PowerLossLog.Entry]) -> Int {
    writes.reduce(0) { $0 + ($1.payload.count + Self.sectorByteCount - 1) / Self.sectorByteCount }
  }

  private func apply(_ entry: PowerLossLog.Entry, to image: inout [UInt8]) {
    switch entry.kind {
    case .truncate where entry.offset < image.count: image.removeLast(image.count - entry.offset)
    case .truncate: grow(&image, to: entry.offset)
    case .punch:
      for place in entry.offset..<min(image.count, entry.offset + entry.count) { image[place] = 0 }
    default: copy(entry.payload, to: &image, at: entry.offset)
    }
  }

  private func copy(_ range: Range<Int>, to image: inout [UInt8], at offset: Int) {
    grow(&image, to: offset + range.count)
    image.withUnsafeMutableBytes { image in
      log.bytes.withUnsafeBytes { bytes in
        UnsafeMutableRawBufferPointer(rebasing: image[offset..<offset + range.count]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: bytes[range]))
      }
    }
  }

  private func grow(_ image: inout [UInt8], to count: Int) {
    if image.count < count { image.append(contentsOf: repeatElement(0, count: count - image.count)) }
  }
}
#endif
