import Foundation
import PeerComparison
import PinwheelWorkloads

/// One comparison: the machine, the families, what is measured besides, the verdict. What is known is printed at once.
struct Session {
  var programs: [Comparison.Program]
  var families: [Family]
  var extras: [Extra]
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
    progress.clear()
    print(TextReport.head(report).joined(separator: "\n"))
    print("peers: \(programs.map(\.peer).joined(separator: ", "))")

    let comparison = Comparison(
      programs, options, roundsPerNanosecond: report.yardsticks.roundsPerNanosecond, onStep: progress.show)
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
    }
    measureExtras(comparison, &report, progress)
    report.versions = comparison.versions
    report.scores = Scorecard.scores(report.families)
    report.problems = comparison.problems
    emit(TextReport.scorecard(report.scores))
    emit(Scorecard.verdict(report.families))
    if !report.problems.isEmpty { emit(["problems:"] + report.problems.map { "  \($0)" }) }
    emit(["took \(Text.time((ContinuousClock.now - start) / .seconds(1)))"])

    try write(Data(report.json().utf8), to: jsonFile)
    try write(Data(HTMLReport.page(report).utf8), to: htmlFile)
    return report.problems.count
  }

  private func measureExtras(_ comparison: Comparison, _ report: inout Report, _ progress: Progress) {
    for extra in extras {
      switch extra {
      case .oversubscribed:
        report.oversubscribed = report.families.flatMap { comparison.measureOversubscribed($0) }
        progress.clear()
        emit(TextReport.slowdowns(report.oversubscribed, fair: comparison.fairSlowdown))
      case .memory:
        report.memory = report.families.flatMap { comparison.measureMemory($0) }
        progress.clear()
        emit(TextReport.memory(report.memory))
      case .scaling:
        report.scaling = report.families.flatMap { comparison.measureScaling($0) }
        progress.clear()
        emit(TextReport.scaling(report.scaling))
      case .start:
        report.starts = comparison.measureStarts()
        progress.clear()
        emit(TextReport.starts(report.starts))
      }
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
      try data.write(to: URL(filePath: file))
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
