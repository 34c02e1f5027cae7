#if Tools
  import Pinwheel
  import PinwheelDrawing
  import PinwheelTopology

  /// What `pinwheel topology` shows.
  struct TopologyReport: Encodable {
    struct MachineReport: Encodable {
      var source: String
      var cpus: [Machine.CPU]
      var kinds: [Machine.CPUKind]
      var usable: CPUSet
      var quota: CPUQuota?
      var tree: MachineNode
    }
    struct PlacementReport: Encodable {
      var workers: Int
      var workerBound: WorkerBound
      var workerCountReason: String
      var rank: LocalRank?
      var places: [CPUSet]
      var seats: [PlacementPlan.Seat]
      var unused: [UnusedReport]
      var warnings: [String]
    }
    /// A CPU without a worker.
    struct UnusedReport: Encodable {
      var cpu: Int
      var reason: String
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
        source: machine.source.description, cpus: machine.cpus, kinds: machine.kinds, usable: machine.usable,
        quota: machine.quota, tree: machine.tree)
      settings = configuration.settings.map { SettingReport($0) }
      placement = PlacementReport(
        workers: plan.seats.count, workerBound: plan.workerBound, workerCountReason: plan.workerCountReason,
        rank: plan.rank, places: plan.places, seats: plan.seats,
        unused: plan.unused.map { UnusedReport(cpu: $0.osIndex, reason: $0.reason.description) },
        warnings: plan.warnings.map(\.description))
      self.waiting = WaitingReport(policy: waiting.policy, warning: waiting.warning?.description)
    }
  }

  extension TopologyReport {
    /// How many workers, and why so many.
    private var count: String {
      "\(placement.workers) \(placement.workers == 1 ? "worker" : "workers"), \(placement.workerCountReason)"
    }

    private var quota: String { machine.quota.map { "\($0.cpus) CPUs (\($0.source))" } ?? "none" }

    /// What stands above a picture, below the machine's name.
    var headlines: [String] {
      let chosen = settings.filter { setting in
        [SettingKey.places.name, SettingKey.bind.name].contains(setting.name)
          || setting.source != ConfigurationOrigin.defaults.description && setting.name != SettingKey.workers.name
      }
      return [count, chosen.map { "\($0.name) \($0.value)" }.joined(separator: ", ")]
        + (machine.quota == nil ? [] : ["CPU quota: \(quota)"])
    }

    func text(outline: MachineOutline, explains: Bool, _ paint: Paint) -> String {
      var lines = [paint.heading(machine.source)]
      lines += outline.lines.map { paint.line($0) }
      lines += ["", "Usable CPUs: \(machine.usable)", "CPU quota: \(quota)", ""]
      let chosen = settings.filter { $0.source != ConfigurationOrigin.defaults.description }
      lines.append(paint.heading("Settings") + (chosen.isEmpty ? ": all default" : ""))
      lines += (chosen.isEmpty ? [] : [chosen.text(paint)]) + [""]
      lines.append(paint.heading("Placement") + ": \(count)")
      if explains { lines += explanation(paint) }
      return lines.joined(separator: "\n")
    }

    /// Each worker and each unused CPU, with the reason.
    private func explanation(_ paint: Paint) -> [String] {
      let isUneven = placement.seats.contains { $0.speed != 1 }
      let seats = placement.seats.map { seat in
        ["worker \(seat.worker)", "CPU \(seat.place)"] + (isUneven ? ["speed \(percent(seat.speed))"] : []) + [
          seat.reason
        ]
      }
      var lines = [table(seats, paint), ""]
      guard !placement.unused.isEmpty else { return lines + ["Every CPU has a worker."] }
      lines.append(paint.heading("CPUs without a worker") + ": \(placement.unused.count)")
      lines.append(table(unusedByReason.map { ["CPU \($0.cpus)", $0.reason] }, paint))
      return lines
    }

    /// Compared with the fastest CPU.
    private func percent(_ speed: Double) -> String { "\(Int((speed * 100).rounded()))%" }

    /// CPUs with the same reason together, in the order of the first of each.
    private var unusedByReason: [(cpus: CPUSet, reason: String)] {
      var (order, cpus): ([String], [String: [Int]]) = ([], [:])
      for unused in placement.unused {
        if cpus[unused.reason] == nil { order.append(unused.reason) }
        cpus[unused.reason, default: []].append(unused.cpu)
      }
      return order.map { (CPUSet(cpus[$0] ?? []), $0) }
    }
  }
#endif
