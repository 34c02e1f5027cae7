#if Tools
  import Pinwheel

  /// A setting as the tool shows it.
  struct SettingReport: Encodable {
    var name: String
    var value: String
    var source: String

    init(_ setting: PoolConfiguration.Setting) {
      name = setting.name
      value = setting.value
      source = setting.origin.description
    }
  }

  extension [SettingReport] {
    func text(_ paint: Paint) -> String { table(map { [$0.name, $0.value, $0.source] }, paint) }
  }
#endif
