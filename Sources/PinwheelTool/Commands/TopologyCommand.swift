#if Tools
  import ArgumentParser
  import Pinwheel
  import PinwheelDrawing
  import PinwheelTopology

  struct TopologyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "topology", abstract: "Show the machine, and which worker goes where, and why.",
      discussion: """
        ■ marks where workers run, □ what they leave alone. --explain tells of each worker why it sits where it does, \
        and of each CPU without one why. On machines with more than 256 cores those of a cache share a line.

        --watch goes on until it is interrupted. At each SIGHUP it reads the settings (file and environment) and the \
        machine (offline CPUs, cpuset, quota) again and shows what has become of them: `kill -HUP PID`, or \
        `pkill -HUP -f 'pinwheel topology .*--watch'`. (By its name alone a benchmark that runs would get it as well, and \
        end.) A mistake in the settings is told, and the next SIGHUP is waited for.
        """)

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var machine: MachineOptions

    @Flag(help: "Tell why each worker is where it is, and each unused CPU is not used.")
    var explain = false

    @Option(help: ArgumentHelp("Draw a picture into this file; - is standard output.", valueName: "file"))
    var svg: String?

    @Flag(help: "Print JSON for other programs.")
    var json = false

    @Flag(help: "Go on, and show it anew whenever the process gets a SIGHUP.")
    var watch = false

    @OptionGroup var colours: PaintOptions

    func validate() throws {
      try requirePath(svg, of: "--svg")
      if svg == "-", json { throw ValidationError("--svg - and --json both take standard output.") }
    }

    func run() throws {
      guard watch else { return Console.show(try look(again: false)) }
      let hangUp = HangUp()
      Console.show(try look(again: false))
      while true {
        hangUp.wait()
        let text: String
        do {
          text = try look(again: true)
        } catch {
          Console.warn("\(error)")
          continue
        }
        // If the terminal has hung up, this fails and ends it.
        Console.show("\n" + text)
      }
    }

    /// What there is to show. The picture is drawn, and warnings are printed.
    private func look(again: Bool) throws -> String {
      let configuration = try settings.resolve()
      let machine = again ? try machine.machineAsItIsNow() : try machine.machine()
      let plan: PlacementPlan
      do { plan = try configuration.planBesideOthers(on: machine) } catch { throw configuration.misplaced(error) }
      let waiting = configuration.waiting(for: plan, on: machine)
      for warning in plan.warnings { Console.report(.placement(warning)) }
      if let warning = waiting.warning { Console.report(.waiting(warning)) }
      let report = TopologyReport(machine: machine, configuration: configuration, plan: plan, waiting: waiting)

      if let svg {
        let picture = MachinePicture(machine, plan: plan, facts: report.headlines).svg
        guard svg != "-" else { return picture }
        OutputFile(svg).replace(with: picture)
      }
      if json { return try PinwheelTool.json(report) + "\n" }
      return report.text(outline: MachineOutline(machine, plan: plan), explains: explain, colours.paint) + "\n"
    }
  }
#endif
