import CPinwheel
import Glibc
import PinwheelTopology

/// Threads as Linux gives them: a stack size, a name, an affinity.
enum Thread {
  struct Refusal: Error { var errno: Int32 }

  /// The stack's guard, reserved below it: a frame that is smaller cannot step over it unseen.
  static let guardSize = 64 << 10

  /// The stack of threads that are no workers: as much as a main thread has. Reserved, not committed. Less would do for
  /// most, but the C library hands the stack of a thread that has ended on to one that asks for no less than a quarter of
  /// it: to a worker, whose own setting would then not be what it runs on.
  static let helperStackSize = 8 << 20

  /// What a worker does not block. The first seven are a thread's own faults, which end the process anyway, but past
  /// the handlers of crash reporters if they are blocked; profilers sample the thread that SIGPROF reaches. All others
  /// stay with the application's own threads.
  static let openSignals = [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGPROF]

  /// Starts a thread that runs `body`, with ``openSignals`` open. What else a thread inherits, it inherits from the
  /// caller, or, if that is a worker itself, from the process.
  static func start(
    stackSize: Int, _ body: @escaping @Sendable () -> Void
  ) -> Result<pthread_t, Refusal> {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    let page = Int(getpagesize())
    pthread_attr_setstacksize(&attributes, (max(stackSize, 1 << 16) + page - 1) / page * page)
    pthread_attr_setguardsize(&attributes, guardSize)
    final class Start {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    // SAFETY: the reference is passed on to the thread, which takes it over; if there is none, it is dropped below.
    let start = Unmanaged.passRetained(Start(body))
    // A worker that handled the application's signals would run its handlers on a stack and a CPU of the pool's.
    var blocked = sigset_t()
    var before = sigset_t()
    sigfillset(&blocked)
    for signal in openSignals { sigdelset(&blocked, signal) }
    var thread = pthread_t()
    let refused = ThreadPool.withProcessAttributes {
      pthread_sigmask(SIG_SETMASK, &blocked, &before)
      defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
      return pthread_create(
        &thread, &attributes,
        { argument in
          if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body() }
          return nil
        }, start.toOpaque())
    }
    if refused != 0 {
      start.release()
      return .failure(Refusal(errno: refused))
    }
    return .success(thread)
  }

  /// Names the calling thread `name-index`, cut so that the index shows in the 15 bytes that Linux keeps.
  static func setName(_ name: String, index: Int) {
    let suffix = "-\(index)"
    var room = 15 - suffix.utf8.count
    var prefix = ""
    for character in name {
      room -= character.utf8.count
      if room < 0 { break }
      prefix.append(character)
    }
    pw_set_thread_name(prefix + suffix)
  }
}

/// Threads' CPU affinity, in sets of any size.
enum Affinity {
  /// Lets a worker run on these CPUs and nowhere else. Returns the `errno` of a refusal.
  static func pin(_ thread: WorkerThread, to cpus: CPUSet, isBound: Bool) -> Int32? {
    let words = cpus.affinityMask
    let refusal = pw_pin_set(thread.pin, thread.handle, words, UInt32(words.count), isBound)
    return refusal == 0 ? nil : refusal
  }

  /// Says where a thread that is not started yet is to go by itself.
  static func note(_ cpus: CPUSet, in pin: OpaquePointer) {
    let words = cpus.affinityMask
    pw_pin_note(pin, words, UInt32(words.count))
  }

  /// The CPUs that a thread may run on, the calling one or one that nobody joins meanwhile.
  static func current(of thread: pthread_t) -> CPUSet { read { pw_pin_get(thread, $0, $1) } }

  /// The CPUs that a worker may run on: its own, also while it goes by the process's affinity
  /// (``ThreadPool/withProcessAttributes(_:)``), which says nothing about where the worker belongs.
  static func current(of thread: WorkerThread) -> CPUSet {
    read { pw_pin_look(thread.pin, thread.handle, $0, $1) }
  }

  private static func read(_ look: (UnsafeMutablePointer<UInt64>, UInt32) -> Int32) -> CPUSet {
    // The kernel answers EINVAL while the set given is smaller than its own.
    var words = [UInt64](repeating: 0, count: 16)
    while look(&words, UInt32(words.count)) == EINVAL, words.count < 1 << 16 {
      words = [UInt64](repeating: 0, count: 2 * words.count)
    }
    var cpus: [Int] = []
    for index in words.indices {
      var word = words[index]
      while word != 0 {
        cpus.append(index * 64 + word.trailingZeroBitCount)
        word &= word - 1
      }
    }
    return CPUSet(cpus)
  }
}
