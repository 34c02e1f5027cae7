import Glibc

/// Runs `body` on `count` threads of their own, none of which belongs to a pool or to the test runner, and waits for
/// them.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  final class Start {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }
  var threads: [pthread_t] = []
  for index in 0..<count {
    var thread = pthread_t()
    let start = Unmanaged.passRetained(Start { body(index) })
    let refused = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, start.toOpaque())
    if refused == 0 { threads.append(thread) } else { start.release() }
  }
  for thread in threads { pthread_join(thread, nil) }
}
