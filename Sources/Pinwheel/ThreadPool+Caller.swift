import CPinwheel
import PinwheelTopology

extension ThreadPool {
  /// Runs `body` with the calling thread bound to a worker's place, so that each call of this pool in it takes that
  /// worker's slot, if it is idle.
  ///
  /// ```swift
  /// pool.withCallerBound {
  ///   for _ in 0..<steps { pool.parallelFor(0..<cells, schedule: .static) { relax($0) } }
  /// }
  /// ```
  ///
  /// A thread from outside that calls the pool takes the slot of the CPU that it happens to be on, and does that slot's
  /// part of the work. Nobody binds it, so the operating system may move it between two calls: then it takes another
  /// slot, and its part is that of another worker, whose data is in other caches; or, in the midst of a call, it is
  /// moved to a CPU of a worker that is busy. In `body` it stays where the worker would be which stands down for it.
  /// Worth it for series of calls by one thread, on pools whose workers are bound.
  ///
  /// Afterwards the thread has the affinity that it had before, also if `body` throws, and in the midst of another such
  /// call, of this pool or of another. What `body` itself sets is gone by then. If no CPU is left of what it had, it may
  /// run wherever the kernel lets it.
  ///
  /// It never fails. `body` runs all the same, with nothing changed, if
  /// - the workers are bound to nothing, or there is no worker of that number,
  /// - the thread is a worker, of this pool or of another, or is inside of a pool's call: then it has its slot already,
  /// - the pool has been shut down, or this is a forked child,
  /// - the kernel refuses.
  ///
  /// If workers share CPUs, because there are more of them than places or because places overlap, a caller takes the slot
  /// of the first of them that is idle. If the pool changes meanwhile (``apply(_:)``, ``refresh()``, ``arena(of:)``) the
  /// thread stays where it was bound to until the call ends.
  ///
  /// Threads and programs that are started in `body` inherit the binding, as they do from any bound thread: so start
  /// other pools before. From the end of the call on the kernel takes the affinity for one that was asked for: as of
  /// Linux 6.2 a thread that had all CPUs of its cpuset does not get those that are added to it later.
  ///
  /// May be called from any thread; what it changes is the calling one's. Several may be bound to the same place, and
  /// only one of them gets the slot.
  ///
  /// Source of the idea: OpenMP, whose primary thread has a place of its own, the first, in every parallel region
  /// (`OMP_PROC_BIND`, `OMP_PLACES`).
  ///
  /// - Parameters:
  ///   - worker: Whose place, a number below ``workerCount``.
  ///   - body: Called once, on the calling thread.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws, nothing else.
  /// - Cost: Three system calls: what the affinity is, and two that change it. If the thread is on another CPU it is
  ///   moved at once, which takes the kernel some microseconds.
  public func withCallerBound<R, E: Error>(to worker: Int = 0, _ body: () throws(E) -> R) throws(E) -> R {
    guard let place = placeOfCaller(worker), let former = CallerAffinity(bindingTo: place) else { return try body() }
    defer { former.restore() }
    return try body()
  }

  /// Where the caller is to be; nil: wherever it is.
  private func placeOfCaller(_ worker: Int) -> CPUSet? {
    // A worker's affinity is its pin's, which others may change meanwhile. Whoever holds a slot has a worker's part
    // already; and in a worker's hooks, and where a call runs on its caller alone, there is none to be had.
    guard state == .running, pw_current() == nil, !isRefused else { return nil }
    return crew.state.read { now in
      let seats = now.placement.seats
      guard seats.indices.contains(worker), now.plan.binds(on: now.machine) else { return nil }
      return seats[worker].placeIndex == nil ? nil : seats[worker].place
    }
  }

  /// Whether calls of some pool run on this thread alone.
  private var isRefused: Bool {
    let refused = pw_refuse(nil)
    _ = pw_refuse(refused)
    return refused != nil
  }
}

/// What the calling thread was allowed to run on before it was bound.
private struct CallerAffinity {
  private let words: [UInt64]

  /// Binds the calling thread to these CPUs; nil: refused, and nothing has changed.
  init?(bindingTo place: CPUSet) {
    // As long as any kernel's set, which refuses to tell what does not fit.
    var words = [UInt64](repeating: 0, count: Int(PW_MOST_CPUS) / 64)
    let mask = place.affinityMask
    guard pw_affinity_get(&words, UInt32(words.count)) == 0, pw_affinity_set(mask, UInt32(mask.count)) == 0 else {
      return nil
    }
    self.words = words
  }

  func restore() {
    if pw_affinity_set(words, UInt32(words.count)) == 0 { return }
    // None of these CPUs is left. The place is nothing that the thread has asked for, so it gets what there is.
    let all = [UInt64](repeating: .max, count: words.count)
    _ = pw_affinity_set(all, UInt32(all.count))
  }
}
