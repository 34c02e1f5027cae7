#include <string.h>
#include "clients.h"

const px_client *px_find_client(const char *name) {
  const px_client_list *lists[] = {&px_litmus_clients, &px_futex_clients, &px_strict_clients, &px_wait_clients,
                                   &px_sleep_clients,  &px_loose_clients, &px_region_clients, &px_unrelated_clients};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    for (int j = 0; j < lists[i]->count; j++)
      if (strcmp(lists[i]->clients[j].name, name) == 0) return &lists[i]->clients[j];
  return NULL;
}
