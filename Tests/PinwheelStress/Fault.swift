import Glibc
import Synchronization

/// A fault of this program's own, planted by `PINWHEEL_STRESS_FAULT`, to show that its checks see it: `.ci/soak
/// --self-check` goes through them all.
enum Fault: String, CaseIterable {
  case lostJob = "lost-job"
  case doubledJob = "doubled-job"
  case changedResult = "changed-result"
  case wrongError = "wrong-error"
  case keptBox = "kept-box"
  case trespass
  case twoHolders = "two-holders"
  case skippedBarrier = "skipped-barrier"
  case hastyBatch = "hasty-batch"
  case wrongReport = "wrong-report"
  case counter
  case memory
  case thread
  case descriptor
  case hang

  static let planted: Fault? = {
    // SAFETY: getenv's string is copied at once.
    guard let name = getenv("PINWHEEL_STRESS_FAULT") else { return nil }
    return Fault(rawValue: String(cString: name))
  }()

  private static let chances = Atomic<Int>(0)
  /// Not at each chance, so that the fault comes amid others' work. Errors, barriers, batches and reports are rarer than
  /// jobs, and counters are looked at three times a fleet.
  private static let every =
    switch planted {
    case .counter: 3
    case .wrongError, .skippedBarrier, .hastyBatch, .wrongReport: 20
    default: 1000
    }

  /// True now and then, if this is the planted fault. (More than once, since an error may be one that nobody gets.)
  static func strikes(_ fault: Fault) -> Bool {
    guard planted == fault else { return false }
    return chances.wrappingAdd(1, ordering: .relaxed).newValue % every == 0
  }
}
