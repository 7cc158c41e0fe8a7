#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The memory of this process that no file stands behind: pages of the store's map do not count.
enum ProcessMemory {
  /// In bytes; 0 where the system does not tell.
  static var byteCount: Int {
    #if canImport(Glibc)
    // "size resident shared ..": pages; those of files are among the shared.
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var text = [UInt8](repeating: 0, count: 128)
    let count = fread(&text, 1, text.count, file)
    let pages = text[..<count].split(separator: UInt8(ascii: " ")).prefix(3).map {
      Int(String(decoding: $0, as: UTF8.self)) ?? 0
    }
    return pages.count < 3 ? 0 : (pages[1] - pages[2]) * sysconf(CInt(_SC_PAGESIZE))
    #else
    var information = task_vm_info_data_t()
    var count = mach_msg_type_number_t(MemoryLayout<task_vm_info_data_t>.size / MemoryLayout<natural_t>.size)
    let code = withUnsafeMutablePointer(to: &information) { pointer in
      pointer.withMemoryRebound(to: integer_t.self, capacity: Int(count)) {
        task_info(mach_task_self_, task_flavor_t(TASK_VM_INFO), $0, &count)
      }
    }
    return code == KERN_SUCCESS ? Int(information.internal) : 0
    #endif
  }
}
