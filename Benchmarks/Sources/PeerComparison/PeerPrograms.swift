internal import Foundation

/// Finds the peers' programs.
package enum PeerPrograms {
  private static let prefix = "peer-"

  /// Every `peer-*` that can be run in these folders; of equal names the first counts, and ours comes first.
  ///
  /// - Throws: ``UsageError`` if one of the folders that must be there is not, or if there is no peer.
  package static func find(in folders: [(path: String, mustExist: Bool)]) throws(UsageError) -> [Comparison.Program] {
    var found: [Comparison.Program] = []
    for folder in folders {
      let names: [String]
      do {
        names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      } catch {
        if !folder.mustExist { continue }
        throw UsageError("the folder of peers '\(folder.path)' cannot be read: \(error.localizedDescription)")
      }
      for name in names.sorted() where name.hasPrefix(prefix) {
        let path = folder.path + "/" + name
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
          FileManager.default.isExecutableFile(atPath: path)
        else { continue }
        let peer = String(name.dropFirst(prefix.count))
        if !found.contains(where: { $0.peer == peer }) { found.append(Comparison.Program(peer: peer, path: path)) }
      }
    }
    for folder in folders {
      for index in found.indices where found[index].staticPath == nil {
        let path = folder.path + "/static/" + prefix + found[index].peer
        if FileManager.default.isExecutableFile(atPath: path) { found[index].staticPath = path }
      }
    }
    if found.isEmpty {
      throw UsageError("there is no program \(prefix)* in \(folders.map(\.path).joined(separator: ", "))")
    }
    return found.sorted {
      ($0.peer == Contestant.ours ? 0 : 1, $0.peer) < ($1.peer == Contestant.ours ? 0 : 1, $1.peer)
    }
  }

  /// The peers that there can be.
  static let known = [
    "dispatch", "gomp", "nio", "omp", "pinwheel", "pinwheel-c", "pthreadpool", "rayon", "taskgroup", "tbb",
  ]

  /// Known peers that have no program, each with the reason that `build-peers` has left in the folder, if it has.
  package static func absent(from found: [Comparison.Program], in folder: String) -> [String] {
    known.filter { name in !found.contains { $0.peer == name } }.map { name in
      let reason = try? String(contentsOfFile: folder + "/absent-" + name, encoding: .utf8)
      return reason.map { "\(name) (\($0.trimmingCharacters(in: .whitespacesAndNewlines)))" } ?? name
    }
  }

  /// Those of these names, all if there are none.
  ///
  /// - Throws: ``UsageError`` for a name that no program has.
  package static func select(
    _ names: [String], of programs: [Comparison.Program]
  ) throws(UsageError) -> [Comparison.Program] {
    for name in names where !programs.contains(where: { $0.peer == name }) {
      throw UsageError("no peer is called '\(name)'; there are: \(programs.map(\.peer).joined(separator: ", "))")
    }
    return names.isEmpty ? programs : programs.filter { names.contains($0.peer) }
  }

  /// Where the script `build-peers` leaves its programs, seen from a program that the package manager has built.
  package static func defaultFolder(executable: String) -> String {
    let parts = executable.split(separator: "/")
    guard let build = parts.lastIndex(of: ".build") else { return ".build/peers" }
    return "/" + parts[...build].joined(separator: "/") + "/peers"
  }
}
