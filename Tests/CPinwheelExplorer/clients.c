#include <string.h>
#include "clients.h"

/// The simulator's own first, then the core's.
static const px_group *const groups[] = {
    &px_litmus_group,   &px_futex_group, &px_strict_group, &px_wait_group,   &px_unrelated_group, &px_deque_group,
    &px_injector_group, &px_scope_group, &px_sleep_group,  &px_guest_group, &px_region_group,    &px_pools_group,
    &px_standby_group,
    &px_chain_group,    &px_handover_group, &px_refused_group, &px_constrained_group, &px_loop_group,
    &px_team_group, &px_batch_group, &px_roster_group, &px_near_group, &px_whole_group,
};

int px_group_count(void) { return sizeof groups / sizeof *groups; }

px_group px_group_at(int index) { return *groups[index]; }

const px_client *px_find_client(const char *name) {
  for (int i = 0; i < px_group_count(); i++)
    for (int j = 0; j < groups[i]->count; j++)
      if (strcmp(groups[i]->clients[j].name, name) == 0) return &groups[i]->clients[j];
  return NULL;
}
