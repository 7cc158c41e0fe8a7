internal import CZlib

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Reads one file from front to back, and inflates it when it is gzip (told by its first bytes, not by its name).
final class ByteReader {
  let name: String
  private(set) var isCompressed = false
  /// Bytes taken from the file itself: compressed ones for gzip.
  private(set) var consumed = 0

  private let source: ImportSource
  private let file: Int
  private var descriptor: Int32
  /// Raw bytes in front of what the descriptor gives: the first block, or what sniffing took from a pipe.
  private var pending: [UInt8] = []
  private var pendingOffset = 0
  private var recording: [UInt8]?
  private var stream: UnsafeMutablePointer<z_stream>?
  private var input: UnsafeMutableBufferPointer<UInt8>
  private var streamEnded = false

  private static let inputSize = 256 << 10

  /// - Parameter sniffing: What is read from a pipe is kept in `source` for the next reader.
  init(_ source: ImportSource, file: Int, sniffing: Bool = false) throws(ImportError) {
    self.source = source
    self.file = file
    name = source.files[file].name
    input = .allocate(capacity: ByteReader.inputSize)
    descriptor = -1
    if let head = source.takePipe(file) {
      descriptor = head.descriptor
      pending = head.bytes
    } else if source.files[file].path == "-" {
      descriptor = 0
    } else {
      descriptor = open(source.files[file].path, O_RDONLY | O_CLOEXEC)
      if descriptor < 0 { throw ImportError.failedCall(errno, file: name) }
    }
    if sniffing && !source.files[file].isRegular { recording = [] }
    try startInflating()
  }

  deinit {
    if let recording {
      source.rememberPipe(file, .init(descriptor: descriptor, bytes: recording + pending[pendingOffset...]))
    } else if descriptor > 0 {
      close(descriptor)
    }
    if let stream {
      inflateEnd(stream)
      stream.deallocate()
    }
    input.deallocate()
  }

  /// Fills `buffer` as far as the file goes; less than its size means the end.
  func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(ImportError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let rest = UnsafeMutableBufferPointer(rebasing: buffer[filled...])
      let count = isCompressed ? try inflateSome(into: rest) : try readRaw(into: rest)
      if count == 0 { break }
      filled += count
    }
    return filled
  }

  private func readRaw(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(ImportError) -> Int {
    if pendingOffset < pending.count {
      let count = min(buffer.count, pending.count - pendingOffset)
      for index in 0..<count { buffer[index] = pending[pendingOffset + index] }
      pendingOffset += count
      recording?.append(contentsOf: buffer[..<count])
      consumed += count
      return count
    }
    while true {
      let count = systemRead(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 {
        recording?.append(contentsOf: buffer[..<count])
        consumed += count
        return count
      }
      if errno != EINTR { throw ImportError.failedCall(errno, file: name) }
    }
  }

  /// Looks at the first two bytes and sets up the inflater for gzip.
  private func startInflating() throws(ImportError) {
    var head: [UInt8] = []
    while head.count < 2 {
      let count = try readRaw(into: UnsafeMutableBufferPointer(rebasing: input[..<(2 - head.count)]))
      if count == 0 { break }
      head.append(contentsOf: input[..<count])
    }
    pending = head + pending[pendingOffset...]
    pendingOffset = 0
    consumed = 0
    if recording != nil { recording = [] }
    guard head == [0x1f, 0x8b] else { return }
    isCompressed = true
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    self.stream = stream
    // 15 bits of window, +16: gzip.
    let status = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "the inflater starts with a full window")
  }

  private func inflateSome(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(ImportError) -> Int {
    let stream = stream!
    stream.pointee.next_out = buffer.baseAddress
    stream.pointee.avail_out = UInt32(clamping: buffer.count)
    let room = stream.pointee.avail_out
    while stream.pointee.avail_out == room {
      if stream.pointee.avail_in == 0, try !refill() {
        if streamEnded { return 0 }
        throw damaged("the compressed data end too early: the file is truncated")
      }
      if streamEnded {
        // A gzip file may hold several members one after the other; zero bytes behind the last are padding.
        if stream.pointee.next_in.pointee == 0 {
          stream.pointee.next_in += 1
          stream.pointee.avail_in -= 1
          continue
        }
        inflateReset(stream)
        streamEnded = false
      }
      let status = inflate(stream, Z_NO_FLUSH)
      if status == Z_STREAM_END {
        streamEnded = true
      } else if status != Z_OK && status != Z_BUF_ERROR {
        throw damaged("the compressed data are damaged")
      }
    }
    return Int(room - stream.pointee.avail_out)
  }

  private func refill() throws(ImportError) -> Bool {
    let count = try readRaw(into: input)
    stream!.pointee.next_in = input.baseAddress
    stream!.pointee.avail_in = UInt32(count)
    return count > 0
  }

  private func damaged(_ message: String) -> ImportError {
    ImportError(
      .damagedCompression, message,
      help: "Fetch or write the file again (gzip -t tests it); nothing was stored.", file: name)
  }
}

/// The system call; within ``ByteReader`` the name `read` means its own method.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutablePointer<UInt8>?, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}
