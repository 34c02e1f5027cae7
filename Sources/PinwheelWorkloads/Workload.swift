public import Pinwheel
internal import PinwheelTopology

/// A computation with a known answer that four engines can run: serial Swift, a ``ThreadPool``, Dispatch and structured
/// concurrency.
///
/// The four forms share their leaf code and their grain, so that a comparison shows what the engines cost and not how
/// well each form was written. Preparing an input and checking an output are separate steps: neither belongs in a timed
/// region.
///
/// ```swift
/// let fib = Fibonacci()
/// let input = try fib.prepare(size: 30)
/// let output = fib.runPool(pool, input)
/// try fib.check(output, for: input)
/// ```
public protocol Workload: Sendable {
  /// What every engine starts from. Running must not change it.
  associatedtype Input: Sendable
  /// What a run computes, in full: ``check(_:for:)`` looks at it after the clock has stopped.
  associatedtype Output: Sendable & Equatable

  /// The word that a command line selects it by.
  var name: String { get }
  /// One line about what it computes and what part of a pool it exercises.
  var summary: String { get }
  /// The singular noun that times are divided by, such as "call" or "element".
  var operation: String { get }
  /// What `size` counts, such as "n" or "elements".
  var sizeUnit: String { get }
  /// The sizes a probe may climb, ascending and not empty. The last one is the default.
  var sizes: [Int] { get }
  /// The size for a quick look: a small fraction of a second, serially.
  var quickSize: Int { get }

  /// Makes the input of that size.
  ///
  /// - Throws: ``WorkloadError`` when the size or the folder to read cannot be used.
  func prepare(size: Int) throws(WorkloadError) -> Input
  /// How many operations a run over this input performs. At least one.
  func operationCount(_ input: Input) -> Int

  /// What a good Swift programmer writes without threads.
  func runSerial(_ input: Input) -> Output
  /// The same on a pool.
  func runPool(_ pool: ThreadPool, _ input: Input) -> Output
  /// The same with `DispatchQueue.concurrentPerform`.
  func runDispatch(_ input: Input) -> Output
  /// The same with child tasks.
  func runTaskGroup(_ input: Input) async -> Output

  /// Compares an output with the known answer, or with a property that only the right answer has.
  func check(_ output: Output, for input: Input) throws(WorkloadError)
}

extension Workload {
  /// The largest size, for a machine that has nothing else to do.
  public var defaultSize: Int { sizes[sizes.count - 1] }

  /// The sizes up to `limit`, which is itself the last one.
  public func sizes(upTo limit: Int) -> [Int] {
    sizes.filter { $0 < limit } + [limit]
  }
}

/// Why a workload could not be prepared, or what it got wrong.
public enum WorkloadError: Error, Equatable, CustomStringConvertible {
  /// The size is outside of what the workload can run.
  case size(workload: String, size: Int, allowed: ClosedRange<Int>)
  /// A folder or file could not be read.
  case unreadable(path: String, reason: String)
  /// There is nothing to read under the folder.
  case noFiles(path: String)
  /// A run computed something else than the known answer.
  case wrongResult(workload: String, expected: String, got: String)
  /// No workload has this name.
  case unknown(name: String, known: [String])

  public var description: String {
    switch self {
    case .size(let workload, let size, let allowed):
      "\(workload): size \(size) is not in \(allowed.lowerBound)...\(allowed.upperBound)"
    case .unreadable(let path, let reason):
      "cannot read \(printable(path)): \(reason)"
    case .noFiles(let path):
      "no regular files under \(printable(path))"
    case .wrongResult(let workload, let expected, let got):
      "\(workload): expected \(expected), got \(got)"
    case .unknown(let name, let known):
      "unknown workload '\(printable(name))'; known: \(known.joined(separator: ", "))"
    }
  }
}

extension WorkloadError {
  /// Throws unless `size` is allowed.
  static func requireSize(_ size: Int, in allowed: ClosedRange<Int>, of workload: String) throws(WorkloadError) {
    guard allowed.contains(size) else { throw .size(workload: workload, size: size, allowed: allowed) }
  }

  /// Throws unless both are equal.
  static func requireEqual<T: Equatable>(_ got: T, _ expected: T, of workload: String) throws(WorkloadError) {
    guard got == expected else {
      throw .wrongResult(workload: workload, expected: "\(expected)", got: "\(got)")
    }
  }
}
