/* Pure. The contents of metrics.index: where each instance's samples end, so that recovery need not read every segment.
 *
 * A cache: it is written whole when a segment is closed, and covers all segments up to that one. A start reads later
 * segments row by row; and all of them when the index is missing, damaged or of another version. An entry whose segment
 * has been deleted is void: none of that instance's samples is stored any more.
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
    uint64_t last_seq;    /* that is stored; 0: none */
    uint64_t missing_seq; /* the samples from last_seq to here are known to be missing; 0: none */
    uint64_t segment;     /* that holds last_seq */
    int64_t time_ms;      /* wall clock of that sample */
};

/* The state of all instances now: *entries, for the caller to free, point to the names of the registry's nodes and
 * groups. filling: the half of the backlog that no worker has; its gaps are left out, since they may reach the disk
 * later than the index. last_segment: the one with the newest rows. 0 or -ENOMEM. */
int index_snapshot(const struct registry *registry, unsigned filling, uint64_t last_segment,
                   struct index_entry **entries, size_t *count);

/* Checksum and count of the lines so far. */
struct index_writer {
    uint64_t sum;
    uint64_t count;
};

/* Each puts one line, of at most INDEX_LINE_MAX bytes, and returns its length. First the head, last the end. */
size_t index_put_head(struct index_writer *writer, uint64_t last_segment, char *text);
size_t index_put_entry(struct index_writer *writer, const struct index_entry *entry, char *text);
size_t index_put_end(struct index_writer *writer, char *text);

/* Calls cb, unless NULL, for each entry, whose names are valid until cb returns. 0; -EBADMSG if the text is not a
 * whole, undamaged index, without a call of cb; or the first negative return of cb. */
typedef int index_cb(const struct index_entry *entry, void *arg);
int index_parse(const char *text, size_t len, uint64_t *last_segment, index_cb *cb, void *arg);

#endif
