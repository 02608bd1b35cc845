/* Pure. Opens a spool file in its directory so that it can be mapped and restored: it renames a file that is not a
 * spool, resizes the ring, and repairs unreadable blocks.
 *
 * A ring of another capacity, or of version 0.1, is written to a second file, which is synced before it takes the name.
 */
#ifndef AGENT_SPOOL_SPOOL_OPEN_H
#define AGENT_SPOOL_SPOOL_OPEN_H

#include "common/disk.h"

#include <stdbool.h>
#include <stdint.h>

struct spool_opened {
    int file;        /* of the disk; locked, and as long as a spool of that capacity */
    bool unreadable; /* a part of it is zeros now, because it was missing, damaged or unreadable */
    int64_t aside_s; /* what had the name is now NAME.bad-<this>; 0: no such file. Also set after a failure */
};

/* name: shorter than 200 bytes. 0, or a negative errno (-EBUSY: another process has the file); then nothing is open. */
int spool_open(const struct disk *disk, const char *name, uint64_t capacity, struct spool_opened *opened);

#endif
