extension ThreadPool {
  /// The NUMA nodes, by the operating system's numbers, on which workers of this pool sit by now, each on that node
  /// alone; ascending. Empty if its workers are bound to nothing.
  public var nodes: [Int] { crew.nodes }

  /// A pool of this pool's workers on one NUMA node, for work that shall stay beside its memory.
  ///
  /// ```swift
  /// let near = try pool.arena(of: 1)
  /// near.parallelFor(0..<rows.count) { relax(rows[$0]) }  // on node 1
  /// pool.parallelFor(0..<files.count) { index(files[$0]) }  // meanwhile, on all others
  /// ```
  ///
  /// It is a ``ThreadPool`` like others. For as long as it lives the pool has fewer workers by those, so that together they
  /// never have more than the pool had: one budget, divided. Who is left sits where it sat, on other CPUs than the arena's
  /// workers, unless workers shared CPUs before (more of them than places, `bind: primary`, places that overlap). When the
  /// arena is shut down, or its last reference is dropped, the pool gets its workers and places back (if the system refuses
  /// a thread for that, at the next ``refresh()``; ``PoolEvent/notApplied(_:)`` says so). ``workerCount``, ``placement``
  /// and ``nodes`` of both say what is so by now.
  ///
  /// The pool keeps at least one worker, for callers and for what is submitted to it. If an arena would take all that is
  /// left, the last worker of the node stays with the pool: so on a machine with one node the arena has all workers but
  /// one. Workers whose place reaches over several nodes belong to none, and stay as well.
  ///
  /// Settings, the pool's name (`-n` and the node's number are added), hooks and events are the pool's.
  /// ``apply(_:)``, ``refresh()`` and ``PoolConfiguration/follow`` of the pool go on meaning all workers, those in arenas
  /// too: all are planned anew, each arena gets those on its node, and follows; ``Change/arenas`` says what became of it. A change that would leave an arena without
  /// a worker is refused (``ArenaError/leftWithout(node:)``). An arena itself refuses them, and has no arenas. Cores that
  /// the pool has claimed (`share: machine`) stay claimed, and ``Placement/claimed`` tells who of them has which.
  ///
  /// What the pool's workers run at that moment they finish first, and so does an arena that ends.
  /// An arena may outlive its pool.
  ///
  /// May be called from any thread, inside of jobs too.
  ///
  /// Source of the idea: oneTBB's `task_arena` with a NUMA constraint, whose arenas share the workers of one market.
  ///
  /// - Parameter node: The operating system's number, as in `numactl --hardware` and `pinwheel topology`.
  /// - Throws: ``PoolError/arena(_:)`` if there is no such node, none of the workers is on it, or it has an arena; and as
  ///   ``apply(_:)``. Then nothing has changed.
  /// - Cost: As a pool of so many workers, and an ``apply(_:)``; its end the same.
  public func arena(of node: Int) throws(PoolError) -> ThreadPool { ThreadPool(try crew.lend(node)) }
}
