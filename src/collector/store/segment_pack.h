/* Pure. Compresses a segment, in steps of at most COMPRESSED_CONTENT_MAX bytes of its rows, between which the caller
 * may rest. Synchronous: for a worker thread, by one thread at a time.
 *
 *     NAME.csv.zst.new  is written and synced, then read again from the disk and compared with the segment;
 *     NAME.csv.zst      it is renamed to that, and the names are synced;
 *     NAME.csv          is removed by segment_pack_end(), a while later: who lists the names in between finds one of
 * both.
 *
 * A kill at any point leaves the segment or the whole compressed file, or both, and the next run continues there: a
 * compressed file that it finds beside the segment is compared with that one before anything is removed. The compressed
 * file has the modification time of the segment, from which its age is known. */
#ifndef COLLECTOR_STORE_SEGMENT_PACK_H
#define COLLECTOR_STORE_SEGMENT_PACK_H

#include "common/disk.h"

#include <stdbool.h>
#include <stdint.h>

struct segment_pack;

/* Where the search for segments to compress has come to. All zeros: at the beginning. */
struct segment_pack_place {
    unsigned series;
    uint64_t number; /* the last one that was looked at */
};

/* Finds the next segment behind the place, of the series of these names, that is not compressed and was last written
 * before that time. The place becomes that of the segment, or the beginning when there is none. 1: there is one; 0:
 * there is none; or a negative errno. */
int segment_pack_find(struct segment_pack_place *place, const struct disk *disk, const char *const *names,
                      unsigned count, int64_t before_ms);

/* Removes what a run that was killed has left of a series. 0 or a negative errno. */
int segment_pack_clean(const struct disk *disk, const char *name);

/* The name of the series is the caller's. 0 or a negative errno; -ENOENT: there is no such segment any more. */
int segment_pack_new(struct segment_pack **pack, const struct disk *disk, const char *name, uint64_t number);

/* Removes what is not finished. */
void segment_pack_free(struct segment_pack *pack);

/* One step. 1: there is more to do; 0: the compressed file is complete and durable; or a negative errno: there is only
 * the segment, as it was. */
int segment_pack_step(struct segment_pack *pack);

/* After that, removes the segment, durably. 0 or a negative errno. */
int segment_pack_end(struct segment_pack *pack);

/* The sizes of the segment and of the compressed file, once it is complete. */
uint64_t segment_pack_content_len(const struct segment_pack *pack);
uint64_t segment_pack_len(const struct segment_pack *pack);

#endif
