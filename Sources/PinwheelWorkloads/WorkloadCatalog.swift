/// Every workload of this module, in the order in which they are reported.
public enum WorkloadCatalog {
  /// All of them.
  ///
  /// - Parameter folder: What the word count reads.
  public static func all(wordCountFolder folder: String) -> [any Workload] {
    [Fibonacci(), Skynet(), NQueens(), MatrixMultiply(), MergeSort(), WordCount(folder: folder)]
  }

  /// The workloads with these names, in the order of ``all(wordCountFolder:)``; all of them for an empty list.
  ///
  /// - Throws: ``WorkloadError/unknown(name:known:)`` for the first name that is none.
  public static func select(
    _ names: [String], wordCountFolder folder: String
  ) throws(WorkloadError) -> [any Workload] {
    let everything = all(wordCountFolder: folder)
    let known = everything.map(\.name)
    for name in names where !known.contains(name) { throw .unknown(name: name, known: known) }
    return names.isEmpty ? everything : everything.filter { names.contains($0.name) }
  }
}
