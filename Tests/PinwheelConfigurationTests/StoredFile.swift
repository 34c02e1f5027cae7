import Foundation

/// A file that is gone with the last reference.
final class StoredFile: Sendable {
  let path: String
  private let folder: URL

  init(bytes: [UInt8], name: String = "pinwheel.yaml") throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "pinwheel-\(UUID().uuidString)")
    path = folder.appending(path: name).path
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  convenience init(_ content: String, name: String = "pinwheel.yaml") throws {
    try self.init(bytes: Array(content.utf8), name: name)
  }

  /// Other contents, in the same file or in another one in its place.
  func write(_ content: String) throws { try Data(content.utf8).write(to: URL(fileURLWithPath: path)) }
  func replace(_ content: String) throws {
    try Data(content.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }
}

/// Runs `body` with the path of a file of this content, which is gone afterwards.
func withFile<R>(_ content: String, _ body: (_ path: String) throws -> R) throws -> R {
  try withFile(bytes: Array(content.utf8), body)
}

func withFile<R>(bytes: [UInt8], _ body: (_ path: String) throws -> R) throws -> R {
  let file = try StoredFile(bytes: bytes)
  return try withExtendedLifetime(file) { try body(file.path) }
}
