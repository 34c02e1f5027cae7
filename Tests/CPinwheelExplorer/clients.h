// Lists of clients, one a file.
#ifndef PX_CLIENTS_H
#define PX_CLIENTS_H

#include "CPinwheelExplorer.h"

typedef struct px_client_list {
  const px_client *clients;
  int count;
} px_client_list;

extern const px_client_list px_litmus_clients;
extern const px_client_list px_futex_clients;
extern const px_client_list px_strict_clients;
extern const px_client_list px_wait_clients;
extern const px_client_list px_sleep_clients;
extern const px_client_list px_loose_clients;
extern const px_client_list px_region_clients;
extern const px_client_list px_unrelated_clients;

#endif
