#if Tools
  /// Rows in columns that line up, indented by two; the last column is an aside.
  func table(_ rows: [[String]], _ paint: Paint) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    let lines = rows.map { row in
      let cells = row.enumerated().map { column, cell in
        column == row.count - 1
          ? paint.aside(cell) : cell + String(repeating: " ", count: widths[column] - cell.count)
      }
      return "  " + cells.joined(separator: "  ")
    }
    return lines.joined(separator: "\n")
  }
#endif
