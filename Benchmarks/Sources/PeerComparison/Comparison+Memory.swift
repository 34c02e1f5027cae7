extension Comparison {
  /// `fib` of that size, in processes that do nothing else; of ours also with the standard library in it, where that was
  /// built.
  package func measureMemory(_ report: FamilyResult, _ family: Family) -> [MemoryResult] {
    let truths = Truths(family, self)
    return ordinary(report).flatMap { row -> [MemoryResult] in
      guard let program = program(of: row.contestant.peer) else { return [] }
      step("peak memory: \(row.contestant.name)")
      let truth = truths.truth(size: row.size, row.contestant)
      return [(path: Optional(program.path), isStatic: false), (path: program.staticPath, isStatic: true)]
        .compactMap { kind in
          guard let path = kind.path,
            let bytes = memory(of: path, as: row.contestant, family, size: row.size, expecting: truth)
          else { return nil }
          return MemoryResult(contestant: row.contestant, bytes: bytes, isStatic: kind.isStatic)
        }
    }
  }
}
