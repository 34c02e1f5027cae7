import Testing

extension PoolTests {
  /// What only shows in a process of its own. Each scenario is a function of `PinwheelProbe`.
  @Suite
  struct IdleTests {
    @Test func anIdlePoolUsesNoTimeAndWakesForAllKindsOfWork() throws { try expectProbe("idle") }
  }

  @Suite
  struct ThreadLifeTests {
    @Test func aThousandPoolsLeaveNoThreadAndNoMemory() throws { try expectProbe("leaks") }
    @Test func threadsHaveTheirNamesAndStacks() throws { try expectProbe("threads") }
    @Test func aRefusedThreadLeavesNothingBehind() throws { try expectProbe("refused") }
    @Test func droppingInsideAJobEndsAllThreads() throws { try expectProbe("dropped-inside") }
    @Test func destructorsOfThreadLocalsMayCallThePool() throws { try expectProbe("thread-local-destructors") }
    @Test func aProcessEndsWhateverItsPoolsDo() throws { try expectProbe("process-ends") }
  }

  /// The system says no.
  @Suite
  struct RefusalTests {
    @Test func eachThreadInTurn() throws { try expectProbe("refused-each") }
    @Test func theThreadThatLooksAtTheMachine() throws { try expectProbe("refused-follower") }
    @Test func theThreadsOfWorkersThatComeBack() throws { try expectProbe("refused-give-back") }
    @Test func eachPieceOfAPoolsMemoryInTurn() throws { try expectProbe("refused-pool-memory") }
    @Test func queuesThatCannotGrow() throws { try expectProbe("refused-queue-memory") }
    @Test func everyAffinity() throws { try expectProbe("refused-affinity") }
    @Test func everySchedulingClass() throws { try expectProbe("refused-scheduling") }
    @Test func aCPUThatIsTakenAway() throws { try expectProbe("taken-cpu") }
    @Test func aPoolFollowsItsQuota() throws { try expectProbe("follow-quota") }
    @Test func aPoolFollowsItsCPUs() throws { try expectProbe("follow-cpus") }
    @Test func fewCPUsAndManyWorkers() throws { try expectProbe("few-cpus") }
    @Test func oneCPUAndManyWorkers() throws { try expectProbe("few-cpus", under: ["taskset", "-c", "1"]) }
  }

  @Suite
  struct SignalTests {
    @Test func aStormDisturbsNobody() throws { try expectProbe("signal-storm") }
    @Test func workersTakeFaultsAndLeaveTheRest() throws { try expectProbe("signal-masks") }
  }

  @Suite
  struct StackTests {
    @Test func aLevelOfNestingTakesLittle() throws { try expectProbe("recursion") }
    @Test func anOverflowNamesItsWorker() throws { try expectProbe("overflow") }
    @Test func aSecondHalfThatCapturesNothingIsNotTakenForAnExposedOne() throws { try expectProbe("constant-halves") }
  }

  @Suite
  struct ForkTests {
    @Test func callsInAForkedChildRunOnTheCaller() throws { try expectProbe("fork") }
    @Test func waitingInAForkedChildForAJobNotStartedDoesNotHang() throws { try expectProbe("fork-waits") }
    @Test func scopesInAForkedChildLeaveNothingInTheQueue() throws { try expectProbe("fork-memory") }
    @Test func aForkFindsAnyStateAndTheChildCanStartItsFirstPool() throws { try expectProbe("fork-states") }
    @Test func aForkFindsOthersLookingAndTheChildMayLookToo() throws { try expectProbe("fork-while-others-look") }
    @Test func aChildForkedInsideAJobMayExitAndExec() throws { try expectProbe("fork-inside") }
    @Test func waitingInAChildForALostThreadEndsWithALine() throws { try expectProbe("fork-lost") }
    @Test func childrenAndNestedPoolsInheritTheProcessNotTheWorker() throws { try expectProbe("fork-attributes") }
  }

  @Suite
  struct PlacementTests {
    @Test func workersSitWhereThePlacementSays() throws { try expectProbe("placement") }
    @Test func processesAndPoolsShareCoresAndTheKilledLeaveNothing() throws { try expectProbe("share") }
    @Test func workersStayInsideANarrowerAffinity() throws {
      try expectProbe("placement", under: ["taskset", "-c", "1"])
    }
  }
}
