/* How far long work has come, in one line of a terminal on stderr. Elsewhere it says nothing. */
#ifndef OFFLINE_PROGRESS_H
#define OFFLINE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct progress {
    bool terminal;
    bool shown;
    int percent; /* of the line as it stands */
    char what[160];
};

/* Begins a piece of work, described in a few words. */
void progress_begin(struct progress *progress, const char *what);
void progress_at(struct progress *progress, size_t done, size_t all);

/* Takes the line away, before anything else is written. */
void progress_end(struct progress *progress);

#endif
