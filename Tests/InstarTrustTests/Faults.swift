#if os(Linux)
import Glibc
import InstarTestSupport

/// The library of `Tests/Faults` that records and breaks the calls on a store, preloaded into child processes.
///
/// It is compiled, beside the tests, when the first of them asks for it: a product of the package it must not be.
enum Faults {
  /// The path of the compiled library; `nil` without a C compiler.
  static let library: String? = {
    let root = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let target = Files.folder(of: InstarProgram.path) + "/instar-faults.so"
    let draft = "\(target).\(getpid())"
    for compiler in ["clang", "cc"] {
      let arguments = [compiler, "-shared", "-fPIC", "-O2", "-o", draft, "/\(root)/Faults/faults.c"]
      let words = arguments.map { strdup($0) } + [nil]
      defer { words.forEach { free($0) } }
      var process = pid_t()
      guard posix_spawnp(&process, compiler, nil, nil, words, environ) == 0 else { continue }
      var status: Int32 = 0
      waitpid(process, &status, 0)
      if status == 0, rename(draft, target) == 0 { return target }
    }
    return nil
  }()

  /// A call that writes or reads less than it was asked to.
  static let cutShort: CInt = -1

  // MARK: In the child

  static func record(_ path: String, log: CInt) {
    typealias Function = @convention(c) (UnsafePointer<CChar>, CInt) -> Void
    unsafeBitCast(symbol("instar_faults_record"), to: Function.self)(path, log)
  }

  /// From here on the store is in one of the states from `oldest` to `newest`.
  static func mark(_ oldest: Int, _ newest: Int) {
    typealias Function = @convention(c) (UInt64, UInt64) -> Void
    unsafeBitCast(symbol("instar_faults_mark"), to: Function.self)(UInt64(oldest), UInt64(newest))
  }

  /// Lets one call on the store from now on fail: number `call`, 0 for none.
  static func fail(_ path: String, call: Int, how: CInt) {
    typealias Function = @convention(c) (UnsafePointer<CChar>, Int, CInt) -> Void
    unsafeBitCast(symbol("instar_faults_fail"), to: Function.self)(path, call, how)
  }

  static var calls: Int {
    typealias Function = @convention(c) () -> Int
    return unsafeBitCast(symbol("instar_faults_calls"), to: Function.self)()
  }

  /// Lets one allocation of LMDB from now on fail; returns whether LMDB is a library that can be watched.
  @discardableResult
  static func fail(allocation: Int) -> Bool {
    typealias Function = @convention(c) (Int) -> Bool
    return unsafeBitCast(symbol("instar_faults_fail_allocation"), to: Function.self)(allocation)
  }

  static var allocations: Int {
    typealias Function = @convention(c) () -> Int
    return unsafeBitCast(symbol("instar_faults_allocations"), to: Function.self)()
  }

  private static func symbol(_ name: String) -> UnsafeMutableRawPointer {
    guard let symbol = dlsym(nil, name) else { preconditionFailure("\(name): the library was not preloaded") }
    return symbol
  }
}
#endif
