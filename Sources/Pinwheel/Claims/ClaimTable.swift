import CPinwheel
import Glibc
import PinwheelTopology
import Synchronization

/// The cores that the pools of this process have claimed. The one place where lock files are opened, so that a core of
/// one pool is not given to another, and no lock is lost by closing a second descriptor of its file.
///
/// Used with forks held off (`pw_hold_off_forks`): a forked child finds it whole.
struct ClaimTable {
  static let shared = Mutex(ClaimTable())

  /// A core that a pool of this process has.
  private final class LockedCore {
    let file: ClaimFile
    let pool: String
    let owner: Owner

    init(_ file: consuming ClaimFile, pool: String, owner: Owner) {
      self.file = file
      self.pool = pool
      self.owner = owner
    }
  }

  /// Who has claimed, by a number that is never given again.
  typealias Owner = UInt64

  private var locked: [ClaimFile.Identity: LockedCore] = [:]
  private var owners: Owner = 0
  private var generation = pw_fork_generation()
  /// How many milliseconds a look at all cores may still wait for names.
  private var patience = 0

  /// What became of a pool's attempt.
  struct Outcome {
    var owner: Owner
    var plan: PlacementPlan
    /// All CPUs of the cores that the plan has workers on and that the pool has.
    var cpus: CPUSet
    /// Those cores, and which of them the pool did not have before.
    var kept: Set<ClaimFile.Identity>
    var taken: Set<ClaimFile.Identity>
  }

  /// In a forked child the parent's locks are not ours. Their descriptors are closed before others are opened.
  private mutating func forgetParents() {
    if generation == pw_fork_generation() { return }
    locked = [:]
    generation = pw_fork_generation()
  }

  // MARK: Looking

  /// Who has which of these cores; nobody, of those that `owner` has.
  mutating func claims(
    on cores: [ClaimableCore], but owner: Owner? = nil, in directory: borrowing ClaimDirectory
  ) -> [CoreClaim?] {
    forgetParents()
    patience = 5
    var claims: [CoreClaim?] = []
    for core in cores {
      guard owner == nil || identity(of: core, ownedBy: owner, in: directory) == nil else {
        claims.append(nil)
        continue
      }
      claims.append(holder(of: core, in: directory).map { CoreClaim(cpus: core.cpus, holder: $0) })
    }
    return claims
  }

  /// The file of a core that `owner` has; nil if it has not.
  private func identity(
    of core: ClaimableCore, ownedBy owner: Owner?, in directory: borrowing ClaimDirectory
  ) -> ClaimFile.Identity? {
    guard let identity = ClaimFile.identity(of: core.fileName, in: directory), locked[identity]?.owner == owner else {
      return nil
    }
    return identity
  }

  private func ours(_ name: String, in directory: borrowing ClaimDirectory) -> CoreClaim.Holder? {
    guard let core = ClaimFile.identity(of: name, in: directory).flatMap({ locked[$0] }) else { return nil }
    var holder = CoreClaim.Holder(pool: core.pool)
    holder.isThisProcess = true
    return holder
  }

  /// Who has a core; nil if nobody has, or that can't be told.
  private mutating func holder(of core: ClaimableCore, in directory: borrowing ClaimDirectory) -> CoreClaim.Holder? {
    if let holder = ours(core.fileName, in: directory) { return holder }
    guard let file = try? ClaimFile.open(core.fileName, in: directory, creating: false),
      let process = try? file.lockingProcess()
    else { return nil }
    return holder(process: process, file)
  }

  /// The name of a process that has the lock. It may not have written it yet; or never will what is its number here, in a
  /// container that numbers processes in its own way.
  private mutating func holder(process: Int32, _ file: borrowing ClaimFile) -> CoreClaim.Holder {
    while true {
      var holder = file.read()
      if process == 0 {
        // Out of sight: its own number for itself would mislead.
        holder.process = nil
        return holder
      }
      if holder.process == Int(process) { return holder }
      if patience == 0 { return CoreClaim.Holder(process: process) }
      patience -= 1
      usleep(1000)
    }
  }

  // MARK: Claiming

  /// Plans beside what others have, and claims each core that the plan has workers on. If another process is faster at
  /// one, plans again. What the plan has no use for stays claimed: workers may still be there.
  ///
  /// - Parameter owner: Who has claimed before; nil: somebody new.
  mutating func claim(
    _ cores: [ClaimableCore], for owner: Owner?, pool: String, in directory: borrowing ClaimDirectory,
    _ planning: ([CoreClaim]) throws(TopologyError) -> PlacementPlan
  ) throws(TopologyError) -> Outcome {
    var others = claims(on: cores, but: owner, in: directory)
    var had: [Int: ClaimFile.Identity] = [:]
    if let owner {
      for index in cores.indices { had[index] = identity(of: cores[index], ownedBy: owner, in: directory) }
    }
    let owner = owner ?? newOwner()
    var mine: [Int: LockedCore] = [:]
    var refused: [Int: String] = [:]
    while true {
      // Should it throw, what has been locked goes with `mine`.
      var plan = try planning(others.compactMap { $0 })
      let used = plan.taken
      let wanted = cores.indices.filter { others[$0] == nil && !cores[$0].cpus.intersection(used).isEmpty }
      mine = mine.filter { wanted.contains($0.key) }
      var lost = false
      for index in wanted where had[index] == nil && mine[index] == nil && refused[index] == nil {
        do {
          let file = try lock(cores[index].fileName, in: directory)
          file.write(CoreClaim.Holder(pool: pool))
          mine[index] = LockedCore(file, pool: pool, owner: owner)
        } catch {
          switch error {
          case .refused(let reason): refused[index] = reason
          case .taken(let holder):
            others[index] = CoreClaim(cpus: cores[index].cpus, holder: holder)
            lost = true
          }
        }
      }
      // Each round knows of one core more that is taken, so it ends.
      if lost { continue }
      if let reason = refused.min(by: { $0.key < $1.key })?.value {
        plan.warnings.append(.claimsUnavailable(directory: directory.path, reason: reason))
      }
      var outcome = Outcome(owner: owner, plan: plan, cpus: [], kept: [], taken: [])
      for (index, core) in mine {
        guard let identity = core.file.identity else { continue }
        locked[identity] = core
        outcome.taken.insert(identity)
        outcome.cpus = outcome.cpus.union(cores[index].cpus)
      }
      outcome.kept = outcome.taken
      for index in wanted {
        guard let identity = had[index] else { continue }
        outcome.kept.insert(identity)
        outcome.cpus = outcome.cpus.union(cores[index].cpus)
      }
      return outcome
    }
  }

  private mutating func newOwner() -> Owner {
    owners += 1
    return owners
  }

  private enum Loss: Error {
    case taken(CoreClaim.Holder)
    case refused(reason: String)
  }

  private mutating func lock(_ name: String, in directory: borrowing ClaimDirectory) throws(Loss) -> ClaimFile {
    // Again if somebody removes files between two looks; not for ever.
    for _ in 0..<10 {
      if let holder = ours(name, in: directory) { throw .taken(holder) }
      var holder: CoreClaim.Holder?
      do throws(ClaimFile.Refusal) {
        let file = try ClaimFile.open(name, in: directory, creating: true)
        if try file.lock() {
          if file.isStill(name, in: directory) { return file }
        } else if let process = try file.lockingProcess() {
          holder = self.holder(process: process, file)
        }
      } catch { throw .refused(reason: error.reason) }
      if let holder { throw .taken(holder) }
    }
    throw .refused(reason: "\(name) is removed again and again")
  }

  // MARK: Giving back

  /// Gives back what somebody has claimed, all but some. In a forked child there is nothing to give back.
  mutating func release(_ owner: Owner, but kept: Set<ClaimFile.Identity>) {
    release { identity, core in core.owner == owner && !kept.contains(identity) }
  }

  mutating func release(_ owner: Owner, only some: Set<ClaimFile.Identity>) {
    release { identity, core in core.owner == owner && some.contains(identity) }
  }

  private mutating func release(_ isMeant: (ClaimFile.Identity, LockedCore) -> Bool) {
    forgetParents()
    for (identity, core) in locked where isMeant(identity, core) {
      core.file.clear()
      locked[identity] = nil
    }
  }
}
