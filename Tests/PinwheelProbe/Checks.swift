import CPinwheelProbe
import Glibc
import Pinwheel
import Synchronization

final class Count: Sendable {
  private let count = Atomic<Int>(0)
  func add(_ n: Int = 1) { count.add(n, ordering: .acquiringAndReleasing) }
  var value: Int { count.load(ordering: .acquiring) }
}

/// What was said, from any thread.
final class Said<Value: Sendable>: Sendable {
  private let said = Mutex<[Value]>([])
  func add(_ value: Value) { said.withLock { $0.append(value) } }
  var values: [Value] { said.withLock { $0 } }
  func clear() { said.withLock { $0 = [] } }
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

/// Runs `body` on a thread of its own, which belongs to no pool; ends when `join` has.
struct OwnThread {
  private let thread: pthread_t

  init(_ body: @escaping @Sendable () -> Void) {
    final class Start {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var made = pthread_t()
    let refused = pthread_create(
      &made, nil,
      { argument in
        // SAFETY: the one reference that was passed on below.
        if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, Unmanaged.passRetained(Start(body)).toOpaque())
    check(refused == 0, "a thread of the probe's was refused: \(refused)")
    thread = made
  }

  func join() { pthread_join(thread, nil) }
}
