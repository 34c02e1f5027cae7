import CHwloc
import Glibc

/// A topology loaded by hwloc, and the only place that touches hwloc's memory: everything is copied out as values.
struct HwlocTopology: ~Copyable {
  private let handle: hwloc_topology_t

  deinit {
    // SAFETY: `handle` came from hwloc_topology_init, is owned by this value alone, and is not used after deinit.
    hwloc_topology_destroy(handle)
  }

  private init() throws(TopologyError) {
    var created: hwloc_topology_t?
    errno = 0
    // SAFETY: the out parameter lives across the call.
    guard hwloc_topology_init(&created) == 0, let created else {
      throw .hwlocFailed(call: "hwloc_topology_init", reason: Self.lastError)
    }
    handle = created
  }

  /// Loads a topology.
  ///
  /// hwloc quietly describes the running machine when it is given a description that it can't read, so each step is
  /// checked, and the outcome too.
  static func load(_ source: Machine.Source) throws(TopologyError) -> HwlocTopology {
    let topology = try HwlocTopology()
    try topology.load(source)
    return topology
  }

  private func load(_ source: Machine.Source) throws(TopologyError) {
    errno = 0
    // What is not allowed is asked for as well: `tree` leaves it out, and pictures show where it is.
    var flags = UInt(HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED.rawValue)
    // Without this flag hwloc may move the calling thread over all CPUs to ask each one about itself.
    if source == .real { flags |= UInt(HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING.rawValue) }
    // SAFETY: `handle` is initialised and not loaded yet.
    guard hwloc_topology_set_flags(handle, flags) == 0 else {
      throw Self.failure(source, call: "hwloc_topology_set_flags")
    }
    let set: CInt
    switch source {
    // SAFETY (all cases): `handle` is initialised and not loaded yet; the strings live across the calls.
    case .real: set = 0
    case .synthetic(let description):
      set = hwloc_topology_set_synthetic(handle, description)
    case .xml(let path):
      set = hwloc_topology_set_xml(handle, path)
    }
    guard set == 0 else { throw Self.failure(source, call: "hwloc_topology_set") }
    // SAFETY: `handle` is initialised, and loaded once.
    guard hwloc_topology_load(handle) == 0 else { throw Self.failure(source, call: "hwloc_topology_load") }
    // HWLOC_THISSYSTEM makes hwloc take any description for the running machine, so it would be no proof.
    if source != .real, describesThisSystem, getenv("HWLOC_THISSYSTEM") == nil {
      throw .notLoaded(source: source, reason: "hwloc described the running machine instead")
    }
  }

  private static func failure(_ source: Machine.Source, call: String) -> TopologyError {
    switch source {
    case .real: .hwlocFailed(call: call, reason: lastError)
    case .synthetic, .xml: .notLoaded(source: source, reason: "hwloc can't read it: \(lastError)")
    }
  }

  private static var lastError: String {
    guard errno != 0 else { return "it gives no reason" }
    return describe(errno: errno)
  }

  /// Whether the topology is that of the running machine: users can set `HWLOC_SYNTHETIC` and others in the
  /// environment.
  var describesThisSystem: Bool {
    // SAFETY: `handle` is loaded.
    hwloc_topology_is_thissystem(handle) == 1
  }

  /// The affinity mask of the process' main thread; nil if the system doesn't tell.
  var mainThreadMask: CPUSet? {
    // SAFETY: the bitmap is freed once, after its last use.
    guard let mask = hwloc_bitmap_alloc() else { return nil }
    defer { hwloc_bitmap_free(mask) }
    // On Linux the main thread's id is the process' id. hwloc grows its mask until the kernel's fits.
    // SAFETY: `handle` is loaded and `mask` is a live bitmap.
    guard hwloc_get_proc_cpubind(handle, getpid(), mask, CInt(HWLOC_CPUBIND_THREAD.rawValue)) == 0 else { return nil }
    return CPUSet(hwloc: mask)
  }

  /// The whole machine, copied: with the CPUs and memory nodes that are not allowed, and those that are off where it is
  /// known what they are in.
  var wholeTree: MachineNode? {
    // SAFETY: `handle` is loaded; its objects live as long as it does, and the copy keeps no pointer to them.
    guard let root = hwloc_get_root_obj(handle) else { return nil }
    return MachineNode(hwloc: root, allowedNodes: allowedNodes)
  }

  /// The CPUs that are on and allowed.
  var allowedCPUs: CPUSet {
    // SAFETY: `handle` is loaded and owns both bitmaps, which are only read.
    guard let allowed = hwloc_topology_get_allowed_cpuset(handle), let on = hwloc_topology_get_topology_cpuset(handle)
    else { return [] }
    return CPUSet(hwloc: allowed).intersection(CPUSet(hwloc: on))
  }

  /// The numbers of the memory nodes that the process may allocate on.
  var allowedNodes: CPUSet {
    // SAFETY: `handle` is loaded and owns the bitmap, which is only read.
    hwloc_topology_get_allowed_nodeset(handle).map { CPUSet(hwloc: $0) } ?? []
  }

  /// All CPUs that hwloc has seen, also those that are off or not allowed.
  var completeCPUs: CPUSet {
    // SAFETY: `handle` is loaded and owns the bitmap, which is only read.
    hwloc_topology_get_complete_cpuset(handle).map { CPUSet(hwloc: $0) } ?? []
  }

  /// The first table of latencies between allowed memory nodes; nil if there is none for at least two of them.
  var distances: NodeDistances? {
    var count: CUnsignedInt = 1
    var table: UnsafeMutablePointer<hwloc_distances_s>?
    let kind = UInt(HWLOC_DISTANCES_KIND_MEANS_LATENCY.rawValue)
    // SAFETY: `handle` is loaded; room for one table is passed and said.
    guard hwloc_distances_get_by_type(handle, HWLOC_OBJ_NUMANODE, &count, &table, kind, 0) == 0, count > 0, let table
    else { return nil }
    // SAFETY: the table was handed out by hwloc, and is not used after this scope.
    defer { hwloc_distances_release(handle, table) }
    let size = Int(table.pointee.nbobjs)
    guard size > 1, let objects = table.pointee.objs, let values = table.pointee.values else { return nil }
    // SAFETY: there are `size` objects, null for those that a restriction removed, and a value for each pair.
    let allowed = allowedNodes
    let known = (0..<size).compactMap { index in objects[index].map { (index, node: Int($0.pointee.os_index)) } }
      .filter { allowed.contains($0.node) }.sorted { $0.node < $1.node }
    guard known.count > 1 else { return nil }
    return NodeDistances(
      nodes: known.map(\.node), values: known.map { from in known.map { to in values[from.0 * size + to.0] } })
  }

  /// The kinds of CPU that hwloc knows of, slowest first if it can rank them.
  var kinds: [Machine.CPUKind] {
    // SAFETY: the bitmap is freed once, after its last use.
    guard let cpus = hwloc_bitmap_alloc() else { return [] }
    defer { hwloc_bitmap_free(cpus) }
    // SAFETY: `handle` is loaded.
    let count = hwloc_cpukinds_get_nr(handle, 0)
    return (0..<max(count, 0)).compactMap { index in
      var (efficiency, infoCount) = (CInt(-1), CUnsignedInt(0))
      var infos: UnsafeMutablePointer<hwloc_info_s>?
      // SAFETY: the out parameters live across the call; `infos` stays owned by the topology.
      guard hwloc_cpukinds_get_info(handle, CUnsignedInt(index), cpus, &efficiency, &infoCount, &infos, 0) == 0 else {
        return nil
      }
      var details: [String: String] = [:]
      // SAFETY: hwloc filled in `infoCount` pairs of terminated strings, which live as long as `handle`.
      for info in UnsafeBufferPointer(start: infos, count: Int(infoCount)) {
        details[String(cString: info.name)] = String(cString: info.value)
      }
      return Machine.CPUKind(
        cpus: CPUSet(hwloc: cpus), efficiency: efficiency < 0 ? nil : Int(efficiency), details: details)
    }
  }
}

extension CPUSet {
  /// A copy of a bitmap; an infinite one (hwloc's way to say "all") gives the CPUs up to its last change.
  fileprivate init(hwloc bitmap: hwloc_const_bitmap_t) {
    var runs: [Range<Int>] = []
    // SAFETY (all calls): the caller's bitmap lives across this initialiser, and is only read.
    var low = hwloc_bitmap_next(bitmap, -1)
    while low >= 0 {
      let high = hwloc_bitmap_next_unset(bitmap, low)
      guard high > low else { break }
      runs.append(Int(low)..<Int(high))
      low = hwloc_bitmap_next(bitmap, high - 1)
    }
    self.init(coalescing: runs)
  }
}

extension MachineNode {
  /// A copy of an object and all below it, but for I/O and annotations. CPUs of which nothing is known but that they are
  /// in this object, as of a core with a thread that is off, come last.
  fileprivate init(hwloc object: hwloc_obj_t, allowedNodes: CPUSet) {
    // SAFETY: the caller's topology owns the object and all that it points to, and outlives this initialiser. The
    // member of `attr` is chosen by the object's type, as hwloc.h lays down; cpuset is never null for these types.
    let node = object.pointee
    let osIndex = node.os_index == .max ? nil : Int(node.os_index)
    let number = osIndex ?? Int(node.logical_index)
    var children: [MachineNode] = []
    for first in [node.memory_first_child, node.first_child] {
      var next = first
      while let child = next {
        children.append(MachineNode(hwloc: child, allowedNodes: allowedNodes))
        next = child.pointee.next_sibling
      }
    }
    let all = node.complete_cpuset.map { CPUSet(hwloc: $0) } ?? []
    // Memory tells nothing: its CPUs are those of what it hangs at. Nor does the whole machine.
    if node.parent != nil, hwloc_obj_type_is_normal(node.type) == 1, node.type != HWLOC_OBJ_PU {
      children += all.subtracting(children.reduce(CPUSet()) { $1.isMemory ? $0 : $0.union($1.cpus) })
        .map { Self.cpu($0) }
    }

    var bytes: UInt64?
    if node.type == HWLOC_OBJ_NUMANODE {
      bytes = node.attr?.pointee.numanode.local_memory
    } else if hwloc_obj_type_is_cache(node.type) == 1 || node.type == HWLOC_OBJ_MEMCACHE {
      bytes = node.attr?.pointee.cache.size
    }
    if bytes == 0 { bytes = nil }

    let kind = Self.kind(of: node.type)
    let subtype = node.subtype.map { String(cString: $0) }
    let isBarred = node.type == HWLOC_OBJ_NUMANODE && !allowedNodes.contains(number)
    self.init(
      kind: kind, osIndex: osIndex, bytes: bytes,
      label: Self.label(kind: kind, number: number, bytes: bytes, subtype: subtype) + (isBarred ? ", not allowed" : ""),
      cpus: all, children: children)
  }

  private static func kind(of type: hwloc_obj_type_t) -> String {
    switch type {
    case HWLOC_OBJ_PU: cpuKind
    case HWLOC_OBJ_CORE: coreKind
    case HWLOC_OBJ_PACKAGE: packageKind
    case HWLOC_OBJ_NUMANODE: memoryKind
    case HWLOC_OBJ_MEMCACHE: memoryCacheKind
    case HWLOC_OBJ_L1CACHE: "L1"
    case HWLOC_OBJ_L2CACHE: "L2"
    case HWLOC_OBJ_L3CACHE: "L3"
    case HWLOC_OBJ_L4CACHE: "L4"
    case HWLOC_OBJ_L5CACHE: "L5"
    // SAFETY: returns a string constant for every type.
    default: String(cString: hwloc_obj_type_string(type))
    }
  }
}
