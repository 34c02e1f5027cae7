import Glibc
import PinwheelTopology

/// The directory with one lock file a core, open for as long as claims are made.
///
/// All processes of a user agree on it without being told: `pinwheel` in the runtime directory (`$XDG_RUNTIME_DIR`, else
/// `/run/user/UID`), else `/tmp/pinwheel-UID`. Users share one if a setting names it.
struct ClaimDirectory: ~Copyable {
  /// Why it can't be used.
  struct Refusal: Error {
    var path: String
    var reason: String
    /// There is none, and one can be made: nobody has claimed anything.
    var isAbsent = false
  }

  let path: String
  let descriptor: Int32
  /// The permissions of the files in it: whoever may make files may lock those of others.
  let fileMode: mode_t

  deinit { close(descriptor) }

  /// Opens the directory.
  ///
  /// - Parameters:
  ///   - named: What the setting names; nil: the user's own.
  ///   - creating: Whether to make it if it isn't there.
  static func open(_ named: String?, creating: Bool) -> Result<ClaimDirectory, Refusal> {
    let path = named ?? usersOwn
    func refusal(_ reason: String? = nil) -> Result<ClaimDirectory, Refusal> {
      let error = errno
      // What a pool that starts would find out, who makes it.
      let hindrance = reason == nil && error == ENOENT && !creating ? hindranceToMaking(path) : error
      return .failure(Refusal(path: path, reason: reason ?? describe(errno: hindrance), isAbsent: hindrance == 0))
    }
    // Of several processes that find nothing, one makes it.
    if creating, mkdir(path, 0o700) != 0, errno != EEXIST { return refusal() }
    // In /tmp anybody may have made it, or a link by its name.
    let follow = named == nil ? O_NOFOLLOW : 0
    let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | follow)
    guard descriptor >= 0 else { return refusal() }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let reason = describe(errno: errno)
      close(descriptor)
      return refusal(reason)
    }
    let directory = ClaimDirectory(path: path, descriptor: descriptor, fileMode: status.st_mode & 0o666)
    if named == nil, status.st_uid != geteuid() || status.st_mode & 0o022 != 0 {
      return refusal("it belongs to somebody else, or others may write to it")
    }
    return .success(directory)
  }

  /// Why a directory could not be made, as far as can be told without making it; 0: nothing would be in the way.
  private static func hindranceToMaking(_ path: String) -> Int32 {
    let trimmed = path.reversed().drop { $0 == "/" }
    let parent = String(trimmed.drop { $0 != "/" }.reversed())
    return access(parent.isEmpty ? "." : parent, W_OK | X_OK) == 0 ? 0 : errno
  }

  private static var usersOwn: String {
    // SAFETY: getenv's string is copied at once.
    if let value = getenv("XDG_RUNTIME_DIR") {
      let path = String(cString: value)
      if path.hasPrefix("/"), isDirectory(path) { return path + "/pinwheel" }
    }
    let user = geteuid()
    let runtime = "/run/user/\(user)"
    return isDirectory(runtime) ? runtime + "/pinwheel" : "/tmp/pinwheel-\(user)"
  }

  private static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
