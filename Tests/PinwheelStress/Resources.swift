import CPinwheelStress
import Glibc

/// What this process holds on to.
struct Resources {
  /// Threads of pools, and all threads.
  var poolThreads = 0
  var threads = 0
  var descriptors = 0
  /// Bytes that malloc has given out; 0 under a sanitizer.
  var bytes = 0
  var residentBytes = 0

  static func now() -> Resources {
    var resources = Resources()
    for task in names(in: "/proc/self/task") {
      resources.threads += 1
      if contents("/proc/self/task/\(task)/comm").hasPrefix("stress-") { resources.poolThreads += 1 }
    }
    resources.descriptors = names(in: "/proc/self/fd").count
    resources.bytes = Int(stress_bytes_in_use())
    let pages = contents("/proc/self/statm").split(separator: " ")
    resources.residentBytes = (pages.count > 1 ? Int(pages[1]) ?? 0 : 0) * Int(getpagesize())
    return resources
  }

  private static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      // SAFETY: the name ends with a 0 inside of the entry, which lives until the next call.
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  private static func contents(_ path: String) -> String {
    let file = open(path, O_RDONLY)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
  }
}

/// Compares what is left after each fleet with what was left after the first ones.
struct GrowthRules {
  /// Fleets until everything has been used once: caches of the runtime, arenas of malloc.
  private static let warmUp = 12
  /// What may come and go: caches that belong to threads of the Swift runtime.
  private static let slackBytes = 1 << 20
  private static let slackResidentBytes = 96 << 20
  private static let slackThreads = 4

  private var fleets = 0
  private var base = Resources()

  /// After a fleet has ended.
  mutating func look(_ complain: (String) -> Void) {
    if Fault.planted == .memory { _ = malloc(1 << 20) }
    if Fault.planted == .descriptor { _ = open("/dev/null", O_RDONLY) }
    if Fault.planted == .thread { _ = Threads.start { sleep(100_000) } }
    // A thread that has been joined may show for a moment longer, and a dropped pool ends by itself.
    var now = Resources.now()
    for _ in 0..<2000 where now.poolThreads > 0 {
      usleep(1000)
      now = Resources.now()
    }
    if now.poolThreads > 0 { complain("\(now.poolThreads) threads of pools are left") }
    fleets += 1
    if fleets <= Self.warmUp {
      base.threads = max(base.threads, now.threads)
      base.descriptors = max(base.descriptors, now.descriptors)
      base.bytes = max(base.bytes, now.bytes)
      base.residentBytes = max(base.residentBytes, now.residentBytes)
      return
    }
    func compare(_ what: String, _ now: Int, _ base: Int, slack: Int) {
      if now > base + slack {
        complain("\(what): \(now) after \(fleets) fleets of pools, \(base) after the first ones")
      }
    }
    compare("threads", now.threads, base.threads, slack: Self.slackThreads)
    compare("descriptors", now.descriptors, base.descriptors, slack: 0)
    compare("bytes in use", now.bytes, base.bytes, slack: Self.slackBytes)
    // Freed memory that a sanitizer keeps back counts as resident.
    if now.bytes > 0 {
      compare("resident bytes", now.residentBytes, base.residentBytes, slack: Self.slackResidentBytes)
    }
  }
}
