/// What `pinwheel --version` prints; the package's next or latest tag.
let pinwheelVersion = "0.1.0"
