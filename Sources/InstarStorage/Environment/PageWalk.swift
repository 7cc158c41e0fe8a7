#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Walks the pages that a store file uses, by reading the file rather than mapping it.
///
/// LMDB does not write pages that one transaction took and gave back, so the last commit may count pages that the file
/// does not hold. Whether a short file is whole can only be told by looking at the pages in use. The walk reads branch
/// and leaf pages; of large values it takes the extent.
struct PageWalk {
  let descriptor: CInt
  let pageByteCount: Int
  /// Whole pages in the file.
  let pageCount: Int

  /// Whether every page that is reachable from `root` lies within the file.
  func isWhole(root: UInt64) -> Bool {
    root == PageLayout.noPage || visit(root, depth: 0)
  }

  private func visit(_ number: UInt64, depth: Int) -> Bool {
    guard depth < 32, let page = read(number) else { return false }
    let lower = Int(page.littleEndian(at: PageLayout.lower, as: UInt16.self))
    guard lower >= PageLayout.headerByteCount, lower <= pageByteCount else { return false }
    let flags = page.littleEndian(at: PageLayout.flags, as: UInt16.self)
    for index in 0..<(lower - PageLayout.headerByteCount) / 2 {
      let node = Int(page.littleEndian(at: PageLayout.headerByteCount + 2 * index, as: UInt16.self))
      guard node + PageLayout.nodeByteCount <= pageByteCount else { return false }
      let isFine =
        flags & PageLayout.branch != 0
        ? visit(child(page, node), depth: depth + 1)
        : flags & PageLayout.leaf != 0 && entryIsWhole(page, node, depth)
      if !isFine { return false }
    }
    return true
  }

  /// The page that a branch node leads to: 48 bits.
  private func child(_ page: [UInt8], _ node: Int) -> UInt64 {
    UInt64(page.littleEndian(at: node, as: UInt32.self)) | UInt64(page.littleEndian(at: node + 4, as: UInt16.self))
      << 32
  }

  private func entryIsWhole(_ page: [UInt8], _ node: Int, _ depth: Int) -> Bool {
    let size = Int(page.littleEndian(at: node, as: UInt32.self))
    let flags = page.littleEndian(at: node + 4, as: UInt16.self)
    let data = node + PageLayout.nodeByteCount + Int(page.littleEndian(at: node + 6, as: UInt16.self))
    if flags & PageLayout.bigData != 0 {
      guard data + 8 <= pageByteCount else { return false }
      let pages = (PageLayout.headerByteCount + size + pageByteCount - 1) / pageByteCount
      let first = page.littleEndian(at: data, as: UInt64.self)
      return first < UInt64(pageCount) && Int(first) + pages <= pageCount
    }
    guard data + size <= pageByteCount else { return false }
    guard flags & PageLayout.subDatabase != 0 else { return true }
    guard size >= PageLayout.root + 8 else { return false }
    let root = page.littleEndian(at: data + PageLayout.root, as: UInt64.self)
    return root == PageLayout.noPage || visit(root, depth: depth + 1)
  }

  private func read(_ number: UInt64) -> [UInt8]? {
    guard number < UInt64(pageCount) else { return nil }
    var page = [UInt8](repeating: 0, count: pageByteCount)
    let offset = off_t(number) * off_t(pageByteCount)
    let count = unsafe page.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress!, $0.count, offset) }
    return count == pageByteCount ? page : nil
  }
}
