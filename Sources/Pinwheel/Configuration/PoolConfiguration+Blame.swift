package import PinwheelTopology

extension PoolConfiguration {
  /// That a machine could not be described, or workers not be placed on it, with what is to blame.
  package func misplaced(_ error: TopologyError) -> PoolError { .topology(error, settings: blame(for: error)) }

  /// The settings that leave no CPU to place workers on, as their authors wrote them: `PINWHEEL_PLACES={99}`. Empty if nobody
  /// set any of them.
  private func blame(for error: TopologyError) -> [String] {
    let keys: [SettingKey] =
      switch error {
      case .noUsableCPU: [.places]
      case .nothingLeft(_, let unused):
        SettingKey.all.filter { key in unused.contains { $0.reason.setting == key.name } }
      case .invalidWorkerCount: [.workers]
      case .hwlocFailed, .notLoaded: []
      }
    return keys.compactMap { key in
      origins[key.name].map { String($0.subject(key: key.name, value: key.text(self)).dropLast(2)) }
    }
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
