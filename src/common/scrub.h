/* Pure. Reads a file on a disk that may have bad blocks, and overwrites those blocks with zeros.
 *
 * Synchronous: for a worker or the start. */
#ifndef COMMON_SCRUB_H
#define COMMON_SCRUB_H

#include "common/disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRUB_BLOCK 4096U /* bytes that one bad place may cost */

/* Reads the first len bytes of the file, to `into` unless that is NULL, and overwrites blocks that can't be read with
 * zeros, so that a mapping of the file can be read. Beyond the end of the file there are zeros. *unreadable: set when
 * there was such a block. 0, or the negative errno of a block that can't be written either. */
int scrub_file(const struct disk *disk, int file, size_t len, uint8_t *into, bool *unreadable);

#endif
