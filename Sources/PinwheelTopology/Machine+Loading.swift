extension Machine {
  public static func current() throws(TopologyError) -> Machine {
    throw .hwlocFailed(call: "load", reason: "not written yet")
  }

  public init(synthetic: String, usable: CPUSet? = nil, quota: CPUQuota? = nil) throws(TopologyError) {
    throw .notLoaded(source: .synthetic(synthetic), reason: "not written yet")
  }

  public init(xmlFile: String, usable: CPUSet? = nil, quota: CPUQuota? = nil) throws(TopologyError) {
    throw .notLoaded(source: .xml(xmlFile), reason: "not written yet")
  }
}
