/// Whether a pool and those of other processes keep off each other's cores.
public enum SharePolicy: String, Sendable, Hashable, Codable, CaseIterable {
  /// Every pool places its workers as though it were alone on the machine.
  case none
  /// The pool claims each core that its workers are bound to, or, if they are bound to nothing, a core for each of them, to
  /// which they keep together; for as long as it lives. And it keeps away from cores that other pools have claimed: those of this process, and those of processes that use the same directory
  /// (``PoolConfiguration/claimsDirectory``). Claims are advisory: pools that don't share neither make nor heed them.
  case machine
}
