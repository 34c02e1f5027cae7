import CPinwheelProbe
import Glibc
import Pinwheel
import PinwheelTopology

/// Pools and processes that share the machine: each has cores of its own, whoever comes too late is told by whom, and
/// what a process had is free when it is gone, in whatever way.
func share() throws {
  let machine = try Machine.current()
  if machine.usableCoreCount < 2 {
    print("two cores are needed to share them: \(machine.usableCoreCount)")
    return
  }
  let directory = ClaimFolder()
  defer { directory.remove() }
  // Of exactly two cores, so that the outcome is the same everywhere.
  let cores = Dictionary(grouping: machine.cpus.filter { machine.usable.contains($0.osIndex) }, by: \.coreIndex)
  let places = cores.sorted { $0.key < $1.key }.prefix(2).map { _, cpus in
    "{\(cpus.map { "\($0.osIndex)" }.joined(separator: ","))}"
  }.joined(separator: ",")
  let sharing = Sharing(places: places, directory: directory.path)
  try processes(sharing)
  try race(sharing)
  try pools(sharing)
  try floating(machine, sharing)
  try changes(sharing)
  try changesThatFail(sharing)
  try forks(sharing)
  try containers(sharing)
  try unusable(sharing)
}

/// What pools share.
private struct Sharing {
  var places: String
  var directory: String

  func pool(_ workers: Int, named name: String, in other: String? = nil) throws -> ThreadPool {
    try ThreadPool(settings(workers, named: name, in: other))
  }

  /// With whatever a setting may say, as another process has it.
  func pool(_ workers: String, named name: String) throws -> ThreadPool {
    var configuration = try settings(1, named: name)
    if places.isEmpty { configuration.bind = .none }
    configuration.workers = Int(workers).map { .exactly($0) } ?? .auto
    return try ThreadPool(configuration)
  }

  func settings(_ workers: Int, named name: String, in other: String? = nil) throws -> PoolConfiguration {
    var configuration = try PoolConfiguration(environment: [
      "PINWHEEL_SHARE": "machine", "PINWHEEL_CLAIMS": other ?? directory, "PINWHEEL_BIND": "close",
      "PINWHEEL_PLACES": places,
    ])
    configuration.workers = .exactly(workers)
    configuration.name = name
    return configuration
  }

  /// A process with such a pool.
  func process(_ workers: Int, named name: String, _ more: [String] = []) -> Companion {
    Companion(arguments("\(workers)", name) + more)
  }

  /// A process with a pool of as many workers as it gets cores, that binds nobody.
  func floatingProcess(_ workers: String, named name: String) -> Companion {
    Companion(["share-hold", "", directory, workers, name])
  }

  /// A process whose numbers for processes are its own, as in a container.
  func container(_ workers: Int, named name: String) -> Companion {
    let program = contents(of: "/proc/self/cmdline").split(separator: "\0").first.map { String($0) } ?? ""
    return Companion(["--pid", "--fork", "--kill-child", program] + arguments("\(workers)", name), of: Self.unshare)
  }

  static let unshare = "/usr/bin/unshare"

  private func arguments(_ workers: String, _ name: String) -> [String] {
    ["share-hold", places, directory, workers, name]
  }
}

/// Arguments: places (none: workers are not bound), directory, workers, name; then, perhaps, "and-fork". Makes a pool, says
/// where its workers are and what it is warned of, and waits for its input to end.
func shareHold() throws {
  let words = CommandLine.arguments.dropFirst(2).map { $0 }
  guard words.count >= 4 else { return check(false, "arguments") }
  let pool = try Sharing(places: words[0], directory: words[1]).pool(words[2], named: words[3])
  if words.count > 4 {
    // A child that lives longer than this process, and has all of its open files.
    let child = probe_fork()
    if child == 0 {
      for file in 0...2 { close(Int32(file)) }
      sleep(20)
      _exit(0)
    }
    print("child \(child)")
  }
  print("cpus \(pool.placement.seats.map(\.allowed.description).joined(separator: " "))")
  for warning in pool.placement.warnings { print("warning: \(warning)") }
  print("ready")
  fflush(nil)
  var byte: UInt8 = 0
  while read(0, &byte, 1) > 0 {}
  try pool.shutdown()
}

/// A folder for lock files.
private struct ClaimFolder {
  let path: String

  init() {
    var name = Array("/tmp/pinwheel-probe-XXXXXX".utf8CString)
    check(mkdtemp(&name) != nil, "mkdtemp")
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func remove() { check(Run(arguments: ["-rf", path], of: "/bin/rm").status == 0, "rm \(path)") }
}

/// What a companion says when it has started.
private struct Start {
  var cpus: [CPUSet]
  var warnings: [String]
  var child: pid_t?

  init(_ companion: Companion) {
    let lines = companion.lines(until: "ready")
    child = lines.first { $0.hasPrefix("child ") }.flatMap { pid_t($0.dropFirst(6)) }
    cpus =
      lines.first { $0.hasPrefix("cpus ") }?.split(separator: " ").dropFirst().compactMap { CPUSet(String($0)) } ?? []
    warnings = lines.filter { $0.hasPrefix("warning: ") }
    check(!cpus.isEmpty, "a companion said \(lines)")
  }
}

private func processes(_ sharing: Sharing) throws {
  let first = sharing.process(1, named: "one")
  let one = Start(first)
  let other = sharing.process(1, named: "two")
  let two = Start(other)
  check(one.warnings.isEmpty && two.warnings.isEmpty, "warned of \(one.warnings) \(two.warnings)")
  check(one.cpus.count == 1 && two.cpus.count == 1, "\(one.cpus) \(two.cpus)")
  check(one.cpus[0].intersection(two.cpus[0]).isEmpty, "both on CPUs \(one.cpus[0])")

  // Nothing is left: they overlap, and are told with whom.
  let third = sharing.process(2, named: "three")
  let three = Start(third)
  check(three.cpus.count == 2 && three.cpus[0] != three.cpus[1], "with nothing left, on \(three.cpus)")
  for (process, name, cpus) in [(first.process, "one", one.cpus[0]), (other.process, "two", two.cpus[0])] {
    let holder =
      "\(cpus) \(cpus.count == 1 ? "is" : "are") claimed by process \(process) (PinwheelProbe, pool '\(name)')"
    check(three.warnings.contains { $0.contains(holder) }, "no word of \(holder): \(three.warnings)")
  }
  check(third.end() == 0, "the third failed")

  // One core is left, and two are asked for.
  check(other.end() == 0, "the second failed")
  let fourth = sharing.process(2, named: "four")
  let four = Start(fourth)
  check(four.cpus.count == 2 && four.cpus.allSatisfy { $0 == two.cpus[0] }, "on \(four.cpus), not \(two.cpus[0])")
  let holder = "\(one.cpus[0]) by process \(first.process) (PinwheelProbe, pool 'one')"
  check(four.warnings.contains { $0.contains(holder) }, "no word of \(holder): \(four.warnings)")
  check(fourth.end() == 0, "the fourth failed")

  // Killed, with a child that lives on.
  check(first.end(by: SIGKILL) == -SIGKILL, "the first was not killed")
  let parent = sharing.process(2, named: "five", ["and-fork"])
  let five = Start(parent)
  check(five.warnings.isEmpty, "a killed process still has a core: \(five.warnings)")
  check(five.cpus.count == 2 && five.cpus[0].intersection(five.cpus[1]).isEmpty, "on \(five.cpus)")
  check(parent.end(by: SIGKILL) == -SIGKILL, "the fifth was not killed")
  let last = sharing.process(2, named: "six")
  let six = Start(last)
  check(six.warnings.isEmpty, "a killed process's child has its cores: \(six.warnings)")
  check(last.end() == 0, "the sixth failed")
  check(five.child.map { kill($0, SIGKILL) } == 0, "the killed process's child has not outlived it")
}

/// Many processes at once: exactly two get a core each, and the others are told.
private func race(_ sharing: Sharing) throws {
  for _ in 0..<3 {
    let all = (0..<4).map { sharing.process(1, named: "racer\($0)") }
    let starts = all.map { Start($0) }
    let winners = starts.filter(\.warnings.isEmpty)
    check(winners.count == 2, "\(winners.count) of \(all.count) have a core of their own")
    if winners.count == 2 {
      check(winners[0].cpus[0].intersection(winners[1].cpus[0]).isEmpty, "both on \(winners[0].cpus)")
    }
    for companion in all { check(companion.end() == 0, "a racer failed") }
  }
}

/// Several pools of one process.
private func pools(_ sharing: Sharing) throws {
  var one: ThreadPool? = try sharing.pool(1, named: "one")
  let two = try sharing.pool(1, named: "two")
  guard let place = one?.placement.seats[0].place else { return }
  check(place.intersection(two.placement.seats[0].place).isEmpty, "two pools on CPUs \(place)")
  check(one?.placement.claimed.isEmpty == false && two.placement.warnings.isEmpty, "\(two.placement)")
  let three = try sharing.pool(1, named: "three")
  let text = three.placement.warnings.map(\.description)
  check(text.contains { $0.contains("by this process's pool 'one'") }, "no word of this process's pool: \(text)")
  check(three.placement.claimed.isEmpty, "claims what another pool has: \(three.placement.claimed)")
  // Each way to end gives the core back.
  let ends: [(String, (ThreadPool) throws -> Void)] = [
    ("shutdown", { try $0.shutdown() }), ("the last reference", { _ in }),
    ("inside a job", { pool in try pool.submit { [pool] in _ = pool } }),
  ]
  for (how, end) in ends {
    if let pool = one { try end(pool) }
    one = nil
    check(
      eventually {
        guard let next = try? sharing.pool(1, named: "one") else { return false }
        if next.placement.warnings.isEmpty, next.placement.seats[0].place == place { one = next }
        return one != nil
      }, "the core is not free again after \(how)")
  }
  // A start that fails.
  one = nil
  probe_refuse_thread(1)
  check((try? sharing.pool(1, named: "refused")) == nil, "a refused thread")
  let next = try sharing.pool(1, named: "next")
  check(next.placement.warnings.isEmpty, "a pool that never was has a core: \(next.placement.warnings)")
}

/// Processes whose workers are bound to nothing: each has cores of its own, and as many workers as it found.
private func floating(_ machine: Machine, _ sharing: Sharing) throws {
  let cores = machine.usableCoreCount
  let first = sharing.floatingProcess("1", named: "one")
  let one = Start(first)
  check(one.warnings.isEmpty && one.cpus.count == 1, "\(one)")
  check(machine.wholeCores(of: one.cpus[0]).intersection(machine.usable) == one.cpus[0], "not a core: \(one.cpus)")
  let other = sharing.floatingProcess("auto", named: "two")
  let two = Start(other)
  let expected = min(cores - 1, machine.quota?.wholeCPUs ?? cores)
  check(two.warnings.isEmpty && two.cpus.count == expected, "\(two), not \(expected) workers")
  for cpus in two.cpus { check(cpus.intersection(one.cpus[0]).isEmpty, "on \(cpus), as \(one.cpus[0])") }
  if expected == cores - 1 {
    check(CPUSet(two.cpus.flatMap { Array($0) }) == machine.usable.subtracting(one.cpus[0]), "\(two)")
    // A process that binds finds nothing left, and hears of both.
    let third = sharing.process(2, named: "three")
    let text = Start(third).warnings.joined()
    for (process, name) in [(first.process, "one"), (other.process, "two")] {
      check(text.contains("process \(process) (PinwheelProbe, pool '\(name)')"), "no word of \(name): \(text)")
    }
    check(third.end() == 0, "the third failed")
  }
  check(first.end(by: SIGKILL) == -SIGKILL, "the first was not killed")
  let fourth = sharing.floatingProcess("1", named: "four")
  let four = Start(fourth)
  check(four.warnings.isEmpty && four.cpus == one.cpus, "a killed process has a core: \(four)")
  check(other.end() == 0 && fourth.end() == 0, "a companion failed")
}

/// Whether a process that comes now gets as many cores for itself.
private func areFree(_ cores: Int, _ sharing: Sharing, line: UInt = #line) {
  let other = sharing.process(cores, named: "newcomer")
  let start = Start(other)
  check(start.warnings.isEmpty, "\(cores) cores are not free: \(start.warnings)", line: line)
  check(other.end() == 0, "the newcomer failed", line: line)
}

/// Pools that come to need more cores, or fewer, while they run.
private func changes(_ sharing: Sharing) throws {
  let said = Said<PoolEvent>()
  var settings = try sharing.settings(1, named: "one")
  settings.onEvent = { said.add($0) }
  let pool = try ThreadPool(settings)
  let first = pool.placement.claimed
  let other = sharing.process(1, named: "other")
  let second = Start(other).cpus[0]

  // A core that another process has is left to it, and it is told whose it is.
  settings.workers = .exactly(2)
  try pool.apply(settings)
  let holder = "process \(other.process) (PinwheelProbe, pool 'other')"
  check(pool.placement.warnings.contains { "\($0)".contains("\(second) by \(holder)") }, "\(pool.placement.warnings)")
  check(
    said.values.contains { if case .placement = $0 { "\($0)".contains(holder) } else { false } },
    "nobody was told of \(holder): \(said.values)")
  check(pool.placement.claimed == first, "has \(pool.placement.claimed), not \(first)")
  check(pool.placement.seats.allSatisfy { $0.allowed.isSubset(of: first) }, "\(pool.placement.seats)")
  // When it is free the pool gets it.
  check(other.end() == 0, "the other failed")
  try pool.apply(settings)
  check(pool.placement.warnings.isEmpty, "\(pool.placement.warnings)")
  check(pool.placement.claimed == first.union(second), "has \(pool.placement.claimed)")
  // Its thread gives itself its name, a moment later.
  check(
    eventually { workerAffinities(named: "one")[1] == second }, "\(workerAffinities(named: "one"))")
  let third = sharing.process(1, named: "third")
  check(Start(third).warnings.joined().contains("pool 'one'"), "a core of a pool that has grown is given away")
  check(third.end() == 0, "the third failed")

  // A core that is needed no longer goes back, and also a busy worker leaves it first.
  let begun = Count()
  let stop = Count()
  let jobs = try (0..<2).map { _ in
    try pool.submit {
      begun.add()
      while stop.value == 0 { usleep(1000) }
    }
  }
  check(eventually { begun.value == 2 }, "two workers do not work")
  settings.workers = .exactly(1)
  try pool.apply(settings)
  check(pool.placement.claimed.count == first.count, "has \(pool.placement.claimed)")
  for (worker, cpus) in workerAffinities(named: "one") {
    check(cpus.isSubset(of: pool.placement.claimed), "worker \(worker) is on \(cpus), not \(pool.placement.claimed)")
  }
  areFree(1, sharing)
  stop.add()
  for job in jobs { job.wait() }

  // Who binds nobody needs as many; who shares no more needs none.
  settings.bind = .none
  try pool.apply(settings)
  check(pool.placement.claimed.count == first.count, "unbound, has \(pool.placement.claimed)")
  for (worker, cpus) in workerAffinities(named: "one") {
    check(cpus.isSubset(of: pool.placement.claimed), "unbound, worker \(worker) is on \(cpus)")
  }
  areFree(1, sharing)
  settings.bind = .close
  try pool.apply(settings)
  check(pool.placement.claimed == first, "bound again, has \(pool.placement.claimed)")
  settings.share = .none
  try pool.apply(settings)
  areFree(2, sharing)
  (settings.share, settings.workers) = (.machine, .exactly(2))
  try pool.apply(settings)
  check(pool.placement.claimed == first.union(second), "sharing again, has \(pool.placement.claimed)")
  check(fib(pool, 15) == 610, "fib")
  try pool.shutdown()
  areFree(2, sharing)
}

/// A change that comes to nothing has taken nothing.
private func changesThatFail(_ sharing: Sharing) throws {
  let pool = try sharing.pool(1, named: "one")
  let claimed = pool.placement.claimed
  probe_refuse_thread(1)
  let grown = try? pool.apply(try sharing.settings(2, named: "one"))
  check(grown == nil, "a refused thread")
  check(pool.placement.claimed == claimed && pool.workerCount == 1, "\(pool.placement)")
  areFree(1, sharing)
  var nowhere = try sharing.settings(2, named: "one")
  nowhere.places = .explicit([[100_000]])
  check((try? pool.apply(nowhere)) == nil, "places that are not there")
  areFree(1, sharing)
  let third = sharing.process(2, named: "third")
  check(Start(third).warnings.joined().contains("\(claimed) by"), "the pool's own core is gone")
  check(third.end() == 0, "the third failed")
}

/// A forked child has none of its parent's cores, and takes none of them away.
private func forks(_ sharing: Sharing) throws {
  let pool = try sharing.pool(1, named: "parent")
  let place = pool.placement.seats[0].place
  let parent = getpid()
  let status = inChild {
    guard let own = try? sharing.pool(1, named: "child"), let late = try? sharing.pool(2, named: "late") else {
      return false
    }
    let warnings = late.placement.warnings.map(\.description)
    check(own.placement.seats[0].place.intersection(place).isEmpty, "the child is on its parent's \(place)")
    check(warnings.contains { $0.contains("by process \(parent)") }, "no word of the parent: \(warnings)")
    check(warnings.contains { $0.contains("by this process's pool 'child'") }, "no word of the child: \(warnings)")
    // What a child does to its parent's pool.
    try? pool.shutdown()
    try? own.shutdown()
    return failures.value == 0
  }
  check(status == 0, "status \(status)")
  let other = sharing.process(1, named: "other")
  let start = Start(other)
  check(start.warnings.isEmpty && start.cpus != [place], "the parent has lost its core: \(start)")
  check(other.end() == 0, "the other failed")
}

/// Processes that number processes in different ways: nobody is given a number that means another one to them.
private func containers(_ sharing: Sharing) throws {
  guard geteuid() == 0, access(Sharing.unshare, X_OK) == 0 else {
    print("no process ids of its own can be given to a process here")
    return
  }
  let outside = sharing.process(1, named: "outside")
  _ = Start(outside)
  let inside = sharing.container(1, named: "inside")
  let start = Start(inside)
  check(start.warnings.isEmpty, "warned of \(start.warnings)")
  // From outside both can be seen, from inside only who is inside.
  let third = sharing.process(2, named: "third")
  let seen = Start(third).warnings.joined()
  check(seen.contains("by process \(outside.process) (PinwheelProbe, pool 'outside')"), "outside: \(seen)")
  check(!seen.contains("by process 1 ") && !seen.contains("pool 'inside'"), "a number from inside is shown: \(seen)")
  check(seen.occurrences(of: "by process ") == 2, "outside: \(seen)")
  let fourth = sharing.container(2, named: "fourth")
  let hidden = Start(fourth).warnings.joined()
  check(hidden.contains("by another process (PinwheelProbe, pool 'outside')"), "inside: \(hidden)")
  check(hidden.contains("by another process (PinwheelProbe, pool 'inside')"), "inside: \(hidden)")
  for companion in [outside, inside, third, fourth] { check(companion.end() == 0, "a companion failed") }
}

extension String {
  /// How often another text is in this one.
  fileprivate func occurrences(of text: String) -> Int {
    var count = 0
    var rest = self[...]
    while let range = rest.firstRange(of: text) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}

/// Directories and files that cannot be used: a warning, and a pool that works.
private func unusable(_ sharing: Sharing) throws {
  let directory = sharing.directory
  func refuses(_ what: String, _ path: String) throws {
    let pool = try sharing.pool(2, named: "alone", in: path)
    let warnings = pool.placement.warnings.map(\.description)
    check(warnings.contains { $0.contains("cannot be claimed") && $0.contains(path) }, "\(what): \(warnings)")
    check(fib(pool, 10) == 55, "fib")
  }
  try refuses("no directory above", directory + "/none/here")
  let file = directory + "/file"
  check(close(open(file, O_WRONLY | O_CREAT, 0o600)) == 0, "a file")
  try refuses("a file", file)
  let name = try firstFile(sharing)
  for (what, plant) in [
    ("a link", { symlink(file, $0) }), ("a second name", { link(file, $0) }), ("a FIFO", { mkfifo($0, 0o600) }),
  ] as [(String, (String) -> Int32)] {
    let planted = directory + "/planted-" + what.filter { $0 != " " }
    check(mkdir(planted, 0o700) == 0 && plant(planted + "/" + name) == 0, "\(what): errno \(errno)")
    try refuses(what, planted)
    var status = stat()
    check(stat(file, &status) == 0 && status.st_size == 0, "\(what): somebody's file was written to")
  }
  // The user's own directory, if others could write to it.
  let runtime = directory + "/runtime"
  check(mkdir(runtime, 0o700) == 0 && mkdir(runtime + "/pinwheel", 0o700) == 0, "mkdir")
  check(chmod(runtime + "/pinwheel", 0o777) == 0, "chmod")
  setenv("XDG_RUNTIME_DIR", runtime, 1)
  var configuration = PoolConfiguration(workers: .exactly(1), bind: .close)
  configuration.share = .machine
  var warnings = try ThreadPool(configuration).placement.warnings.map(\.description)
  check(warnings.contains { $0.contains("others may write") }, "\(warnings)")
  check(chmod(runtime + "/pinwheel", 0o700) == 0, "chmod")
  warnings = try ThreadPool(configuration).placement.warnings.map(\.description)
  check(warnings.isEmpty, "\(warnings)")
  unsetenv("XDG_RUNTIME_DIR")
}

/// The name of the file of the core that pools claim first.
private func firstFile(_ sharing: Sharing) throws -> String {
  let folder = sharing.directory + "/first"
  check(mkdir(folder, 0o700) == 0, "mkdir: errno \(errno)")
  try sharing.pool(1, named: "first", in: folder).shutdown()
  let files = Run(arguments: [folder], of: "/bin/ls").lines
  check(files.count == 1, "\(files)")
  return files.first.map(String.init) ?? ""
}
