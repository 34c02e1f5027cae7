import Foundation
import PeerComparison
import PinwheelWorkloads

/// One comparison: the machine, the families, what is measured besides, the verdict. What is known is printed at once.
struct Session {
  var programs: [Comparison.Program]
  var families: [Family]
  var extras: [Extra]
  /// Peers that are not there, and why.
  var absent: [String]
  var jsonFile: String?
  var htmlFile: String?

  /// - Parameter settle: Sets the options that the user has chosen.
  /// - Returns: How many problems there were.
  func run(settle: (inout Options) -> Void) throws -> Int {
    // What cannot be written should not be found out after minutes of measuring.
    for file in [jsonFile, htmlFile] { try write(Data(), to: file) }
    endChildrenOnSignals()
    let machine = try MachineFacts.current()
    var options = Options(workers: machine.usableCPUCount)
    settle(&options)
    let progress = Progress()
    progress.show("measuring the machine")
    var report = Report(machine: machine, options: options, yardsticks: try .measure(cpus: usableCPUs))
    report.absent = absent
    progress.clear()
    print(TextReport.head(report).joined(separator: "\n"))
    print(
      (["peers: \(programs.map(\.peer).joined(separator: ", "))"] + TextReport.absent(report)).joined(separator: "\n"))

    let comparison = Comparison(
      programs, options, roundsPerNanosecond: report.yardsticks.roundsPerNanosecond, cpus: usableCPUs,
      onStep: progress.show)
    defer { comparison.end() }
    let start = ContinuousClock.now
    for family in families {
      guard let result = comparison.measure(family) else {
        progress.note("\(family.name): nobody can")
        continue
      }
      report.families.append(result)
      progress.clear()
      emit(TextReport.table(result, report.yardsticks))
      saveSoFar(&report, comparison, progress)
    }
    measureExtras(comparison, &report, progress)
    report.isComplete = true
    conclude(&report, comparison)
    emit(TextReport.targets(report.targets))
    emit(TextReport.scorecard(report.scores))
    emit(Scorecard.verdict(report.families))
    if !report.problems.isEmpty { emit(["problems:"] + report.problems.map { "  \($0)" }) }
    emit(["took \(Text.time((ContinuousClock.now - start) / .seconds(1)))"])
    try write(Data(report.json().utf8), to: jsonFile)
    try write(Data(HTMLReport.page(report).utf8), to: htmlFile)
    return report.problems.count
  }

  private func conclude(_ report: inout Report, _ comparison: Comparison) {
    report.versions = comparison.versions
    report.scores = Scorecard.scores(report.families)
    report.targets = Targets.all(report)
    report.problems = comparison.problems
  }

  /// A run takes long, and whoever ends it early keeps what it has found. A pipe or a terminal takes the whole at the end.
  private func saveSoFar(_ report: inout Report, _ comparison: Comparison, _ progress: Progress) {
    conclude(&report, comparison)
    do {
      if isRegular(jsonFile) { try write(Data(report.json().utf8), to: jsonFile) }
      if isRegular(htmlFile) { try write(Data(HTMLReport.page(report).utf8), to: htmlFile) }
    } catch {
      // The next time, or at the end, it may go better.
      progress.note("\(error)")
    }
  }

  private func isRegular(_ file: String?) -> Bool {
    guard let file, let found = try? FileManager.default.attributesOfItem(atPath: target(of: file).path) else {
      return false
    }
    return found[.type] as? FileAttributeType == .typeRegular
  }

  private func target(of file: String) -> URL { URL(filePath: file).resolvingSymlinksInPath() }

  private func measureExtras(_ comparison: Comparison, _ report: inout Report, _ progress: Progress) {
    for extra in extras {
      let chosen = extra.families(among: families, isQuick: report.options.isQuick)
      for family in chosen {
        guard let result = report.families.first(where: { $0.name == family.name }) else { continue }
        switch extra {
        case .oversubscribed: report.oversubscribed += comparison.measureOversubscribed(result, family)
        case .memory: report.memory += comparison.measureMemory(result, family)
        case .scaling: report.scaling += comparison.measureScaling(result, family)
        case .copies: report.copies += comparison.measureCopies(result, family).map { [$0] } ?? []
        }
      }
      progress.clear()
      switch extra {
      case .oversubscribed:
        emit(TextReport.slowdowns(report.oversubscribed, fair: Comparison.fairSlowdown(report.options)))
      case .memory: emit(TextReport.memory(report.memory))
      case .scaling: emit(TextReport.scaling(report.scaling, workers: report.options.workers))
      case .copies: emit(TextReport.copies(report.copies))
      }
      saveSoFar(&report, comparison, progress)
    }
  }

  private func emit(_ lines: [String]) {
    if lines.isEmpty { return }
    print(([""] + lines).joined(separator: "\n"))
    fflush(nil)
  }

  private func write(_ data: Data, to file: String?) throws(UsageError) {
    guard let file else { return }
    do {
      try data.write(to: target(of: file), options: isRegular(file) ? .atomic : [])
    } catch {
      throw UsageError("cannot write \(file): \(error.localizedDescription)")
    }
  }
}

/// Says on standard error what is being measured, in one line that changes, if that is a terminal.
struct Progress {
  private let isTerminal = isatty(STDERR_FILENO) == 1

  func show(_ step: String) {
    if isTerminal {
      write("\r\u{1B}[K\(step)")
    } else if step.hasPrefix("problem") {
      note(step)
    }
  }

  /// Says something that stays.
  func note(_ text: String) { write((isTerminal ? "\r\u{1B}[K" : "") + text + "\n") }

  func clear() { if isTerminal { write("\r\u{1B}[K") } }

  private func write(_ text: String) {
    fflush(nil)
    FileHandle.standardError.write(Data(text.utf8))
  }
}
