import Foundation
import PeerKit
import Testing

@testable import PeerComparison

struct CatalogTests {
  @Test func familiesAreSelectedByNameGroupAndBeginning() throws {
    #expect(try FamilyCatalog.select([]).count == FamilyCatalog.all.count)
    #expect(try FamilyCatalog.select(["uts", "fib"]).map(\.name) == ["fib", "uts"])
    #expect(try FamilyCatalog.select(["loop.grain*"]).count == 7)
    #expect(try FamilyCatalog.select(["submission"]).allSatisfy { $0.group == .submission })
    #expect(throws: UsageError.self) { try FamilyCatalog.select(["fob"]) }
    #expect(throws: UsageError.self) { try FamilyCatalog.select(["nope*"]) }
  }

  @Test func laddersClimb() {
    for family in FamilyCatalog.all {
      for isQuick in [false, true] {
        let ladder = family.sizes.ladder(isQuick: isQuick)
        #expect(!ladder.isEmpty, "\(family.name)")
        #expect(ladder == ladder.sorted(), "\(family.name)")
      }
    }
    #expect(Family.Sizes.doubling(3...24).ladder(isQuick: false) == [3, 6, 12, 24])
    #expect(Family.Sizes.doubling(3...23).ladder(isQuick: false) == [3, 6, 12])
  }

  /// Sizes of trees are seeds: later ones have more nodes.
  @Test func laterTreesAreLarger() throws {
    for name in ["uts", "uts.fine"] {
      let family = try #require(FamilyCatalog.all.first { $0.name == name })
      let count = try #require(FamilyTable(everythingOf: Inline())[name])
      let nodes = family.sizes.ladder(isQuick: false).prefix(4).map { seed in onDeepStack { count(seed, 0).result } }
      #expect(nodes == nodes.sorted(), "\(name)")
      #expect(nodes[0] > 100_000, "\(name)")
    }
  }

  @Test func everyFamilyOfTheSwiftPeersIsInTheCatalog() {
    var table = FamilyTable(everythingOf: Inline())
    table.addTiles(Inline())
    table.addStart({ _ in Threads() }, end: { _ in })
    let known = Set(FamilyCatalog.all.map(\.name))
    #expect(table.names.filter { !known.contains($0) } == [])
    // Those that only other peers have.
    let elsewhere = FamilyCatalog.all.filter { $0.group == .deques }.map(\.name)
    #expect(known.subtracting(table.names) == Set(elsewhere))
  }

  @Test func askedSizesReplaceThoseOfTheBudget() throws {
    let families = try FamilyCatalog.select(["fib", "mergesort", "matmul"])
    func sizes(_ words: [String], isUsersList: Bool = true) throws(UsageError) -> [Int?] {
      try FamilyCatalog.resize(families, words, isUsersList: isUsersList).map(\.askedSize)
    }
    #expect(try sizes(["fib=39", "mergesort=100000"]) == [39, nil, 100_000])
    #expect(
      try sizes(FamilyCatalog.fullSizes.split(separator: ",").map(String.init), isUsersList: false) == [39, 2048, nil])
    for word in ["fib", "fib=", "fib=x", "fib=-1", "fib=9", "fob=39", "uts=5", "matmul=100", "mergesort=3", "fib=39=1"]
    {
      #expect(throws: UsageError.self, "\(word)") { try sizes([word]) }
    }
  }

  @Test func anExtraThatFitsNoFamilyIsAMistake() throws {
    let loops = try FamilyCatalog.select(["loops"])
    let fib = try FamilyCatalog.select(["fib"])
    let uts = try FamilyCatalog.select(["uts"])
    #expect(throws: UsageError.self) { try Extra.select([.memory], for: loops, isQuick: false) }
    #expect(throws: UsageError.self) { try Extra.select([.copies], for: loops, isQuick: false) }
    #expect(throws: UsageError.self) {
      try Extra.select([.scaling], for: try FamilyCatalog.select(["idle"]), isQuick: true)
    }
    #expect(try Extra.select(nil, for: loops, isQuick: false) == [.oversubscribed, .scaling])
    #expect(try Extra.select(nil, for: fib, isQuick: true) == Extra.allCases)
    #expect(try Extra.select([], for: fib, isQuick: true) == [])
    // Whoever names one family wants that one.
    #expect(Extra.scaling.families(among: uts, isQuick: true).map(\.name) == ["uts"])
    #expect(Extra.scaling.families(among: uts + fib, isQuick: true).map(\.name) == ["fib"])
  }

  @Test func programsAreFoundByTheirNames() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "peers-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder.appending(path: "peer-folder"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, mode) in [("peer-tbb", 0o755), ("peer-pinwheel", 0o755), ("peer-notes", 0o644), ("other", 0o755)] {
      let file = folder.appending(path: name)
      try "".write(to: file, atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }
    let found = try PeerPrograms.find(in: [(path: folder.path, mustExist: true)])
    #expect(found.map(\.peer) == ["pinwheel", "tbb"])
    #expect(try PeerPrograms.select(["tbb"], of: found).map(\.peer) == ["tbb"])
    #expect(throws: UsageError.self) { try PeerPrograms.select(["rayon"], of: found) }
    #expect(throws: UsageError.self) { try PeerPrograms.find(in: [(path: "/nowhere", mustExist: true)]) }
    #expect(throws: UsageError.self) { try PeerPrograms.find(in: [(path: "/nowhere", mustExist: false)]) }
    // The same program with the standard library in it lies beside, and the reason why another one is absent.
    #expect(found.map(\.staticPath) == [nil, nil])
    try FileManager.default.createDirectory(at: folder.appending(path: "static"), withIntermediateDirectories: true)
    let file = folder.appending(path: "static/peer-pinwheel")
    try "".write(to: file, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    try "no cargo\n".write(to: folder.appending(path: "absent-rayon"), atomically: true, encoding: .utf8)
    try "built since\n".write(to: folder.appending(path: "absent-tbb"), atomically: true, encoding: .utf8)
    let again = try PeerPrograms.find(in: [(path: folder.path, mustExist: true)])
    #expect(again.map(\.staticPath) == [file.path, nil])
    let absent = PeerPrograms.absent(from: again, in: folder.path)
    #expect(absent.contains("rayon (no cargo)") && absent.contains("gomp"), "\(absent)")
    #expect(!absent.contains { $0.hasPrefix("tbb") || $0 == "pinwheel" }, "\(absent)")
    #expect(PeerPrograms.defaultFolder(executable: "/a/.build/x86/release/peers") == "/a/.build/peers")
  }

  @Test func aPageShowsEveryFamilyAndEscapesNames() throws {
    let row = FamilyResult.Row(
      kind: .parallel, contestant: .alone("<b>"), size: 1, figure: try #require(Summary([1])), cpus: nil, complete: nil)
    var report = Report(
      machine: .init(
        processor: "p", kernel: "k", usableCPUs: "0", usableCPUCount: 1, usableCores: 1, quota: nil, load: nil),
      options: Options(workers: 1), yardsticks: Yardsticks(cacheLine: nil, wake: nil, roundsPerNanosecond: 1))
    report.families = [
      FamilyResult(name: "fib", group: .forkJoin, summary: "", operation: "call", figure: .time, size: 1, rows: [row])
    ]
    let page = HTMLReport.page(report)
    #expect(page.contains("<svg"))
    #expect(page.contains("&lt;b&gt;"))
    #expect(!page.contains("<b>"))
    #expect(try report.json().contains("\"fib\""))
    // What is written as it goes says that there is more to come.
    #expect(page.contains("Ended early"))
    #expect(try report.json().contains("\"isComplete\" : false"))
    report.isComplete = true
    #expect(!HTMLReport.page(report).contains("Ended early"))
  }
}
