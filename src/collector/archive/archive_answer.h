/* Pure. Makes the JSON of an answer about the past. */
#ifndef COLLECTOR_ARCHIVE_ARCHIVE_ANSWER_H
#define COLLECTOR_ARCHIVE_ARCHIVE_ANSWER_H

#include "collector/archive/archive_buckets.h"
#include "collector/archive/archive_decisions.h"
#include "collector/archive/archive_query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct archive_answer {
    char *text; /* owned by the caller; not 0-terminated */
    size_t len;
};

/* Which part of the time that was asked for an answer is about. */
struct archive_coverage {
    const char *source; /* "files" or "engine" */
    bool is_complete;
    int64_t from_ms; /* from then on it is complete */
};

/* 0 or -ENOMEM. A bucket that begins before the coverage is left out. */
int archive_answer_buckets(const struct archive_query *query, const struct archive_coverage *coverage,
                           const struct archive_buckets *buckets, struct archive_answer *answer);
int archive_answer_decisions(const struct archive_query *query, const struct archive_coverage *coverage,
                             const struct archive_decisions *decisions, struct archive_answer *answer);

#endif
