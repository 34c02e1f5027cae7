#if Tools
  import ArgumentParser
  import PinwheelTopology

  /// Which machine to look at.
  struct MachineOptions: ParsableArguments {
    @Option(help: "Look at a made-up machine, in hwloc's words: \"package:2 core:4 pu:2\".")
    var synthetic: String?

    @Option(help: "Look at a machine recorded with `lstopo machine.xml`.")
    var xml: String?

    func validate() throws {
      try requirePath(xml, of: "--xml")
      if synthetic != nil, xml != nil { throw ValidationError("--synthetic and --xml exclude each other.") }
    }

    /// - Throws: `TopologyError`.
    func machine() throws -> Machine {
      if let synthetic { return try Machine(synthetic: synthetic) }
      if let xml { return try Machine(xmlFile: xml) }
      return try Machine.current()
    }

    /// The same, but of the real machine what has become of it since.
    ///
    /// - Throws: `TopologyError`.
    func machineAsItIsNow() throws -> Machine {
      synthetic == nil && xml == nil ? try Machine.read() : try machine()
    }
  }
#endif
