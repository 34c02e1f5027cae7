import Glibc

/// The text of a file of the kernel's (`/proc`, `/sys`), whose size is not known beforehand; nil if it can't be read.
package func contentsOfSystemFile(_ path: String) -> String? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var contents: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 4096)
  while true {
    // SAFETY: `chunk` is exclusively borrowed across the call, and read writes at most its size.
    let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { return nil }
    guard count > 0 else { break }
    contents += chunk[..<count]
  }
  return String(decoding: contents, as: UTF8.self)
}
