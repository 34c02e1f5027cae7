/// A table for a terminal: columns as wide as their widest cell, two spaces between them.
public struct TextTable: Sendable {
  public enum Alignment: Sendable { case left, right }

  private let headers: [String]
  private let alignments: [Alignment]
  private var rows: [[String]] = []

  /// A table with these columns.
  public init(_ columns: [(header: String, alignment: Alignment)]) {
    headers = columns.map(\.header)
    alignments = columns.map(\.alignment)
  }

  /// Adds a row. Cells that are missing at its end are empty, and cells beyond the last column are left out.
  public mutating func add(_ cells: [String]) {
    let filled = cells.prefix(headers.count)
    rows.append(filled + Array(repeating: "", count: headers.count - filled.count))
  }

  /// The header and the rows, without trailing spaces.
  public var lines: [String] {
    let all = [headers] + rows
    let widths = headers.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      let cells = row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return alignments[column] == .left ? row[column] + padding : padding + row[column]
      }
      let line = cells.joined(separator: "  ")
      return String(line[..<(line.lastIndex { $0 != " " }.map(line.index(after:)) ?? line.startIndex)])
    }
  }
}
