extension Machine {
  public func plan(workers: WorkerCount, places: Places, bind: Binding) throws(TopologyError) -> PlacementPlan {
    throw .noUsableCPU(asked: [], usable: usable)
  }
}
