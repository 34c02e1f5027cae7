import PinwheelTopology

/// How the CPUs look that no worker may run on: reasons that mean the same to people look the same.
package enum UnusedLook: String, CaseIterable, Sendable {
  case free
  case sibling
  case elsewhere
  case reserved
  case claimed
  case kind
  case barred
  case hidden
  case offline

  package init(_ reason: UnusedCPU.Reason) {
    switch reason {
    case .offline: self = .offline
    case .notAllowed: self = .hidden
    case .notInMask, .otherRank: self = .barred
    case .reserved: self = .reserved
    case .claimed: self = .claimed
    case .otherKind: self = .kind
    case .sibling: self = .sibling
    case .notInPlaces, .beyondLimit, .notClaimable, .lent, .notLent: self = .elsewhere
    case .notPrimary, .noWorker, .quota, .notTaken, .leftToOthers: self = .free
    }
  }

  /// What it means, for the legend.
  package var meaning: String {
    switch self {
    case .free: "free: more CPUs than workers"
    case .sibling: "second thread of a used core"
    case .elsewhere: "not in the places"
    case .reserved: "reserved for others"
    case .claimed: "claimed by another pool"
    case .kind: "another kind of core"
    case .barred: "this process may not use it"
    case .hidden: "not allowed"
    case .offline: "offline"
    }
  }

  /// Whether nobody here may use it.
  package var isOutOfReach: Bool { [.barred, .hidden, .offline].contains(self) }

  /// A word for a CPU's box, from the one that says most to one that always fits.
  package var words: [String] {
    switch self {
    case .kind: [word, "kind"]
    case .hidden: [word, "hidden"]
    default: [word]
    }
  }

  private var word: String {
    switch self {
    case .free: "free"
    case .sibling: "sibling"
    case .elsewhere: "–"
    case .reserved: "reserved"
    case .claimed: "claimed"
    case .kind: "other kind"
    case .barred: "barred"
    case .hidden: "not allowed"
    case .offline: "offline"
    }
  }
}
