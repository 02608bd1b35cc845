/* Pure. Splits what a program prints into lines of at most FEED_LINE_MAX bytes, in fixed memory. */
#ifndef FEED_FEED_SPLIT_H
#define FEED_FEED_SPLIT_H

#include "common/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zeros: at the beginning of a line. */
struct feed_split {
    char line[FEED_LINE_MAX];
    size_t used;
    bool is_long;    /* more than FEED_LINE_MAX bytes of this line have come */
    uint64_t longer; /* lines that were dropped because they are longer */
};

/* A line without its end; not 0-terminated. */
typedef void feed_split_cb(const char *line, size_t len, void *arg);

/* Calls cb for each line that is complete. */
void feed_split_add(struct feed_split *split, const char *data, size_t len, feed_split_cb *cb, void *arg);

#endif
