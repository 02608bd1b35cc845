/* Pure. metrics.index: where each instance's samples end, so that a start need not read every segment.
 *
 * A cache: it is written whole when a segment is closed, and tells of all segments up to that one. Later segments are
 * read row by row; so are all of them when the index is missing, damaged or of another version. An entry whose segment
 * has been deleted is dead: nothing of that instance is stored any more.
 *
 *     headroom-index 1,LAST_SEGMENT
 *     NODE_ID,GROUP,iINSTANCE,SEQ,MISSING,SEGMENT,TIMESTAMP
 *     ...
 *     end,COUNT,CHECKSUM
 *
 * The entries of one node are in the order in which its instances were last used. CHECKSUM is FNV-1a, 64 bits in hex,
 * of everything before its line. */
#ifndef COLLECTOR_STORE_INDEX_H
#define COLLECTOR_STORE_INDEX_H

#include "collector/fleet/registry.h"
#include "common/limits.h"

#include <stddef.h>
#include <stdint.h>

struct index_entry {
    const char *node_id;
    const char *group;
    uint64_t instance;
    uint64_t last_seq;    /* that is stored; 0: none is */
    uint64_t missing_seq; /* what lies between last_seq and it is known to be missing; 0: nothing is */
    uint64_t segment;     /* that holds last_seq */
    int64_t time_ms;      /* wall clock of that sample */
};

/* What all instances are at this moment: *entries, for the caller to free, point to the names of registry's nodes and
 * groups. filling: that half of the backlog is not out to be written, and its gaps are not told: they may be on disk
 * later than the index. last_segment is the one that holds the newest rows. 0, or -ENOMEM. */
int index_snapshot(const struct registry *registry, unsigned filling, uint64_t last_segment,
                   struct index_entry **entries, size_t *count);

/* What stands behind the lines that were put. */
struct index_writer {
    uint64_t sum;
    uint64_t count;
};

/* Each puts one line, of at most INDEX_LINE_MAX bytes, and returns its length. First the head, last the end. */
size_t index_put_head(struct index_writer *writer, uint64_t last_segment, char *text);
size_t index_put_entry(struct index_writer *writer, const struct index_entry *entry, char *text);
size_t index_put_end(struct index_writer *writer, char *text);

/* Calls cb for each entry, whose names are valid until cb returns; cb may be NULL. 0; -EBADMSG when the text is not a
 * whole, undamaged index: then cb was not called; or the first negative return of cb. */
typedef int index_cb(const struct index_entry *entry, void *arg);
int index_parse(const char *text, size_t len, uint64_t *last_segment, index_cb *cb, void *arg);

#endif
