// hwloc (Debian: libhwloc-dev), for PinwheelTopology.
#ifndef PINWHEEL_CHWLOC_SHIM_H
#define PINWHEEL_CHWLOC_SHIM_H
#include <hwloc.h>
#endif
