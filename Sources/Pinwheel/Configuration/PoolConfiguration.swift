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

  /// Whether threads that wait park after a while or never. Default: they park, after ``spin``.
  public var wait: WaitPolicy = .passive { didSet { origins[SettingKey.wait.name] = .api } }

  /// How long an idle worker looks for work before it parks, if ``wait`` lets it park; zero parks at once, an hour is
  /// the most. Longer answers faster after a pause and burns more CPU. Default: 50 µs.
  public var spin: Duration = .microseconds(50) { didSet { origins[SettingKey.spin.name] = .api } }

  /// The size of a worker's stack in bytes, from 64 KiB to 4 GiB. Reserved, not committed. Default: 8 MiB.
  public var stackSize: Int = 8 << 20 { didSet { origins[SettingKey.stack.name] = .api } }

  /// Where the generators that choose victims start. The same seed gives the same order of choices, not the same
  /// schedule: threads are still the operating system's, unless ``determinism`` is set.
  public var seed: UInt64 = 1 { didSet { origins[SettingKey.seed.name] = .api } }

  /// How often the pool looks whether the machine gives it more or less CPUs or time by now, as by
  /// ``ThreadPool/refresh()``; zero: never. For containers that are resized while they run. One thread more, which sleeps
  /// in between; 10 ms at least. Default: never.
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
  /// Which worker goes where on `machine`: its plan for ``workers``, ``places`` and ``bind``, of which only the first
  /// ``placeLimit`` places are used.
  ///
  /// - Throws: `TopologyError` if no CPU is left to place workers on.
  public func plan(on machine: Machine) throws(TopologyError) -> PlacementPlan {
    try machine.plan(workers: workers, places: places, bind: bind, limit: placeLimit)
  }
}
