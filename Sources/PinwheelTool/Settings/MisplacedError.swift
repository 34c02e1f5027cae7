#if Tools
  import Pinwheel
  import PinwheelTopology

  /// That workers can't be placed, and which settings are to blame.
  struct MisplacedError: Error, CustomStringConvertible {
    var description: String
  }

  extension PoolConfiguration {
    /// Runs what plans with these settings, or starts a pool, and adds to its error which of them are to blame.
    func blamed<R>(_ body: () throws -> R) throws -> R {
      do {
        return try body()
      } catch let error as TopologyError {
        throw MisplacedError(description: subject(of: error) + error.description)
      } catch PoolError.topology(let error) {
        throw MisplacedError(description: subject(of: error) + error.description)
      }
    }
  }
#endif
