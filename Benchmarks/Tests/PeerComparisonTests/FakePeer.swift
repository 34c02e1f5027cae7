import Foundation

@testable import PeerComparison

/// A peer written in shell, for what no honest peer does.
final class FakePeer {
  let program: Comparison.Program
  private let folder: URL

  /// - Parameters:
  ///   - start: What is done at the start.
  ///   - run: The answer to `run FAMILY SIZE [REPEATS]`, in shell: $2 is the family, $3 the size.
  ///   - serial: The same for `serial`.
  init(
    _ name: String, start: String = "echo ready fake 1", run: String = "echo ok 1000000 $3 cpu=1000000",
    serial: String = "echo ok 1000000 $3 cpu=1000000"
  ) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "peer-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appending(path: "peer-\(name)")
    let script = """
      #!/bin/sh
      workers=$2
      \(start)
      while read -r line; do
        set -- $line
        case $1 in
          list) echo families sum ;;
          run) \(run) ;;
          serial) \(serial) ;;
          quit) exit 0 ;;
        esac
      done
      """
    try script.write(to: file, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    program = Comparison.Program(peer: name, path: file.path)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  var path: String { program.path }
}

extension Contestant {
  /// For tests that need just one.
  static func alone(_ peer: String) -> Contestant { Contestant(peer: peer, workers: 1, isTuned: false) }
}
