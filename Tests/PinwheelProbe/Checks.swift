import CPinwheelProbe
import Glibc
import Pinwheel
import Synchronization

final class Count: Sendable {
  private let count = Atomic<Int>(0)
  func add(_ n: Int = 1) { count.add(n, ordering: .acquiringAndReleasing) }
  var value: Int { count.load(ordering: .acquiring) }
}

let failures = Count()

func check(_ condition: Bool, _ what: @autoclosure () -> String, line: UInt = #line) {
  if condition { return }
  failures.add()
  print("line \(line): \(what())")
}

func makePool(_ workers: Int, _ adjust: (inout PoolConfiguration) -> Void = { _ in }) throws -> ThreadPool {
  var configuration = PoolConfiguration()
  configuration.workers = .exactly(workers)
  adjust(&configuration)
  return try ThreadPool(configuration)
}

func fib(_ pool: ThreadPool, _ n: Int) -> Int {
  if n < 2 { return n }
  let (a, b) = pool.join({ fib(pool, n - 1) }, { fib(pool, n - 2) })
  return a + b
}

/// Polls for at most ten seconds.
func eventually(_ condition: () -> Bool) -> Bool {
  for _ in 0..<10_000 {
    if condition() { return true }
    usleep(1000)
  }
  return false
}

/// The ids of this process's threads.
func tasks() -> [Int] {
  guard let directory = opendir("/proc/self/task") else { return [] }
  defer { closedir(directory) }
  var ids: [Int] = []
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      // SAFETY: the name is a C string of at most 256 bytes inside of the entry.
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if let id = Int(name) { ids.append(id) }
  }
  return ids
}

/// A small file of the kernel's.
func contents(of path: String) -> String {
  let file = open(path, O_RDONLY)
  guard file >= 0 else { return "" }
  defer { close(file) }
  var bytes = [UInt8](repeating: 0, count: 8192)
  let count = read(file, &bytes, bytes.count)
  return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
}

/// The value of a `Key: value` line.
func field(_ key: String, of path: String) -> String {
  let line = contents(of: path).split(separator: "\n").first { $0.hasPrefix(key + ":") }
  return line.map { String($0.drop { $0 != ":" }.dropFirst().drop { $0 == "\t" || $0 == " " }) } ?? ""
}

func cpuNanoseconds() -> Int {
  var now = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
  return now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// Runs `body` in a child made by fork, and returns its exit status; -signal if one ended it. A child that hangs gets a
/// SIGALRM.
func inChild(_ body: () -> Bool) -> Int32 {
  let child = probe_fork()
  if child == 0 {
    alarm(10)
    _exit(body() ? 0 : 1)
  }
  var status: Int32 = 0
  waitpid(child, &status, 0)
  return status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
}
