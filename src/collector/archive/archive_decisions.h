/* Pure. Collects the newest decisions of a time from rows of decisions.csv, as JSON objects. */
#ifndef COLLECTOR_ARCHIVE_ARCHIVE_DECISIONS_H
#define COLLECTOR_ARCHIVE_ARCHIVE_DECISIONS_H

#include "collector/archive/archive_query.h"
#include "collector/archive/archive_row.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Columns that an object has members of its own for. */
enum archive_decision_member {
    ARCHIVE_DECISION_GROUP,
    ARCHIVE_DECISION_ACTION,
    ARCHIVE_DECISION_CURRENT,
    ARCHIVE_DECISION_RAW,
    ARCHIVE_DECISION_DESIRED,
    ARCHIVE_DECISION_RULE,
    ARCHIVE_DECISION_GUARD,
    ARCHIVE_DECISION_ORDER,
    ARCHIVE_DECISION_WHY,
    ARCHIVE_DECISION_MEMBERS
};

struct archive_decision {
    int64_t time_ms;
    uint64_t place; /* of its row, ascending from older files and lines to newer ones */
    char *json;     /* owned */
    size_t len;
};

struct archive_decisions {
    const struct archive_query *query;
    struct archive_decision *found; /* 2 * limit places */
    size_t count;
    bool more;        /* there are older ones than those that are kept */
    int64_t least_ms; /* older ones are not kept */
    uint64_t file;    /* counts down, since newer files are read first */
    uint32_t line;
    int members[ARCHIVE_DECISION_MEMBERS];
    struct archive_row header; /* of the file that is read, in header_text */
    struct archive_row row;
    char header_text[DECISION_ROW_MAX];
    char json[8 * DECISION_ROW_MAX];
};

/* 0 or -ENOMEM. */
int archive_decisions_init(struct archive_decisions *decisions, const struct archive_query *query);
void archive_decisions_deinit(struct archive_decisions *decisions);

/* A file begins with this line, without its line end. Newer files come before older ones. */
void archive_decisions_begin_file(struct archive_decisions *decisions, const char *header, size_t len);

/* A line without its line end; one that is no decision of the query is skipped. 0 or -ENOMEM. */
int archive_decisions_take(struct archive_decisions *decisions, const char *line, size_t len);

/* All lines were taken: `found` has the newest ones in the order of their times, at most the limit. */
void archive_decisions_end(struct archive_decisions *decisions);

#endif
