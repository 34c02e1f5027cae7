import CPinwheelProbe
import Glibc
import Pinwheel
import Synchronization

/// Where the stack stood at each level of a recursion, and on which thread.
private final class Levels: Sendable {
  private let levels = Mutex<[(thread: UInt, position: UInt)]>([])

  func note() {
    let position = probe_stack_position()
    levels.withLock { $0.append((UInt(pthread_self()), position)) }
  }

  /// On the thread of the first level, over all levels that ran there.
  var bytesPerLevel: Int {
    levels.withLock { levels in
      let here = levels.filter { $0.thread == levels[0].thread }
      guard let first = here.first, let last = here.last, here.count > 1 else { return 0 }
      return (Int(first.position) - Int(last.position)) / (here.count - 1)
    }
  }
}

private struct Oops: Error {}

@inline(never) private func plainCalls(_ pool: ThreadPool, _ levels: Levels, _ depth: Int) -> Int {
  levels.note()
  return depth == 0 ? 0 : plainCalls(pool, levels, depth - 1) + 1
}

@inline(never) private func firstHalves(_ pool: ThreadPool, _ levels: Levels, _ depth: Int) -> Int {
  levels.note()
  if depth == 0 { return 0 }
  let (a, b) = pool.join({ firstHalves(pool, levels, depth - 1) }, { 1 })
  return a + b
}

@inline(never) private func secondHalves(_ pool: ThreadPool, _ levels: Levels, _ depth: Int) -> Int {
  levels.note()
  if depth == 0 { return 0 }
  let (a, b) = pool.join({ 1 }, { secondHalves(pool, levels, depth - 1) })
  return a + b
}

@inline(never) private func throwingHalves(_ pool: ThreadPool, _ levels: Levels, _ depth: Int) throws(Oops) -> Int {
  levels.note()
  if depth == 0 { throw Oops() }
  let (a, b) = try pool.join(
    { () throws(Oops) in try throwingHalves(pool, levels, depth - 1) }, { () throws(Oops) in 1 })
  return a + b
}

/// Each half is taken by the other worker, while its maker waits, and takes the next.
@inline(never) private func stolenHalves(_ pool: ThreadPool, _ levels: Levels, _ depth: Int) -> Int {
  levels.note()
  if depth == 0 { return 0 }
  let begun = Count()
  let (a, b) = pool.join(
    { eventually { begun.value == 1 } ? 1 : 0 },
    {
      begun.add()
      return stolenHalves(pool, levels, depth - 1)
    })
  return a + b
}

@inline(never) private func scopeBodies(_ pool: ThreadPool, _ levels: Levels, _ depth: Int) -> Int {
  levels.note()
  return depth == 0 ? 0 : pool.scope { _ in scopeBodies(pool, levels, depth - 1) + 1 }
}

@inline(never) private func spawnedJobs(_ pool: ThreadPool, _ levels: Levels, _ depth: Int) -> Int {
  levels.note()
  if depth > 0 { pool.scope { s in s.spawn { _ = spawnedJobs(pool, levels, depth - 1) } } }
  return depth
}

@inline(never) private func loopBodies(_ pool: ThreadPool, _ levels: Levels, _ depth: Int) -> Int {
  levels.note()
  if depth > 0 { pool.parallelFor(0..<2) { i in if i == 0 { _ = loopBodies(pool, levels, depth - 1) } } }
  return depth
}

/// How much of its stack a worker uses for a level of nesting, and so how many levels a MiB holds. The bounds are those
/// of an optimised build, with room: the README gives what is printed here.
func recursion() throws {
  print("bytes of stack a level, and levels in a MiB:")
  func measure(_ name: String, most: Int, workers: Int = 1, _ body: @escaping @Sendable (ThreadPool, Levels) -> Void)
    throws
  {
    let pool = try makePool(workers) { $0.stackSize = 64 << 20 }
    let levels = Levels()
    try pool.submit { body(pool, levels) }.wait()
    let bytes = levels.bytesPerLevel
    print("  \(name): \(bytes), \((1 << 20) / max(bytes, 1))")
    check(bytes > 0, "\(name): no level was measured")
    if !_isDebugAssertConfiguration() { check(bytes <= most, "\(name): \(bytes) bytes, more than \(most)") }
  }
  let depth = 1000
  try measure("a plain call", most: 200) { _ = plainCalls($0, $1, depth) }
  try measure("join, first half", most: 600) { _ = firstHalves($0, $1, depth) }
  try measure("join, second half", most: 600) { _ = secondHalves($0, $1, depth) }
  try measure("join, first half, throwing", most: 600) { _ = try? throwingHalves($0, $1, depth) }
  try measure("join, second half, taken by another worker", most: 1200, workers: 2) { _ = stolenHalves($0, $1, 200) }
  try measure("scope, body", most: 1200) { _ = scopeBodies($0, $1, depth) }
  try measure("scope, spawned job", most: 1600) { _ = spawnedJobs($0, $1, depth) }
  try measure("loop inside of a loop", most: 1600) { _ = loopBodies($0, $1, depth) }
}

/// Halves that capture nothing: in an optimised build their closures have no context.
func constantHalves() throws {
  let pool = try makePool(1)
  @Sendable func nest(_ depth: Int) -> Int {
    if depth == 0 { return 0 }
    let (a, b) = pool.join({ nest(depth - 1) }, { 1 })
    return a + b
  }
  // Outside calls, whose first half is exposed, and a worker's, whose are not.
  check(nest(100) == 100, "outside: \(nest(100))")
  check(try pool.submit { nest(100) }.wait() == 100, "on a worker")
  for workers in [2, 8] {
    let pool = try makePool(workers)
    for _ in 0..<200 {
      let ones = pool.join(
        { pool.join({ pool.join({ 1 }, { 1 }) }, { 1 }) }, { pool.join({ 1 }, { pool.join({ 1 }, { 1 }) }) })
      check(ones.0.0.0 + ones.0.0.1 + ones.0.1 + ones.1.0 + ones.1.1.0 + ones.1.1.1 == 6, "a tree of ones")
    }
  }
}

// MARK: Overflow

/// A worker's stack runs out, in several ways: one line says whose it was, and then all is as without a pool.
func overflow() throws {
  for kibibytes in [64, 256, 8192] {
    for way in ["join", "plain", "taken", "both", "large-frames"] {
      let run = Run(arguments: ["fault", way, "\(kibibytes)", "none"])
      expectOneLine(run, kibibytes, "\(way), \(kibibytes) KiB")
      check(run.status == -SIGSEGV, "\(way), \(kibibytes) KiB: \(run.status)")
    }
  }
  // An application that handles faults: its handler runs as well, on the worker's alternate stack.
  let run = Run(arguments: ["fault", "join", "256", "before"])
  check(run.status == 42 && run.output.hasSuffix("handled\n"), "a handler from before the pool: \(run.status)")
  expectOneLine(Run(status: 0, output: String(run.output.dropLast("handled\n".count))), 256, "a handler from before")
  // One that comes later has taken the place of the pool's.
  let later = Run(arguments: ["fault", "join", "256", "after"])
  check(later.status == 42 && later.output == "handled\n", "a handler from after: \(later.status) \(later.output)")
  // No handler at all, though its flags speak of one.
  let ignored = Run(arguments: ["fault", "sent", "256", "ignored"])
  check(ignored.status == 0, "a signal that is ignored: \(ignored.status) \(ignored.output)")
  // A stack that is no worker's, and other faults, are none of the pool's business.
  for way in ["outside", "null", "null-outside", "sent"] {
    let plain = Run(arguments: ["fault", way, "256", "none"])
    check(plain.status == -SIGSEGV && plain.output.isEmpty, "\(way): \(plain.status) \(plain.output)")
    if way == "outside" { continue }  // its handler would have no stack to run on
    for handler in ["before", "after"] {
      let handled = Run(arguments: ["fault", way, "256", handler])
      check(
        handled.status == 42 && handled.output == "handled\n", "\(way), \(handler): \(handled.status) \(handled.output)"
      )
    }
  }
}

private func expectOneLine(_ run: Run, _ kibibytes: Int, _ what: String) {
  let size = "its stack of \(kibibytes) KiB"
  let cure = "PINWHEEL_STACK=\(2 * kibibytes)KiB"
  let worker = (0...1).contains { run.output.hasPrefix("pinwheel: worker \($0) (thread pinwheel-\($0))") }
  check(
    run.lines.count == 1 && worker && run.output.contains(size) && run.output.contains(cure), "\(what): \(run.output)")
}

/// Arguments: what goes wrong, the workers' stack in KiB, and when the application installs a handler of its own.
func fault() throws {
  let words = CommandLine.arguments.dropFirst(2)
  guard words.count == 3, let kibibytes = Int(words[3]) else { return check(false, "three arguments") }
  if words[4] == "before" { probe_handle_faults(42) }
  if words[4] == "ignored" { probe_ignore_faults() }
  let pool = try makePool(2) { $0.stackSize = kibibytes << 10 }
  if words[4] == "after" { probe_handle_faults(42) }
  let levels = Levels()
  switch words[2] {
  case "join": try pool.submit { _ = firstHalves(pool, levels, .max) }.wait()
  case "both": try pool.submit { endless(pool, 0) }.wait()
  case "plain": try pool.submit { _ = plainCalls(pool, levels, .max) }.wait()
  case "taken": try pool.submit { _ = stolenHalves(pool, levels, .max) }.wait()
  case "large-frames": try pool.submit { _ = probe_use_large_frames(100_000) }.wait()
  case "outside": _ = plainCalls(pool, levels, .max)
  case "null": try pool.submit { probe_touch_null() }.wait()
  case "null-outside": probe_touch_null()
  default:
    kill(getpid(), SIGSEGV)
    if words[4] != "ignored" { sleep(5) }
  }
}

@inline(never) private func endless(_ pool: ThreadPool, _ depth: Int) {
  _ = pool.join({ endless(pool, depth + 1) }, { endless(pool, depth + 1) })
}
