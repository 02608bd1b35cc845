/* Pure. How much of a series is behind a place, in bytes of its files: what the collector counts for retain-size. */
#ifndef BRIDGE_FORWARD_TAIL_BEHIND_H
#define BRIDGE_FORWARD_TAIL_BEHIND_H

#include "bridge/forward/tail.h"

#include <stdint.h>

/* The disk as it is, without the view of tail.h. place: of tail_place(). 0 or a negative errno. */
int tail_behind_bytes(const struct disk *disk, const char *name, const struct tail_place *place, uint64_t *bytes);

#endif
