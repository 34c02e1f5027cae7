/// A horizontal bar chart as an SVG element.
enum BarChart {
  struct Bar {
    var title: String
    var value: Double
    /// The quartiles, drawn as a line over the bar's end.
    var low, high: Double
    /// What is written beside the bar.
    var label: String
    var isOurs: Bool
    var isFaint: Bool
  }

  private static let (titleWidth, barWidth, labelWidth, height) = (230.0, 420.0, 330.0, 20.0)
  /// Bars longer than so many times the median bar are cut, so that the others can be told apart.
  private static let longest = 5.0

  static func svg(_ bars: [Bar]) -> String {
    let end = fullScale(bars.map(\.value))
    let total = height * Double(bars.count)
    let lines = bars.enumerated().map { index, bar in line(bar, top: height * Double(index), end: end) }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(whole(titleWidth + barWidth + labelWidth))" \
      height="\(whole(total))" role="img">\(lines.joined())</svg>
      """
  }

  /// The value at which a bar has its full length.
  static func fullScale(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard let most = sorted.last, most > 0 else { return 1 }
    let middle = sorted[sorted.count / 2]
    return middle > 0 ? min(most, middle * longest) : most
  }

  private static func line(_ bar: Bar, top: Double, end: Double) -> String {
    func place(_ value: Double) -> Double { titleWidth + barWidth * min(max(value, 0) / end, 1) }
    let right = place(bar.value)
    let colour = bar.isOurs ? "#2563eb" : "#9ca3af"
    let middle = top + height / 2
    let isCut = bar.value > end * 1.0001
    var parts = [
      "<text x=\"\(whole(titleWidth - 6))\" y=\"\(whole(middle + 4))\" text-anchor=\"end\">\(HTMLReport.escape(bar.title))</text>",
      "<rect x=\"\(whole(titleWidth))\" y=\"\(whole(top + 3))\" width=\"\(tenth(max(right - titleWidth, 1)))\" "
        + "height=\"\(whole(height - 6))\" fill=\"\(colour)\" fill-opacity=\"\(bar.isFaint ? "0.45" : "1")\"/>",
    ]
    if isCut {
      parts.append(
        "<path d=\"M\(whole(right - 14)) \(whole(top + 1)) l6 \(whole(height - 2)) m4 0 l-6 -\(whole(height - 2))\" "
          + "stroke=\"#fff\" stroke-width=\"2\"/>")
    } else {
      parts.append(
        "<path d=\"M\(tenth(place(bar.low))) \(whole(middle)) H\(tenth(place(bar.high)))\" stroke=\"currentColor\"/>")
    }
    parts.append(
      "<text x=\"\(whole(right + 6))\" y=\"\(whole(middle + 4))\">\(HTMLReport.escape(bar.label))</text>")
    return parts.joined()
  }

  private static func whole(_ value: Double) -> String { "\(Int(value.rounded()))" }
  private static func tenth(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
