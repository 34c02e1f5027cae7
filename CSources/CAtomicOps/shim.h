// Finds libatomic_ops for the package (pkg-config: atomic_ops). It includes nothing: the one header that sees
// <atomic_ops.h> is CPinwheel's pw_atomic.h, which names every order it uses.
#ifndef PINWHEEL_CATOMICOPS_SHIM_H
#define PINWHEEL_CATOMICOPS_SHIM_H
#endif
