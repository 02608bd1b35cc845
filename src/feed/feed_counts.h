/* Pure. What became of the lines that the programs of signals have printed. */
#ifndef FEED_FEED_COUNTS_H
#define FEED_FEED_COUNTS_H

#include <stdint.h>

struct feed_counts {
    uint64_t used;     /* they are about a signal of the program */
    uint64_t ignored;  /* their first word is for later versions */
    uint64_t unusable; /* they are too long, have no name, or that of another program's signal */
};

#endif
