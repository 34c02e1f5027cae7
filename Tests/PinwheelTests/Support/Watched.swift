import Glibc
import Synchronization
import Testing

/// Makes a hang diagnosable: a test that runs for longer than any should has the state of every thread printed, and the
/// process ended, since a blocked thread cannot be cancelled.
struct Watched: SuiteTrait, TestTrait, TestScoping {
  var isRecursive: Bool { true }
  var seconds = 50

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await function() }
    let watch = Watch(test.name, seconds: seconds)
    defer { watch.stop() }
    try await function()
  }
}

extension Trait where Self == Watched {
  static var watched: Watched { Watched() }
}

/// One running test, and the time at which it counts as hung.
private final class Watch: Sendable {
  private static let all = Mutex<[ObjectIdentifier: (name: String, deadline: time_t)]>([:])
  private static let watcher: Void = startWatcher()

  init(_ name: String, seconds: Int) {
    _ = Self.watcher
    let deadline = time(nil) + seconds
    Self.all.withLock { $0[ObjectIdentifier(self)] = (name, deadline) }
  }

  func stop() { _ = Self.all.withLock { $0.removeValue(forKey: ObjectIdentifier(self)) } }

  private static func startWatcher() {
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { _ in
        while true {
          sleep(1)
          let now = time(nil)
          let hung = Watch.all.withLock { $0.values.filter { $0.deadline < now }.map(\.name) }
          if !hung.isEmpty {
            say("\nhung: \(hung.joined(separator: ", "))\n" + threadStates())
            abort()
          }
        }
      }, nil)
    pthread_detach(thread)
  }
}

/// Each thread of this process: its name, whether it runs or sleeps, and the system call that it is in.
private func threadStates() -> String {
  var text = ""
  for task in tasks() {
    let name = firstLine(of: "/proc/self/task/\(task)/comm")
    let stat = firstLine(of: "/proc/self/task/\(task)/stat")
    let state = stat.split(separator: " ").dropFirst(2).first ?? "?"
    text += "  \(task) \(name) \(state) syscall \(firstLine(of: "/proc/self/task/\(task)/syscall"))\n"
  }
  return text
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

/// The first line of a small file of the kernel's, or nothing.
func firstLine(of path: String) -> String {
  let file = open(path, O_RDONLY)
  guard file >= 0 else { return "" }
  defer { close(file) }
  var bytes = [UInt8](repeating: 0, count: 512)
  let count = read(file, &bytes, bytes.count)
  return String(decoding: bytes.prefix(max(count, 0)).prefix { $0 != 10 }, as: UTF8.self)
}

private func say(_ text: String) {
  var text = text
  text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
}
