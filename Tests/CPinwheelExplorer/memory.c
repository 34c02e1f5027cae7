// The view machine: every location keeps all its messages, every thread the oldest one that it may still read.
#include <string.h>
#include "simulator.h"

/// Who touched a plain payload last, for the race check.
typedef struct plain_location {
  const volatile void *address;
  uint64_t execution;
  int writer;
  int16_t write_clock;
  int16_t read_clock[PX_THREADS];
  const px_site *write_site;
  const px_site *read_site[PX_THREADS];
} plain_location;

enum { BUCKETS = 1024 };

static px_location locations[PX_LOCATIONS];
static int location_count;
static px_message messages[PX_MESSAGES];
static int message_count;
static plain_location plains[BUCKETS];
static px_view sequential;
static uint64_t sequential_hash;
static uint64_t locations_hash;
static uint64_t execution;
/// Address to location. Entries of earlier executions are dead: a reset costs nothing.
static struct bucket {
  uint64_t execution;
  const volatile void *address;
  int location;
} buckets[BUCKETS];

void px_memory_reset(int threads) {
  execution++;
  location_count = 0;
  message_count = 0;
  sequential_hash = 1;
  locations_hash = 0;
  memset(&sequential, 0, sizeof sequential);
  for (int i = 0; i < threads; i++) {
    px_memory_thread *thread = &px_sim.threads[i].memory;
    memset(thread, 0, sizeof *thread);
    thread->hash = px_mix(7, (uint64_t)i);
    thread->floor = -1;
  }
}

static unsigned bucket_of(const volatile void *p) { return (unsigned)(((uintptr_t)p * 0x9e3779b97f4a7c15u) >> 54); }

/// Views are only as long as the locations in use.
static int lanes_in_use(void) { return (PX_THREADS + location_count + 7) / 8; }

static void join(px_view *into, const px_view *other) {
  for (int i = 0, n = lanes_in_use(); i < n; i++) {
    px_lanes a = into->lanes[i], b = other->lanes[i], newer = a > b;
    into->lanes[i] = (a & newer) | (b & ~newer);
  }
}

static px_message *new_message(size_t value, int writer, int previous) {
  if (message_count == PX_MESSAGES) px_fail(PX_MISUSE, "more than %d stores in one execution", PX_MESSAGES);
  int index = message_count++;
  px_message *message = &messages[index];
  message->value = value;
  message->serial = index;
  message->writer = (int16_t)writer;
  message->previous = previous;
  message->stamp = 0;
  return message;
}

// Stamps leave room for stores that come later but enter the order earlier (2+2W). An update takes the very next stamp
// after the message that it read, so that nothing can come between the two.
enum { STAMP_STEP = 8, LAST_STAMP = INT16_MAX - STAMP_STEP };

/// The message that follows the `n`th newest one, which is not the newest.
static px_message *successor(const px_location *location, int n) { return px_nth_newest(location, n - 1); }

bool px_room_after(const px_location *location, int n) {
  return n == 0 || successor(location, n)->stamp - px_nth_newest(location, n)->stamp > 1;
}

/// Puts a message into the location's order, right after the `n`th newest.
static px_message *insert(px_location *location, int n, size_t value, bool update) {
  px_message *before = px_nth_newest(location, n), *after = n > 0 ? successor(location, n) : NULL;
  px_message *message = new_message(value, px_sim.current, (int)(before - messages));
  int step = after ? (after->stamp - before->stamp) / 2 : STAMP_STEP;
  message->stamp = (int16_t)(before->stamp + (update ? 1 : step));
  if (message->stamp > LAST_STAMP) px_fail(PX_MISUSE, "too many stores to one location in one execution");
  if (after) after->previous = message->serial;
  else location->newest = message->serial;
  return message;
}

px_location *px_locate(const volatile size_t *p) {
  unsigned i = bucket_of(p);
  while (buckets[i].execution == execution && buckets[i].address != p) i = (i + 1) % BUCKETS;
  if (buckets[i].execution != execution) {
    // First use: what is there now came from the set-up and is known to all.
    if (location_count == PX_LOCATIONS) px_fail(PX_MISUSE, "more than %d locations", PX_LOCATIONS);
    px_location *location = &locations[location_count];
    *location = (px_location){.address = (volatile size_t *)p, .newest = -1, .hash = 0};
    px_message *message = new_message(*p, -1, -1);
    location->newest = message->serial;
    memset(&message->view, 0, sizeof message->view);
    // Not new in the sense of the fairness rule.
    message->serial = -1;
    message->hash = px_mix((uintptr_t)p, *p);
    buckets[i] = (struct bucket){execution, p, location_count++};
  }
  px_location *location = &locations[buckets[i].location];
  if (messages[location->newest].value != *p)
    px_fail(PX_MISUSE, "a plain store changed a word that is used atomically: %#zx became %#zx",
            messages[location->newest].value, (size_t)*p);
  return location;
}

int px_readable(const px_memory_thread *thread, const px_location *location) {
  int oldest = thread->current.at[location - locations], count = 0;
  for (int i = location->newest; i >= 0; i = messages[i].previous) {
    if (messages[i].stamp < oldest) break;
    count++;
    if (messages[i].serial <= thread->floor) break;
  }
  return count;
}

px_message *px_nth_newest(const px_location *location, int n) {
  int i = location->newest;
  while (n-- > 0) i = messages[i].previous;
  return &messages[i];
}

void px_memory_read(px_memory_thread *thread, const px_location *location, const px_message *message, bool acquire) {
  long slot = location - locations;
  if (thread->current.at[slot] < message->stamp) thread->current.at[slot] = message->stamp;
  join(acquire ? &thread->current : &thread->acquired, &message->view);
  thread->hash = px_mix(thread->hash, message->hash);
}

void px_memory_write(
    px_memory_thread *thread, px_location *location, size_t value, bool release, int behind, bool update) {
  long slot = location - locations;
  const px_message *read = px_nth_newest(location, behind);
  px_message *message = insert(location, behind, value, update);
  thread->current.at[slot] = message->stamp;
  message->view = release ? thread->current : thread->released;
  message->view.at[slot] = message->stamp;
  if (update) {
    join(&message->view, &read->view);
    memset(&thread->stored, 0, sizeof thread->stored);
  } else {
    thread->stored.at[slot] = message->stamp;
  }
  thread->hash = px_mix(thread->hash, value + (uint64_t)behind);
  message->hash = px_mix(thread->hash, (uintptr_t)location->address);
  locations_hash ^= location->hash;
  location->hash = px_mix(location->hash, message->hash);
  locations_hash ^= location->hash;
  if (behind == 0) *location->address = value;
  px_sim.stores++;
}

void px_memory_fence(px_memory_thread *thread) {
  join(&thread->current, &thread->acquired);
  join(&thread->current, &sequential);
  sequential = thread->current;
  thread->released = thread->current;
  memset(&thread->stored, 0, sizeof thread->stored);
  sequential_hash = px_mix(sequential_hash, thread->hash);
  thread->hash = px_mix(thread->hash, sequential_hash);
}

void px_memory_fence_loads(px_memory_thread *thread) {
  join(&thread->current, &thread->acquired);
  join(&thread->current, &sequential);
  // What it knows of a location only by a store of its own is not for others yet; nor are its plain writes.
  px_view known = thread->current;
  for (int i = 0, n = lanes_in_use(); i < n; i++) {
    px_lanes own = (thread->stored.lanes[i] == known.lanes[i]) & (known.lanes[i] != 0);
    known.lanes[i] &= ~own;
  }
  known.clock[px_sim.current] = 0;
  join(&sequential, &known);
  sequential_hash = px_mix(sequential_hash, thread->hash);
  thread->hash = px_mix(thread->hash, sequential_hash);
}

void px_memory_catch_up(px_memory_thread *thread) {
  // Separate from the view: what a thread would see sooner or later must not travel with its release stores.
  thread->floor = message_count - 1;
  thread->hash = px_mix(thread->hash, locations_hash);
}

uint64_t px_memory_hash(void) { return px_mix(sequential_hash, locations_hash); }

static plain_location *find_plain(const volatile void *p) {
  unsigned i = bucket_of(p);
  while (plains[i].execution == execution && plains[i].address != p) i = (i + 1) % BUCKETS;
  if (plains[i].execution != execution) {
    memset(&plains[i], 0, sizeof plains[i]);
    plains[i].execution = execution;
    plains[i].address = p;
    plains[i].writer = -1;
  }
  return &plains[i];
}

void px_memory_plain(px_memory_thread *thread, const volatile void *p, bool write, const px_site *site) {
  plain_location *plain = find_plain(p);
  int me = px_sim.current;
  if (plain->writer >= 0 && plain->writer != me && thread->current.clock[plain->writer] < plain->write_clock)
    px_fail(PX_DATA_RACE, "thread %d's plain %s at %s:%d races with thread %d's write at %s:%d", me,
            write ? "write" : "read", site->file, site->line, plain->writer, plain->write_site->file,
            plain->write_site->line);
  if (!write) {
    plain->read_clock[me] = thread->current.clock[me];
    plain->read_site[me] = site;
    return;
  }
  for (int other = 0; other < PX_THREADS; other++)
    if (other != me && plain->read_clock[other] > thread->current.clock[other])
      px_fail(PX_DATA_RACE, "thread %d's plain write at %s:%d races with thread %d's read at %s:%d", me, site->file,
              site->line, other, plain->read_site[other]->file, plain->read_site[other]->line);
  plain->writer = me;
  plain->write_clock = thread->current.clock[me];
  plain->write_site = site;
}
