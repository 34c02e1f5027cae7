public import PinwheelTopology

/// How many workers a pool has, where they sit and how they wait: a plain value.
///
/// ```swift
/// var configuration = PoolConfiguration.environment   // PINWHEEL_* decide, …
/// configuration.workers = .exactly(4)                 // … but not this one
/// let pool = try ThreadPool(configuration)
/// ```
///
/// One rule says who wins: **what the program sets explicitly wins over the environment, and the environment over the
/// defaults** (and a file, if `PinwheelConfiguration` loads one, stands between environment and defaults). A property
/// counts as set once it is assigned, even to its default. `PoolConfiguration()` never looks at the environment.
///
/// Values are checked when a pool starts, by ``resolved()``; assigning never traps.
public struct PoolConfiguration: Sendable {
  /// How many workers, the caller's slot included. Default: one a usable core, but no more than the CPU quota keeps
  /// busy.
  public var workers: WorkerCount = .auto { didSet { origins[SettingKey.workers.name] = .api } }

  /// What a worker may be bound to. Default: each core is a place. Only matters if ``bind`` isn't `none`.
  public var places: Places = .cores { didSet { origins[SettingKey.places.name] = .api } }

  /// How many of ``places`` to use, from the first on, as in OpenMP's `cores(4)`; nil: all of them.
  public var placeLimit: Int? { didSet { origins[SettingKey.places.name] = .api } }

  /// How workers are spread over places. Default: nobody is bound.
  public var bind: Binding = .none { didSet { origins[SettingKey.bind.name] = .api } }

  /// Which CPU of its place a worker takes, where a place has several. Default: none, it floats within its place. Only
  /// matters if ``bind`` isn't `none`.
  public var order: OrderInPlace = .float { didSet { origins[SettingKey.order.name] = .api } }

  /// Which kinds of CPU workers use, on machines that mix fast and frugal ones. Default: all. Where it can't be told
  /// which are fast, all are used and a warning says so.
  public var kinds: CPUKindChoice = .all { didSet { origins[SettingKey.kinds.name] = .api } }

  /// How many hardware threads of a core workers use. Default: all. (With `auto` workers there is one a core anyway;
  /// `one` also keeps it from moving to the core's siblings.)
  public var smt: SMTChoice = .all { didSet { origins[SettingKey.smt.name] = .api } }

  /// The CPUs that workers leave to others. Default: none.
  public var reserve: Reservation = .nothing { didSet { origins[SettingKey.reserve.name] = .api } }

  /// Whether a process that MPI or Slurm has started as one of several on this machine keeps to an equal slice of it,
  /// if it was given the whole machine's affinity mask. Default: it does.
  public var ranks: RankPolicy = .auto { didSet { origins[SettingKey.ranks.name] = .api } }

  /// Whether the pool keeps off the cores of other pools and processes, and they off its own. Default: it doesn't. See
  /// <doc:PlacementAndConfiguration>.
  public var share: SharePolicy = .none { didSet { origins[SettingKey.share.name] = .api } }

  /// The directory in which pools that ``share`` claim cores, by one lock file a core; its path from the root on. Nil, the
  /// default: `pinwheel` in the user's runtime directory (`$XDG_RUNTIME_DIR`, else `/run/user/UID`), else
  /// `/tmp/pinwheel-UID`. It is made if it isn't there, but not the directories above it. To share with other users name
  /// one in which all of them may make files.
  public var claimsDirectory: String? { didSet { origins[SettingKey.claims.name] = .api } }

  /// Whether threads that wait park after a while or never. Default: they park, after ``spin``.
  public var wait: WaitPolicy = .passive { didSet { origins[SettingKey.wait.name] = .api } }

  /// How long an idle worker looks for work before it parks, if ``wait`` lets it park; zero parks at once, an hour is
  /// the most. Longer answers faster after a pause and burns more CPU. Default: 50 µs.
  public var spin: Duration = .microseconds(50) { didSet { origins[SettingKey.spin.name] = .api } }

  /// The size of a worker's stack in bytes, from 64 KiB to 4 GiB. Reserved, not committed. Default: 8 MiB.
  public var stackSize: Int = 8 << 20 { didSet { origins[SettingKey.stack.name] = .api } }

  /// How the kernel's scheduler treats workers. Default: as it treats the thread that starts the pool. If the kernel
  /// refuses it the pool does not start: ``PoolError/schedulingRefused(_:)``.
  public var scheduling: SchedulingClass = .inherited { didSet { origins[SettingKey.scheduling.name] = .api } }

  /// The workers' nice value, from -20 (first) to 19 (last), see `nice(2)`; nil, the default: that of the thread that starts
  /// the pool. Lower than that takes `CAP_SYS_NICE`, or an `RLIMIT_NICE` of at least 20 less the value; if the kernel
  /// refuses it the pool does not start: ``PoolError/schedulingRefused(_:)``. Means nothing to the realtime classes.
  public var nice: Int? { didSet { origins[SettingKey.nice.name] = .api } }

  /// Where the generators that choose victims start. The same seed gives the same order of choices, not the same
  /// schedule: threads are still the operating system's, unless ``determinism`` is set.
  public var seed: UInt64 = 1 { didSet { origins[SettingKey.seed.name] = .api } }

  /// How often the pool looks whether the machine gives it more or less CPUs or time by now, as by
  /// ``ThreadPool/refresh()``; zero: never. For containers that are resized while they run. One thread more, which sleeps
  /// in between. From 10 ms to an hour. Default: never.
  public var follow: Duration = .zero { didSet { origins[SettingKey.follow.name] = .api } }

  /// Set it to have the pool replay one schedule, which ``seed`` chooses: see <doc:ReplayingASchedule>. For finding
  /// bugs, not for speed: one thread runs at a time. Default: nil.
  public var determinism: Determinism?

  /// What the names of worker threads begin with; the worker's index follows. Linux shows 15 bytes of it.
  public var name = "pinwheel"

  /// Called on each worker's thread before its first job, with the worker's index.
  public var onWorkerStart: (@Sendable (_ worker: Int) -> Void)?

  /// Called on each worker's thread after its last job, with the worker's index.
  public var onWorkerStop: (@Sendable (_ worker: Int) -> Void)?

  /// Called with what a pool has to say, such as settings it had to ignore. May be called on any thread.
  public var onEvent: (@Sendable (PoolEvent) -> Void)?

  /// What was ignored when the settings were read. Filled by ``resolved()`` and by the initialisers that read settings.
  public internal(set) var warnings: [ConfigurationWarning] = []

  /// Who set which setting; those that nobody did are absent.
  var origins: [String: ConfigurationOrigin] = [:]

  /// Whether somebody has set it, the program or a text.
  func sets(_ key: SettingKey) -> Bool { origins[key.name] != nil }

  /// Whether ``resolved()`` has the environment still to read.
  var readsEnvironment = false

  /// The defaults. The environment isn't looked at: see ``environment``.
  public init() {}

  /// The defaults but for these. The environment isn't looked at.
  public init(workers: WorkerCount, places: Places = .cores, bind: Binding = .none) {
    // Through a function, so that the observers see them as set by the program.
    set(workers: workers, places: places, bind: bind)
  }

  private mutating func set(workers: WorkerCount, places: Places, bind: Binding) {
    self.workers = workers
    self.places = places
    self.bind = bind
  }
}

extension PoolConfiguration {
  /// One setting, for showing.
  public struct Setting: Hashable, Sendable {
    /// Its name, as in a file: `workers`.
    public var name: String
    /// Its value, as one would write it: `8`, `cores(4)`, `50us`.
    public var value: String
    /// Who set it.
    public var origin: ConfigurationOrigin
  }

  /// Every setting that a file or the environment could have set, in a fixed order, with its value and where it is
  /// from.
  public var settings: [Setting] {
    SettingKey.all.map { key in
      Setting(name: key.name, value: key.text(self), origin: origins[key.name] ?? .defaults)
    }
  }
}

extension PoolConfiguration {
  /// What these settings ask of a machine.
  public var placementRequest: PlacementRequest {
    var request = PlacementRequest(workers: workers, places: places, bind: bind, limit: placeLimit)
    request.order = order
    request.kinds = kinds
    request.smt = smt
    request.reserve = reserve
    request.ranks = ranks
    return request
  }

  /// Which worker goes where on `machine`: its plan for ``placementRequest``.
  ///
  /// - Throws: `TopologyError` if no CPU is left to place workers on.
  public func plan(on machine: Machine) throws(TopologyError) -> PlacementPlan {
    try machine.plan(placementRequest)
  }

  /// The same beside cores that others have claimed, if these settings ``share`` the machine; else as without claims.
  ///
  /// - Throws: What ``plan(on:)`` throws.
  public func plan(on machine: Machine, beside claims: [CoreClaim]) throws(TopologyError) -> PlacementPlan {
    share == .machine ? try machine.plan(placementRequest, beside: claims) : try plan(on: machine)
  }
}
