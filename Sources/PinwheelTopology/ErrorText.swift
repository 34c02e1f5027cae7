import Glibc

/// What the system says of an `errno` value.
package func describe(errno: Int32) -> String {
  // SAFETY: strerror(3) returns a terminated string, never NULL in glibc. It may be reused when this thread calls it
  // again; it is copied at once.
  String(cString: strerror(errno))
}
