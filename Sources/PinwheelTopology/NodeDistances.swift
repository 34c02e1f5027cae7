/// How far the memory nodes of a machine are from each other, as its firmware tells (ACPI's SLIT): relative latencies,
/// 10 for a node to itself, 20 for twice as far.
public struct NodeDistances: Sendable, Hashable, Codable {
  /// The operating system's numbers of the nodes, in the order of rows and columns. May be sparse.
  public var nodes: [Int]
  /// A row for each node that reads, with a column for each node that it reads from.
  public var values: [[UInt64]]

  /// - Returns: nil unless `values` has as many rows and columns as there are nodes.
  public init?(nodes: [Int], values: [[UInt64]]) {
    guard values.count == nodes.count, values.allSatisfy({ $0.count == nodes.count }) else { return nil }
    self.nodes = nodes
    self.values = values
  }

  /// The distance from one node to another, by the operating system's numbers; nil if either is unknown.
  public func distance(from: Int, to: Int) -> UInt64? {
    guard let row = nodes.firstIndex(of: from), let column = nodes.firstIndex(of: to) else { return nil }
    return values[row][column]
  }
}
