import Pinwheel
import PinwheelTopology
import Synchronization
import Testing

/// What a pool tells of its start, and of the CPUs that it leaves alone.
@Suite(.timeLimit(.minutes(1)))
struct StartTests {
  private final class Said: Sendable {
    private let kept = Mutex<[PoolEvent]>([])
    var events: [PoolEvent] { kept.withLock { $0 } }
    func add(_ event: PoolEvent) { kept.withLock { $0.append(event) } }
  }

  @Test func theStartComesFirstAndHasTheWarningsThatFollow() throws {
    let said = Said()
    var configuration = PoolConfiguration(workers: .exactly(2))
    configuration.places = .sockets
    configuration.name = "crew"
    configuration.onEvent = { said.add($0) }
    let pool = try ThreadPool(configuration)
    defer { try? pool.shutdown() }
    guard case .started(let start)? = said.events.first else {
      Issue.record("the first event is \(String(describing: said.events.first))")
      return
    }
    #expect(start.name == "crew")
    #expect(start.workers == 2)
    #expect(start.places == "sockets")
    #expect(start.bind == .none)
    #expect(start.waiting == pool.waiting)
    #expect(start.warnings.contains(.configuration(.placesWithoutBinding("sockets"))))
    #expect(Array(said.events.dropFirst()) == start.warnings)
    #expect(said.events[0].description.hasPrefix("2 workers (2 asked for), bind none, wait passive"))
  }

  @Test func placementHasThePlansUnusedCPUs() throws {
    let machine = try Machine.current()
    var configuration = PoolConfiguration(workers: .exactly(1), bind: .close)
    if machine.usable.count > 1, let last = machine.usable.last { configuration.reserve = .cpus([last]) }
    let pool = try ThreadPool(configuration)
    defer { try? pool.shutdown() }
    let plan = try configuration.plan(on: machine)
    #expect(pool.placement.unused == plan.unused)
    // Seats and unused CPUs are the whole machine.
    let seated = pool.placement.seats.reduce(CPUSet()) { $0.union($1.place) }
    let unused = CPUSet(pool.placement.unused.map(\.osIndex))
    #expect(seated.union(unused) == machine.present.union(machine.allowed))
    #expect(seated.intersection(unused).isEmpty)
    if machine.usable.count > 1, let last = machine.usable.last {
      #expect(pool.placement.unused.contains(UnusedCPU(osIndex: last, reason: .reserved)))
    }
  }
}
