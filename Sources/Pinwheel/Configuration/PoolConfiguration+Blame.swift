package import PinwheelTopology

extension PoolConfiguration {
  /// The settings that leave no CPU to place workers on, as their authors wrote them, to stand before the error:
  /// `PINWHEEL_PLACES={99}: `. Empty if nobody set any of them.
  package func subject(of error: TopologyError) -> String {
    let keys: [SettingKey] =
      switch error {
      case .noUsableCPU: [.places]
      case .nothingLeft(_, let unused):
        SettingKey.all.filter { key in unused.contains { $0.reason.setting == key.name } }
      case .invalidWorkerCount: [.workers]
      case .hwlocFailed, .notLoaded: []
      }
    let subjects = keys.compactMap { key in
      origins[key.name].map { $0.subject(key: key.name, value: key.text(self)) }
    }
    return subjects.map { $0.dropLast(2) }.joined(separator: ", ") + (subjects.isEmpty ? "" : ": ")
  }
}

extension UnusedCPU.Reason {
  /// The name of the setting whose rule it is; nil if no setting would give the CPU back.
  fileprivate var setting: String? {
    switch self {
    case .reserved: SettingKey.reserve.name
    case .otherKind: SettingKey.kinds.name
    case .sibling: SettingKey.smt.name
    case .otherRank: SettingKey.ranks.name
    case .notInPlaces, .beyondLimit: SettingKey.places.name
    default: nil
    }
  }
}
