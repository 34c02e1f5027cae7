public import Foundation

extension BenchReport {
  /// The report as JSON with sorted keys; times are in seconds.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return try encoder.encode(self)
  }

  /// A report that ``json()`` wrote.
  public init(json: Data) throws {
    self = try JSONDecoder().decode(BenchReport.self, from: json)
  }
}
