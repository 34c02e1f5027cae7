/// Where a submitted job's closure lies, and later its result: four words of whatever type, or an address if the value
/// needs more.
///
/// SAFETY, for all of it: the caller knows which type lies there, if any, and that nobody else touches it meanwhile
/// (``SubmittedJob``); `fill` on an empty room, `take` and `clear` on a full one, once each.
@usableFromInline
struct JobRoom {
  @usableFromInline var words = (0, 0, 0, 0)

  @inlinable init() {}

  @inlinable
  static func holds<T>(_ type: T.Type) -> Bool {
    MemoryLayout<T>.size <= MemoryLayout<JobRoom>.size && MemoryLayout<T>.alignment <= MemoryLayout<JobRoom>.alignment
  }

  /// Where a value of that type lies, in a room that is full.
  @inlinable
  static func place<T>(_ room: UnsafeMutablePointer<JobRoom>, _ type: T.Type) -> UnsafeMutablePointer<T> {
    let here = UnsafeMutableRawPointer(room)
    return holds(type)
      ? here.assumingMemoryBound(to: type) : here.load(as: UnsafeMutablePointer<T>.self)
  }

  @inlinable
  static func fill<T>(_ room: UnsafeMutablePointer<JobRoom>, with value: consuming T) {
    let here = UnsafeMutableRawPointer(room)
    if holds(T.self) {
      here.initializeMemory(as: T.self, to: value)
    } else {
      let elsewhere = UnsafeMutablePointer<T>.allocate(capacity: 1)
      elsewhere.initialize(to: value)
      here.storeBytes(of: elsewhere, as: UnsafeMutablePointer<T>.self)
    }
  }

  @inlinable
  static func look<T>(_ room: UnsafeMutablePointer<JobRoom>, _ type: T.Type) -> T { place(room, type).pointee }

  @inlinable
  static func take<T>(_ room: UnsafeMutablePointer<JobRoom>, _ type: T.Type) -> T {
    let place = place(room, type)
    defer { if !holds(type) { place.deallocate() } }
    return place.move()
  }

  @inlinable
  static func clear<T>(_ room: UnsafeMutablePointer<JobRoom>, of type: T.Type) {
    let place = place(room, type)
    place.deinitialize(count: 1)
    if !holds(type) { place.deallocate() }
  }
}

/// A closure as it is stored in a field: two words, whatever its types.
@usableFromInline
struct StoredJob<Value, Failure: Error> {
  @usableFromInline let job: @Sendable () throws(Failure) -> Value
  @inlinable init(_ job: consuming @escaping @Sendable () throws(Failure) -> Value) { self.job = consume job }
}
