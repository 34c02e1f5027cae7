#if Tools
  import ArgumentParser
  import Foundation
  import PinwheelWorkloads

  struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "bench",
      abstract: "Measure the pool against serial Swift, Dispatch and task groups.",
      discussion: """
        Every engine computes the same checked results, in turn within one process. Serial and pool run each workload's \
        full size, the others the largest size that one run of theirs finishes in about two seconds; all are compared \
        by operation. Takes up to four minutes on two cores; with --quick, well under one.
        """)

    @OptionGroup var settings: SettingsOptions

    @Option(help: "Only these workloads, separated by commas: fib, skynet, nqueens, matmul, mergesort, wordcount.")
    var workloads = ""

    @Flag(help: "Small sizes and few rounds: a look, not a measurement.")
    var quick = false

    @Option(
      name: .customLong("repeat"), help: "Rounds to measure (default: 5, or 3 of what takes long; with --quick: 3).")
    var rounds: Int?

    @Option(help: ArgumentHelp("The folder whose files' words are counted.", valueName: "dir"))
    var input = "/usr/include"

    @Option(help: ArgumentHelp("Write the results to this file as JSON too.", valueName: "file"))
    var json: String?

    func validate() throws {
      try requirePath(json, of: "--json")
      try requirePath(input, of: "--input")
      if let rounds, !(1...1000).contains(rounds) { throw ValidationError("--repeat takes 1 to 1000, not \(rounds).") }
      do {
        _ = try selection
      } catch {
        throw ValidationError("\(error)")
      }
    }

    func run() throws {
      let configuration = try settings.resolve()
      let session = BenchSession(
        configuration: configuration, workloads: try selection, rounds: rounds, isQuick: quick)
      do {
        // What can't be read or written should not be found out after minutes of measuring.
        try checkFolder()
        let file = json.map { OutputFile($0) }
        let report = try session.run { lines in Console.show(lines.map { $0 + "\n" }.joined()) }
        file?.replace(with: String(decoding: try report.json(), as: UTF8.self))
      } catch let mistake as WorkloadError {
        Console.fail(mistake.description)
      }
    }

    /// Looks whether there is something to count words in, if that is among what is measured.
    private func checkFolder() throws(WorkloadError) {
      for case let wordCount as WordCount in try selection { _ = try wordCount.prepare(size: 1) }
    }

    private var selection: [any Workload] {
      get throws(WorkloadError) {
        let names = workloads.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        return try WorkloadCatalog.select(names, wordCountFolder: input)
      }
    }
  }
#endif
