import Pinwheel
import PinwheelTopology
import Testing

/// Placement policies on workers that really run: what the kernel says of each. On a machine with one usable CPU there is
/// nothing to choose.
@Suite("Policies of running pools", .timeLimit(.minutes(1)))
struct PolicyPoolTests {
  private func usable() throws -> [Int] {
    let machine = try Machine.current()
    return machine.source == .real ? Array(machine.usable) : []
  }

  @Test("reserved CPUs are kept free by workers that are bound to nothing")
  func reservedAndUnbound() throws {
    let cpus = try usable()
    guard cpus.count > 1 else { return }
    var configuration = PoolConfiguration(workers: .exactly(3))
    configuration.reserve = .cpus([cpus[0]])
    let pool = try ThreadPool(configuration)
    for seat in pool.placement.seats {
      #expect(seat.place == CPUSet(cpus.dropFirst()))
      #expect(seat.allowed == seat.place)
      #expect(seat.reason == "not bound, but kept to \(seat.place.count == 1 ? "CPU" : "CPUs") \(seat.place)")
    }
    #expect(pool.placement.unused.contains(UnusedCPU(osIndex: cpus[0], reason: .reserved)))
    #expect(pool.map(0..<1000) { $0 } == Array(0..<1000))
  }

  @Test("an order gives each worker of a place one CPU of it")
  func order() throws {
    let cpus = try usable()
    guard cpus.count > 1 else { return }
    var configuration = PoolConfiguration(
      workers: .exactly(cpus.count), places: .explicit([CPUSet(cpus)]), bind: .close)
    configuration.order = .byNumber
    let pool = try ThreadPool(configuration)
    #expect(pool.placement.seats.map(\.allowed) == cpus.map { [$0] })
    #expect(pool.placement.unused.filter { cpus.contains($0.osIndex) }.isEmpty)
  }

  @Test("reserving all is an error that says so")
  func allReserved() throws {
    var configuration = PoolConfiguration()
    configuration.reserve = .cpus(CPUSet(0...65535))
    let error = #expect(throws: PoolError.self) { try ThreadPool(configuration) }
    #expect(error?.description.contains("reserved for others") == true, "\(String(describing: error))")
  }
}
