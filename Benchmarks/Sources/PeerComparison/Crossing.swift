internal import PinwheelWorkloads

/// What it took to get from one CPU to another while a family was measured: looked at once a round, since the CPUs of a virtual
/// machine are moved without its being told, between hardware threads of one core, cores of one cache, and caches.
package struct Crossing: Codable, Sendable {
  /// Seconds of a cache line's way to another CPU and back.
  package var trip: Summary
  /// Seconds of a bare call of a thread there; nil if it could not be measured.
  package var bareCall: Summary?

  /// One look. A bare call that could not be measured is 0.
  struct Look {
    var trip: Double
    var bareCall: Double
  }

  init?(_ looks: [Look]) {
    guard let trip = Summary(looks.map(\.trip)) else { return nil }
    self.trip = trip
    bareCall = Summary(looks.map(\.bareCall).filter { $0 > 0 })
  }

  /// Longest over shortest, from which on the CPUs have been moved: other noise stays below.
  private static let moved = 1.5

  /// Says that they were; nil as a rule.
  package var warning: String? {
    guard trip.maximum > Self.moved * trip.minimum else { return nil }
    return "the CPUs were moved meanwhile: a cache line took \(Text.time(trip.minimum)) to \(Text.time(trip.maximum)) "
      + "to another one and back"
  }
}
