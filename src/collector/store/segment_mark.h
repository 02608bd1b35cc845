/* Pure. The file NAME.synced: up to which byte the live file was synced.
 *
 * After a power failure the live file may hold anything behind that byte, and good rows among it: those must be cut
 * with the rest, so that agents send all of it again. Before it, an invalid row is one that the disk has damaged, and
 * the rows behind it are good.
 *
 *     offset 0 and 2048:  headroom-synced 1,NUMBER,LENGTH,CHECKSUM
 *
 * NUMBER and LENGTH have 16 hex digits; CHECKSUM is FNV-1a, 64 bits in hex, of what precedes it. The second record is a
 * copy, should the first one be damaged. They are written after each sync, and not synced themselves: an older record
 * names less than what is synced, and is still true. A file without a whole record says that nothing is known to be
 * synced. */
#ifndef COLLECTOR_STORE_SEGMENT_MARK_H
#define COLLECTOR_STORE_SEGMENT_MARK_H

#include "common/disk.h"

#include <stdint.h>

struct segment_mark {
    const struct disk *disk;
    int file; /* -1: closed */
};

struct segment_mark_found {
    uint64_t number; /* of the live file, as a segment; 0: no record */
    uint64_t length;
};

/* Reads what the last process left. */
struct segment_mark_found segment_mark_read(const struct disk *disk, const char *name);

/* Makes that record the file's content, durably; the caller syncs the names. 0 or a negative errno; then it is closed.
 */
int segment_mark_open(struct segment_mark *mark, const struct disk *disk, const char *name,
                      const struct segment_mark_found *record);
void segment_mark_close(struct segment_mark *mark);

/* Notes that so much of the live file is synced; only where the mark is open. What fails leaves the record before. */
void segment_mark_note(struct segment_mark *mark, const struct segment_mark_found *record);

#endif
