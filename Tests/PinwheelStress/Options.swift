import Glibc

/// The command line.
struct Options: Sendable {
  var minutes: Double?
  var programs: Int?
  var workers = [1, 2, 8, 64]
  var seed: UInt64?
  /// How often each program is run.
  var rounds = 1
  /// Seconds that a program may take.
  var deadline = 120
  var json = false
  var list = false

  static let help = """
    usage: pinwheel-stress [options]

    Runs random programs on pools and compares what they return, throw, run and leave behind with what a serial model says.

      --minutes N      run for so long (default: 1, if --programs is absent)
      --programs N     run so many programs
      --workers A,B..  worker counts, in turn (default: 1,2,8,64; a count may come several times)
      --seed S         the first program's seed, decimal or 0x...; the next ones follow it (default: another each time)
      --rounds N       run each program so often (default: 1)
      --deadline N     seconds until a program counts as hung (default: 120)
      --list           print the programs instead of running them
      --json           print the summary as JSON
      --help           print this

    Exit status: 0 all as it should be, 1 a program failed, 2 usage; a hang ends with SIGABRT.
    A program that fails is printed, with the command that runs it again.
    """

  struct Mistake: Error { var message: String }

  static func parse(_ arguments: [String]) throws(Mistake) -> Options? {
    var options = Options()
    var rest = arguments[...]
    func value(of name: String, _ allowed: String) throws(Mistake) -> String {
      guard let value = rest.popFirst() else { throw Mistake(message: "\(name) needs a value: \(allowed)") }
      return value
    }
    func number(of name: String, in range: ClosedRange<Int>) throws(Mistake) -> Int {
      let allowed = "a number from \(range.lowerBound) to \(range.upperBound)"
      let text = try value(of: name, allowed)
      guard let number = Int(text), range.contains(number) else {
        throw Mistake(message: "\(name) \(text): allowed is \(allowed)")
      }
      return number
    }
    while let name = rest.popFirst() {
      switch name {
      case "--help", "-h": return nil
      case "--json": options.json = true
      case "--list": options.list = true
      case "--programs": options.programs = try number(of: name, in: 1...1_000_000_000)
      case "--rounds": options.rounds = try number(of: name, in: 1...1_000_000_000)
      case "--deadline": options.deadline = try number(of: name, in: 1...86_400)
      case "--minutes":
        let allowed = "a number above 0, up to 100000"
        let text = try value(of: name, allowed)
        guard let minutes = Double(text), minutes > 0, minutes <= 100_000 else {
          throw Mistake(message: "\(name) \(text): allowed is \(allowed)")
        }
        options.minutes = minutes
      case "--workers":
        let allowed = "numbers from 1 to 1024, with commas between them"
        let text = try value(of: name, allowed)
        let counts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        options.workers = counts.compactMap { $0 }.filter { (1...1024).contains($0) }
        if options.workers.count != counts.count { throw Mistake(message: "\(name) \(text): allowed are \(allowed)") }
      case "--seed":
        let allowed = "a number of 64 bits, decimal or hexadecimal (0x...)"
        let text = try value(of: name, allowed)
        let seed = text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
        guard let seed else { throw Mistake(message: "\(name) \(text): allowed is \(allowed)") }
        options.seed = seed
      default: throw Mistake(message: "\(name) is no option; see --help")
      }
    }
    if options.minutes == nil && options.programs == nil { options.minutes = 1 }
    return options
  }
}

/// Writes a line to standard error.
func complainToUser(_ line: String) { write(line + "\n", to: 2) }

/// Writes all of it, at once as far as the system lets.
func write(_ text: String, to descriptor: Int32) {
  var bytes = Array(text.utf8)[...]
  while !bytes.isEmpty {
    let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if count <= 0 { return }
    bytes = bytes.dropFirst(count)
  }
}

/// Seconds since some fixed moment.
func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func hexadecimal(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
