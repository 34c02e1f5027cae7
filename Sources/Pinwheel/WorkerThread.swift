import CPinwheel
import Glibc
import PinwheelTopology

/// A worker's thread.
struct WorkerThread: @unchecked Sendable {
  // SAFETY: both stay valid until the thread is joined, which nobody does who may still use them (`Crew.isEnding`).
  let handle: pthread_t
  let pin: OpaquePointer
  /// What it is bound to; nil: to nothing, as far as anybody has seen to it.
  private(set) var place: CPUSet?
  /// What it has been let run on; nil: it has what the process has.
  private(set) var reach: CPUSet?
  /// How it has been scheduled; at first as the thread that started it had it, whoever that was.
  var scheduling: Scheduling
  /// By which whoever started it let it wait, if it has come later.
  let hold: Hold?

  /// - Parameter reach: Where it goes by itself when it starts.
  init(handle: pthread_t, pin: OpaquePointer, place: CPUSet?, reach: CPUSet?, hold: Hold? = nil) {
    (self.handle, self.pin, self.place, self.reach, self.hold) = (handle, pin, place, reach, hold)
    scheduling = Scheduling(of: Self.number(of: handle))
  }

  var number: pid_t { Self.number(of: handle) }

  /// The kernel's number of a thread, as soon as it is started: that of its CPU clock has it (clock_getcpuclockid(3)),
  /// complemented, above three bits of the clock's own.
  private static func number(of handle: pthread_t) -> pid_t {
    var clock = clockid_t()
    pthread_getcpuclockid(handle, &clock)
    return ~(clock >> 3)
  }

  /// Whether it is not where it is to be: at its place, or, if it has none, within these CPUs.
  func isElsewhere(than place: CPUSet?, within usable: CPUSet) -> Bool {
    place != self.place || place == nil && reach != nil && reach != usable
  }

  /// It has been told to go there. If the kernel has refused that it still is where it was, which the next attempt must
  /// know: so what is refused is tried again the next time.
  mutating func note(_ place: CPUSet?, within usable: CPUSet, isRefused: Bool) {
    self.place = isRefused ? nil : place
    if !isRefused { reach = place ?? usable }
  }

  /// It was to go to its place by itself when it started, and the kernel has refused that.
  mutating func noteRefusedStart() { (place, reach) = (nil, nil) }

  func join() {
    pthread_join(handle, nil)
    pw_pin_destroy(pin)
  }
}
