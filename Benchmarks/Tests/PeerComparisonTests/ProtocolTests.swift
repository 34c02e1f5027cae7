import PeerProtocol
import Testing

struct ProtocolTests {
  @Test(arguments: [
    Request.list, .quit, .run(family: "fib", size: 30, repeats: nil),
    .run(family: "loop.grain.10", size: 64, repeats: 8),
    .serial(family: "uts", size: 0, repeats: nil),
  ])
  func requestsSurviveTheWay(_ request: Request) {
    #expect(Request(line: request.line) == request)
  }

  @Test(arguments: [
    "", "run", "run fib", "run fib x", "run fib -1", "run fib 1 2 3", "run fib 1 x", "list all", "start",
  ])
  func whatIsNoRequestIsRefused(_ line: String) {
    #expect(Request(line: line) == nil)
  }

  @Test(arguments: [
    Answer.ready(name: "tbb", version: "2021.8"), .ready(name: "dispatch", version: nil),
    .ready(name: "gomp", version: "12.2.0 (Debian 12)"), .families(["fib", "uts"]), .families([]), .unsupported,
    .error("no memory"),
    .ok(Measured(nanoseconds: .max, result: .max, keys: ["cpu": 0, "both": 7])),
  ])
  func answersSurviveTheWay(_ answer: Answer) {
    #expect(Answer(line: answer.line) == answer)
  }

  @Test(arguments: [
    "", "ok", "ok 1", "ok x 1", "ok 1 -1", "ok 1 1.5", "ok 1 2 cpu", "ok 1 2 cpu=x", "ready", "ready tbb",
    "unsupported why", "Hello", "ok 99999999999999999999 1",
  ])
  func whatIsNoAnswerIsRefused(_ line: String) {
    #expect(Answer(line: line) == nil)
  }

  @Test func anErrorStaysOnOneLine() {
    #expect(Answer.error("one\ntwo").line == "error one two")
  }
}
