/* Reads the recorded decisions of a decisions.csv. */
#ifndef OFFLINE_DECISIONS_FILE_H
#define OFFLINE_DECISIONS_FILE_H

#include "common/limits.h"
#include "scaler/decision.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recorded_decision {
    int64_t time_ms; /* wall clock */
    char group[NAME_LEN_MAX + 1];
    bool acts; /* the action is not hold */
    unsigned desired;
    char *signals;                   /* owned: the column of that name; NULL: it is empty, or not there */
    char why[DECISION_SENTENCE_MAX]; /* a longer sentence is cut */
};

struct decisions_file {
    struct recorded_decision *decisions; /* owned, in the order of the file */
    size_t count;
    size_t capacity;
    unsigned columns; /* of a line */
    unsigned column[6];
};

/* Returns 0, and the caller calls decisions_file_deinit(); or a negative errno with file, line and reason in error.
 * -ENOENT: the file does not exist. skip_bad: skips bad lines, and warns of them on standard error. */
int decisions_file_read(const char *path, bool skip_bad, struct decisions_file *file, char *error, size_t size);
void decisions_file_deinit(struct decisions_file *file);

#endif
