import Pinwheel
import Testing

struct NearestWordTests {
  private let words = ["workers", "places", "bind", "spin"]

  @Test(arguments: [
    ("worker", "workers"), ("wrokers", "workers"), ("WORKERS", "workers"), ("place", "places"), ("bnid", "bind"),
    ("spn", "spin"),
  ])
  func slips(typed: String, meant: String) {
    #expect(nearestWord(to: typed, among: words) == meant)
  }

  @Test func nothingIsNear() {
    for typed in ["", "banana", "x", String(repeating: "workers", count: 20)] {
      #expect(nearestWord(to: typed, among: words) == nil, "\(typed)")
    }
    #expect(nearestWord(to: "x", among: []) == nil)
  }
}
