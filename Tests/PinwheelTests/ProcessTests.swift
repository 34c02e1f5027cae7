import Testing

/// What only shows in a process of its own. Each scenario is a function of `PinwheelProbe`.
@Suite(.timeLimit(.minutes(1)), .watched, .serialized)
struct IdleTests {
  @Test func anIdlePoolUsesNoTimeAndWakesForAllKindsOfWork() throws { try expectProbe("idle") }
}

@Suite(.timeLimit(.minutes(1)), .watched)
struct ThreadLifeTests {
  @Test func aThousandPoolsLeaveNoThreadAndNoMemory() throws { try expectProbe("leaks") }
  @Test func threadsHaveTheirNamesAndStacks() throws { try expectProbe("threads") }
  @Test func aRefusedThreadLeavesNothingBehind() throws { try expectProbe("refused") }
  @Test func droppingInsideAJobEndsAllThreads() throws { try expectProbe("dropped-inside") }
}

@Suite(.timeLimit(.minutes(1)), .watched)
struct ForkTests {
  @Test func callsInAForkedChildRunOnTheCaller() throws { try expectProbe("fork") }
  @Test func waitingInAForkedChildForAJobNotStartedDoesNotHang() throws { try expectProbe("fork-waits") }
  @Test func scopesInAForkedChildLeaveNothingInTheQueue() throws { try expectProbe("fork-memory") }
}

@Suite(.timeLimit(.minutes(1)), .watched)
struct PlacementTests {
  @Test func workersSitWhereThePlacementSays() throws { try expectProbe("placement") }
  @Test func workersStayInsideANarrowerAffinity() throws { try expectProbe("placement", under: ["taskset", "-c", "1"]) }
}
