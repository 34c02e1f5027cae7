internal import CBenchmarkSystem
internal import Glibc
internal import PeerProtocol

/// How a peer was started: `peer-NAME --workers N [--pin] [--tuned]`.
public struct PeerOptions: Sendable {
  /// Threads that work, the caller's included.
  public var workers = 1
  /// Whether workers are to be bound, each to a CPU of its own.
  public var pins = false
  /// Whether to use the settings that the runtime's authors advise for a machine of one's own.
  public var isTuned = false

  /// - Throws: ``PeerFailure`` for what is not an option.
  public init(_ arguments: some Sequence<String>) throws(PeerFailure) {
    var rest = arguments.makeIterator()
    while let argument = rest.next() {
      switch argument {
      case "--pin": pins = true
      case "--tuned": isTuned = true
      case "--workers":
        let value = rest.next()
        guard let number = value.flatMap({ Int($0) }), (1...4096).contains(number) else {
          throw PeerFailure("--workers takes 1 to 4096, not \(value ?? "nothing")")
        }
        workers = number
      default: throw PeerFailure("unknown option \(argument); known: --workers N, --pin, --tuned")
      }
    }
  }
}

/// Why a peer cannot do what it was started for, in words.
public struct PeerFailure: Error, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}

/// A peer's conversation with the controller.
public enum Peer {
  /// Makes the runtime by `start`, says that it is ready, and answers requests until there are no more.
  ///
  /// What cannot be started is said as an `error` line instead, with exit status 2; a setting that the runtime does not
  /// have, for which `start` returns nil, as `unsupported`.
  public static func main(name: String, version: String? = nil, _ start: (PeerOptions) throws -> FamilyTable?) {
    do {
      let options = try PeerOptions(CommandLine.arguments.dropFirst())
      guard let table = try start(options) else { return say(.unsupported) }
      say(.ready(name: name, version: version))
      answer(table, serial: .serial(workers: options.workers))
    } catch {
      fail("\(error)")
    }
  }

  private static func answer(_ table: FamilyTable, serial: FamilyTable) {
    while let line = readLine() {
      switch Request(line: line) {
      case .quit: return
      case .list: say(.families(table.names))
      case .run(let family, let size, let repeats): say(run(table[family], size, repeats))
      case .serial(let family, let size, let repeats): say(run(serial[family], size, repeats))
      case nil: say(.error("not a request: \(line)"))
      }
    }
  }

  private static func run(_ run: FamilyTable.Run?, _ size: Int, _ repeats: Int?) -> Answer {
    run.map { .ok($0(size, repeats ?? 0)) } ?? .unsupported
  }

  /// Says why the run has failed, and ends the peer.
  public static func fail(_ text: String) -> Never {
    say(.error(text))
    exit(2)
  }

  private static func say(_ answer: Answer) {
    print(answer.line)
    fflush(nil)
  }

  /// The CPUs that this process may use.
  public static var usableCPUs: [Int] {
    let count = bench_usable_cpus(nil, 0)
    var cpus = [Int32](repeating: 0, count: Int(count))
    let found = cpus.withUnsafeMutableBufferPointer { bench_usable_cpus($0.baseAddress, count) }
    return cpus.prefix(Int(min(found, count))).map(Int.init)
  }

  /// For runtimes that have as many threads as the process has CPUs: starts this program anew with the first `workers`
  /// of them, unless it has no more anyway.
  public static func confine(to workers: Int) throws(PeerFailure) {
    let cpus = usableCPUs
    if cpus.count == workers { return }
    guard cpus.count > workers else {
      throw PeerFailure("\(workers) workers take \(workers) CPUs with this runtime, and \(cpus.count) are usable")
    }
    let chosen = cpus.prefix(workers).map { Int32($0) }
    let error = chosen.withUnsafeBufferPointer { bench_bind($0.baseAddress, Int32($0.count)) }
    guard error == 0 else { throw PeerFailure("cannot be confined to \(workers) CPUs: errno \(error)") }
    var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) }
    arguments.append(nil)
    // The runtime has counted the CPUs before this code ran.
    execv("/proc/self/exe", arguments)
    throw PeerFailure("cannot be started anew: errno \(errno)")
  }
}
