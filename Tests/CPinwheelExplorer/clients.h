// Groups of clients, one a file.
#ifndef PX_CLIENTS_H
#define PX_CLIENTS_H

#include "CPinwheelExplorer.h"

extern const px_group px_litmus_group;
extern const px_group px_futex_group;
extern const px_group px_strict_group;
extern const px_group px_wait_group;
extern const px_group px_deque_group;
extern const px_group px_injector_group;
extern const px_group px_scope_group;
extern const px_group px_sleep_group;
extern const px_group px_guest_group;
extern const px_group px_region_group;
extern const px_group px_standby_group;
extern const px_group px_unrelated_group;
extern const px_group px_pools_group;
extern const px_group px_chain_group;
extern const px_group px_handover_group;
extern const px_group px_refused_group;
extern const px_group px_constrained_group;
extern const px_group px_loop_group;
extern const px_group px_team_group;
extern const px_group px_batch_group;
extern const px_group px_roster_group;
extern const px_group px_near_group;
extern const px_group px_whole_group;

#define PX_GROUP(group, clients) const px_group px_##group##_group = {#group, clients, sizeof clients / sizeof *clients}

#endif
