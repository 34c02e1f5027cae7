import PinwheelTopology
import Testing

@testable import Pinwheel

/// What a lock file says may be anybody's writing.
struct ClaimTextTests {
  @Test func whoHasACore() {
    let holder = CoreClaim.Holder(claimText: "pid 4711\nprogram a render farm\npool pinwheel\n")
    #expect(holder == CoreClaim.Holder(process: 4711, program: "a render farm", pool: "pinwheel"))
  }

  @Test(
    arguments: [
      "", "\n", "pid", "pid \n", "pid x\n", "pid -1\n", "pid 0\n", "pid 99999999999999999999\n", "\u{0}\u{0}",
      "what 7\n",
      "pid4711\n", "PID 4711\n",
    ])
  func otherTextIsNobody(text: String) {
    #expect(CoreClaim.Holder(claimText: text) == CoreClaim.Holder(process: nil, program: nil, pool: nil))
  }

  @Test func namesStayOnTheirLineAndShort() {
    let long = String(repeating: "x", count: 1000)
    let holder = CoreClaim.Holder(claimText: "program a\u{1B}[2Jb\u{202E}c\r\npool \(long)\n")
    #expect(holder.program == "a?[2Jb?c?" || holder.program == "a?[2Jb?c")
    #expect(holder.pool?.count == 64)
  }
}
