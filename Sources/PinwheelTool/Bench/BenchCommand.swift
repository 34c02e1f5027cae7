#if Tools
  import ArgumentParser

  struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bench", abstract: "Measure.")

    func run() throws {
      throw ValidationError("There is nothing to measure yet.")
    }
  }
#endif
