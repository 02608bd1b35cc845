/* metrics.index: where each instance's samples end, so that a start need not read every segment. Pure.
 *
 * A cache: it is written whole when a segment is closed, and tells of all segments up to that one. Later segments are
 * read row by row; so are all of them when the index is missing, damaged or of another version. An entry whose segment
 * has been deleted is dead: nothing of that instance is stored any more.
 *
 *     headroom-index 1,LAST_SEGMENT
 *     NODE_ID,GROUP,iINSTANCE,SEQ,SEGMENT,TIMESTAMP
 *     ...
 *     end,COUNT,CHECKSUM
 *
 * CHECKSUM is FNV-1a, 64 bits in hex, of everything before its line. */
#ifndef COLLECTOR_INDEX_H
#define COLLECTOR_INDEX_H

#include "common/limits.h"

#include <stddef.h>
#include <stdint.h>

#define INDEX_LINE_MAX 384U

struct index_entry {
    char node_id[NAME_LEN_MAX + 1];
    char group[NAME_LEN_MAX + 1];
    uint64_t instance;
    uint64_t last_seq;
    uint64_t segment; /* that holds last_seq */
    int64_t time_ms;  /* wall clock of that sample */
};

/* A text that grows line by line. The caller's memory holds INDEX_LINE_MAX for the head, each entry and the end. */
struct index_text {
    char *text;
    size_t len;
    uint64_t count;
};

void index_begin(struct index_text *index, char *memory, uint64_t last_segment);
void index_add(struct index_text *index, const struct index_entry *entry);
void index_end(struct index_text *index);

/* Calls cb for each entry. 0; -EBADMSG when the text is not a whole, undamaged index: then cb was not called; or the
 * first negative return of cb. */
typedef int index_cb(const struct index_entry *entry, void *arg);
int index_parse(const char *text, size_t len, uint64_t *last_segment, index_cb *cb, void *arg);

#endif
