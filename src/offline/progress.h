/* Shows the progress of long work as one line on standard error. Prints nothing if that is not a terminal. */
#ifndef OFFLINE_PROGRESS_H
#define OFFLINE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct progress {
    bool terminal;
    bool shown;
    int percent; /* that the line shows */
    char what[160];
};

/* Begins a piece of work; what: a few words that describe it. */
void progress_begin(struct progress *progress, const char *what);
void progress_at(struct progress *progress, size_t done, size_t all);

/* Clears the line, before anything else is printed. */
void progress_end(struct progress *progress);

#endif
