import Testing

@testable import PinwheelTopology

@Suite("Ranks of a parallel program")
struct LocalRankTests {
  @Test(
    "each launcher's two variables are understood",
    arguments: [
      ("OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"), ("MPI_LOCALRANKID", "MPI_LOCALNRANKS"),
      ("MV2_COMM_WORLD_LOCAL_RANK", "MV2_COMM_WORLD_LOCAL_SIZE"), ("PMI_LOCAL_RANK", "PMI_LOCAL_SIZE"),
      ("PALS_LOCAL_RANKID", "PALS_LOCAL_SIZE"), ("JSM_NAMESPACE_LOCAL_RANK", "JSM_NAMESPACE_LOCAL_SIZE"),
    ])
  func launchers(rank: String, count: String) {
    #expect(LocalRank(environment: [rank: "3", count: "8"]) == LocalRank(rank: 3, count: 8, source: rank))
    #expect(LocalRank(environment: [rank: "3"]) == nil)
    #expect(LocalRank(environment: [count: "8"]) == nil)
    for (badRank, badCount) in [
      ("8", "8"), ("-1", "8"), ("x", "8"), ("", "8"), ("3", "8x"), ("+3", "8"), ("3", "99999999999999999999"),
    ] {
      #expect(LocalRank(environment: [rank: badRank, count: badCount]) == nil)
    }
  }

  @Test(
    "Slurm's list of tasks is read at this node",
    arguments: [(0, 5), (1, 4), (2, 4), (3, 4), (4, 2), (5, nil)] as [(Int, Int?)])
  func slurm(node: Int, tasks: Int?) {
    let rank = LocalRank(environment: [
      "SLURM_LOCALID": "1", "SLURM_STEP_ID": "0", "SLURM_NODEID": "\(node)", "SLURM_STEP_TASKS_PER_NODE": "5,4(x3),2",
      "SLURM_CPUS_PER_TASK": "6",
    ])
    #expect(rank == tasks.map { LocalRank(rank: 1, count: $0, source: "SLURM_LOCALID", cpusPerRank: 6) })
  }

  @Test("Slurm's plain number will do, but only inside of a step")
  func slurmStep() {
    var environment = ["SLURM_LOCALID": "1", "SLURM_NTASKS_PER_NODE": "4"]
    // A batch script's own process has these and is alone on the node.
    #expect(LocalRank(environment: environment) == nil)
    environment["SLURM_STEPID"] = "0"
    #expect(LocalRank(environment: environment)?.count == 4)
    environment["SLURM_STEP_TASKS_PER_NODE"] = "junk(x"
    #expect(LocalRank(environment: environment)?.count == 4)
    #expect(LocalRank(environment: environment)?.description == "rank 1 of 4 on this machine (SLURM_LOCALID)")
  }

  @Test("a launcher inside of Slurm wins over Slurm, whose variables are its daemon's")
  func precedence() {
    let rank = LocalRank(environment: [
      "SLURM_LOCALID": "0", "SLURM_STEP_ID": "0", "SLURM_STEP_TASKS_PER_NODE": "1", "OMPI_COMM_WORLD_LOCAL_RANK": "2",
      "OMPI_COMM_WORLD_LOCAL_SIZE": "4",
    ])
    #expect(rank == LocalRank(rank: 2, count: 4, source: "OMPI_COMM_WORLD_LOCAL_RANK"))
    #expect(LocalRank(environment: [:]) == nil)
  }
}
