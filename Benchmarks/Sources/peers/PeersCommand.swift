import ArgumentParser
import Foundation
import PeerComparison

/// Compares runtimes on this machine, side by side in one run.
@main
struct PeersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peers",
    abstract: "Compare Pinwheel with other runtimes on this machine.",
    discussion: """
      Every runtime is a program of its own (peer-NAME). All are started, and stand still but for the one that is being \
      measured; they run in turn, and every result is checked against that of a serial program. Takes some half an hour \
      on two cores with all peers; with --quick, three to four; with --full, hours.

      Exit status: 0 when all went well, 1 when a peer failed or computed something wrong, 2 when nothing was measured.
      """)

  @Option(help: "Only these, separated by commas: families ('fib'), beginnings ('loop.grain*'), groups ('fork-join').")
  var families = ""

  @Option(
    help:
      "Only these of what is measured besides: oversubscribed, memory, scaling, copies; or none (default: all that fit the families)."
  )
  var extras: String?

  @Option(
    help: ArgumentHelp("Sizes of families, in place of those that fit the budget: fib=39,skynet=7.", valueName: "sizes")
  )
  var sizes = ""

  @Flag(help: "Sizes as they are published elsewhere: \(FamilyCatalog.fullSizes). --sizes goes before.")
  var full = false

  @Option(help: "Only these peers, separated by commas; pinwheel is what the others are compared with.")
  var peers = ""

  @Option(help: ArgumentHelp("Where more peers are (default: where build-peers leaves them).", valueName: "dir"))
  var peersFolder: String?

  @Option(help: "Workers, the caller's thread included (default: one a usable CPU).")
  var workers: Int?

  @Option(help: ArgumentHelp("Seconds that one run should take (default: 0.05; with --quick: 0.01).", valueName: "s"))
  var budget: Double?

  @Option(help: "How often each is measured (default: 5; with --quick: 3).")
  var rounds: Int?

  @Option(help: "How many processes of each peer share the rounds of a family (default: 3; with --quick: 1).")
  var processes: Int?

  @Option(help: ArgumentHelp("Seconds after which a peer that does not answer is given up.", valueName: "s"))
  var deadline = 30.0

  @Flag(help: "Short runs and few rounds: a look, not a measurement.")
  var quick = false

  @Flag(inversion: .prefixedNo, help: "Bind workers to CPUs where the runtime can.")
  var pin = true

  @Option(help: ArgumentHelp("Write everything to this file as JSON.", valueName: "file"))
  var json: String?

  @Option(help: ArgumentHelp("Write the charts and the scorecard to this file as one web page.", valueName: "file"))
  var html: String?

  func validate() throws {
    if let workers, !(1...4096).contains(workers) {
      throw ValidationError("--workers takes 1 to 4096, not \(workers).")
    }
    if let budget, !(0.0001...60).contains(budget) {
      throw ValidationError("--budget takes 0.0001 to 60 seconds, not \(budget).")
    }
    if let rounds, !(1...1000).contains(rounds) { throw ValidationError("--rounds takes 1 to 1000, not \(rounds).") }
    if let processes, !(1...1000).contains(processes) {
      throw ValidationError("--processes takes 1 to 1000, not \(processes).")
    }
    if !(0.1...3600).contains(deadline) {
      throw ValidationError("--deadline takes 0.1 to 3600 seconds, not \(deadline).")
    }
    do {
      _ = try chosenExtras(for: try chosenFamilies)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func run() throws {
    do {
      let folder = peersFolder ?? PeerPrograms.defaultFolder(executable: Self.executable)
      let found = try PeerPrograms.find(in: [
        (path: Self.folder(of: Self.executable), mustExist: true), (path: folder, mustExist: peersFolder != nil),
      ])
      let families = try chosenFamilies
      let session = Session(
        programs: try PeerPrograms.select(words(peers), of: found), families: families,
        extras: try chosenExtras(for: families),
        // Of those that the user has not asked for, nobody wants to know.
        absent: words(peers).isEmpty ? PeerPrograms.absent(from: found, in: folder) : [], jsonFile: json, htmlFile: html
      )
      let problems = try session.run { options in
        options.pins = pin
        options.isQuick = quick
        options.budget = budget ?? (quick ? 0.01 : 0.05)
        options.rounds = rounds ?? (quick ? 3 : 5)
        options.processes = processes ?? (quick ? 1 : 3)
        options.deadline = deadline
        if let workers { options.workers = workers }
      }
      if problems > 0 { throw ExitCode(1) }
    } catch let mistake as UsageError {
      FileHandle.standardError.write(Data("error: \(mistake.description)\n".utf8))
      throw ExitCode(2)
    }
  }

  private var chosenFamilies: [Family] {
    get throws(UsageError) {
      let families = try FamilyCatalog.select(words(families))
      let usual = full ? words(FamilyCatalog.fullSizes) : []
      return try FamilyCatalog.resize(
        try FamilyCatalog.resize(families, usual, isUsersList: false), words(sizes), isUsersList: true)
    }
  }

  private func chosenExtras(for families: [Family]) throws(UsageError) -> [Extra] {
    guard let extras else { return try Extra.select(nil, for: families, isQuick: quick) }
    var chosen: [Extra] = []
    for word in words(extras) where word != "none" {
      guard let extra = Extra(rawValue: word) else {
        let known = Extra.allCases.map(\.rawValue).joined(separator: ", ")
        throw UsageError("--extras knows \(known) and none, not '\(word)'")
      }
      chosen.append(extra)
    }
    return try Extra.select(chosen, for: families, isQuick: quick)
  }

  private func words(_ list: String) -> [String] {
    list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  private static let executable =
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }
}
