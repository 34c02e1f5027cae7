// CPinwheel: the lock-free core of Pinwheel. README.md beside the sources is the way in.
#ifndef PINWHEEL_CPINWHEEL_H
#define PINWHEEL_CPINWHEEL_H

#include "pw_atomic.h"
#include "pw_baton.h"
#include "pw_loop.h"
#include "pw_loose.h"
#include "pw_near.h"
#include "pw_slot.h"
#include "pw_pool.h"
#include "pw_system.h"
#include "pw_process.h"

#endif
