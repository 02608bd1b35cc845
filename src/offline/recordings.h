/* The files of a recording, from oldest to newest. A folder, such as the data directory of a collector, stands for the
 * segments of metrics.csv in it, compressed ones too, and then for metrics.csv itself. */
#ifndef OFFLINE_RECORDINGS_H
#define OFFLINE_RECORDINGS_H

#include <stddef.h>

/* All zeros: empty. */
struct recordings {
    char **paths; /* owned */
    size_t count;
    size_t capacity;
};

/* Adds the files that an operand stands for. Returns 0, or a negative errno with the reason in error. */
int recordings_add(struct recordings *recordings, const char *operand, char *error, size_t size);
void recordings_deinit(struct recordings *recordings);

#endif
