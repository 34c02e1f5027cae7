// Every setting's text, from the environment: ends with a value that reads back as the same, or with one line that
// names the variable and says what is allowed.
import PinwheelTopology

@testable import Pinwheel

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSettings(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // `places={0:4}`: what stands before the sign chooses, by its name or, if nothing has it, by its first byte.
  let input = text(bytes, count)
  let parts = input.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
  guard parts.count == 2 else { return 0 }
  let (name, value) = (String(parts[0]), String(parts[1]))
  if let key = SettingKey.all.first(where: { $0.name == name }) {
    read(key, value)
  } else if name == "cpus" {
    readCPUs(value)
  } else if let byte = name.utf8.first {
    read(SettingKey.all[Int(byte) % SettingKey.all.count], value)
  }
  return 0
}

private func read(_ key: SettingKey, _ text: String) {
  do throws(ConfigurationError) {
    let configuration = try PoolConfiguration(environment: [key.variable: text])
    let printed = key.text(configuration)
    do throws(ConfigurationError) {
      let again = try PoolConfiguration(environment: [key.variable: printed])
      must(key.text(again) == printed, "\(key.name): \(printed) reads back as \(key.text(again))")
      must(isSame(configuration, again), "\(key.name): \(printed) is another value")
    } catch {
      must(false, "\(key.name): \(printed), as printed, is refused: \(error)")
    }
  } catch {
    let message = error.description
    must(isOneLine(message), "more than a line: \(message)")
    must(message.utf8.starts(with: (key.variable + "=").utf8), "names neither variable nor value: \(message)")
    must(message.contains(key.allowed), "does not say what is allowed: \(message)")
    must(message.unicodeScalars.count < 1500, "too long: \(message)")
    must(error.value == text && error.key == key.name, "another value or key: \(error)")
  }
}

private func isSame(_ a: PoolConfiguration, _ b: PoolConfiguration) -> Bool {
  a.workers == b.workers && a.placementRequest == b.placementRequest && a.wait == b.wait && a.spin == b.spin
    && a.stackSize == b.stackSize && a.seed == b.seed && a.scheduling == b.scheduling && a.nice == b.nice
}

private func readCPUs(_ text: String) {
  guard let set = CPUSet(text) else { return }
  must(CPUSet(set.description) == set, "\(set) reads back as another set")
  must(set.isEmpty == (set.count == 0) && set.subtracting(set).isEmpty && set.union(set) == set, "\(set) is odd")
  guard let last = set.last, last < 1 << 16 else { return }
  must(set.affinityMask.reduce(0) { $0 + $1.nonzeroBitCount } == set.count, "\(set) has another mask")
}
