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
  /// Not at the first chance, so that the fault comes amid others' work; counters are looked at three times a fleet.
  private static let after = planted == .counter ? 3 : 1000

  /// True once, some time after the start, if this is the planted fault.
  static func strikes(_ fault: Fault) -> Bool {
    guard planted == fault else { return false }
    return chances.wrappingAdd(1, ordering: .relaxed).newValue == after
  }
}
