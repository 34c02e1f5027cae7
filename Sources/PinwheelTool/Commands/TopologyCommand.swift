#if Tools
  import ArgumentParser
  import Pinwheel
  import PinwheelTopology

  struct TopologyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "topology", abstract: "Show the machine, and which worker goes where, and why.")

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var machine: MachineOptions

    @Flag(help: "Print JSON for other programs.")
    var json = false

    func run() throws {
      let configuration = try settings.resolve()
      let machine = try machine.machine()
      let plan = try configuration.plan(on: machine, beside: configuration.claimsOfOthers(on: machine))
      let waiting = configuration.waiting(for: plan, on: machine)
      for warning in plan.warnings { Console.report(.placement(warning)) }
      if let warning = waiting.warning { Console.report(.waiting(warning)) }
      let report = TopologyReport(machine: machine, configuration: configuration, plan: plan, waiting: waiting)
      print(json ? try PinwheelTool.json(report) : report.text)
    }
  }

  /// What `pinwheel topology` shows.
  struct TopologyReport: Encodable {
    struct MachineReport: Encodable {
      var source: String
      var cpus: [Machine.CPU]
      var usable: CPUSet
      var quota: CPUQuota?
      var tree: MachineNode
    }

    struct PlacementReport: Encodable {
      var workers: Int
      var workerCountReason: String
      var places: [CPUSet]
      var seats: [PlacementPlan.Seat]
      var warnings: [String]
    }

    /// How the workers would wait, which may be less than was asked for.
    struct WaitingReport: Encodable {
      var policy: WaitPolicy
      var warning: String?
    }

    var machine: MachineReport
    var settings: [SettingReport]
    var placement: PlacementReport
    var waiting: WaitingReport

    init(machine: Machine, configuration: PoolConfiguration, plan: PlacementPlan, waiting: ThreadPool.Waiting) {
      self.machine = MachineReport(
        source: machine.source.description, cpus: machine.cpus, usable: machine.usable, quota: machine.quota,
        tree: machine.tree)
      settings = configuration.settings.map { SettingReport($0) }
      placement = PlacementReport(
        workers: plan.seats.count, workerCountReason: plan.workerCountReason, places: plan.places, seats: plan.seats,
        warnings: plan.warnings.map(\.description))
      self.waiting = WaitingReport(policy: waiting.policy, warning: waiting.warning?.description)
    }
  }

  extension TopologyReport {
    var text: String {
      let seats = placement.seats.map { seat in ["worker \(seat.worker)", "CPU \(seat.place)", seat.reason] }
      let quota = machine.quota.map { "\($0.cpus) CPUs (\($0.source))" } ?? "none"
      return [
        Console.heading(machine.source), machine.tree.children.map { Self.outline($0) }.joined(separator: "\n"), "",
        "Usable CPUs: \(machine.usable)", "CPU quota: \(quota)", "",
        Console.heading("Settings"), settings.text, "",
        Console.heading("Placement") + ": \(placement.workers) \(placement.workers == 1 ? "worker" : "workers"), "
          + placement.workerCountReason,
        table(seats),
      ].joined(separator: "\n")
    }

    private static func outline(_ node: MachineNode, depth: Int = 1) -> String {
      let line = String(repeating: "  ", count: depth) + node.label
      return ([line] + node.children.map { outline($0, depth: depth + 1) }).joined(separator: "\n")
    }
  }
#endif
