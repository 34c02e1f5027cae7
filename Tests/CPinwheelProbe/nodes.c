// On which NUMA node memory lies, by the kernel's word.
#define _GNU_SOURCE
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "CPinwheel.h"
#include "CPinwheelProbe.h"

int probe_node_of(const void *address) {
  void *page = (void *)((uintptr_t)address & ~(uintptr_t)4095);
  int status = -EIO;
  // Without a list of nodes move_pages(2) moves nothing, and tells.
  return syscall(SYS_move_pages, 0, 1ul, &page, NULL, &status, 0) == 0 ? status : -errno;
}

int probe_prefer_node(int node) {
  enum { BIND = 2 }; // MPOL_BIND
  unsigned long nodes = 1ul << node;
  return syscall(SYS_set_mempolicy, BIND, &nodes, 8 * sizeof nodes) == 0 ? 0 : errno;
}

/// Touches the lower end of a large frame, well below what the C library has written.
static __attribute__((noinline)) int node_of_stack(void) {
  volatile char frame[1 << 17];
  frame[0] = 1;
  return probe_node_of((const void *)frame);
}

probe_slot_nodes probe_nodes_of_own_slot(void) {
  pw_slot *slot = pw_current();
  probe_slot_nodes nodes = {-ENOENT, -ENOENT, -ENOENT, -ENOENT, -ENOENT, node_of_stack(), probe_node_of(&pw_this_thread)};
  if (slot == NULL) return nodes;
  nodes.lines = probe_node_of(slot);
  nodes.counters = probe_node_of(&slot->counters);
  nodes.entries = probe_node_of(slot->jobs);
  nodes.calls = probe_node_of(slot->calls);
  nodes.deque = probe_node_of((void *)slot->deque.buffer);
  return nodes;
}
